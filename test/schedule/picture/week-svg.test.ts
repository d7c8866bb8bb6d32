import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createTranslations } from '../../../src/i18n.ts'
import { loadFonts } from '../../../src/schedule/picture/fonts.ts'
import { weekSvg } from '../../../src/schedule/picture/week-svg.ts'
import { boundWeek, type Week } from '../../../src/schedule/picture/week.ts'
import { hostileTexts, meeting, weekOf } from './weeks.ts'

const fonts = loadFonts()
const translations = createTranslations()

const draw = (week: Week) => weekSvg(boundWeek(week), { fonts, t: translations(week.locale) })

/** The attributes of the elements that have a class. */
function elements(source: string, kind: string): Record<string, string>[] {
  const found = source.matchAll(new RegExp(`<[a-z]+ (?:[^>]* )?class="${kind}"[^>]*>`, 'gu'))
  return [...found].map(([tag]) => attributesOf(tag))
}

function attributesOf(tag: string): Record<string, string> {
  const pairs = tag.matchAll(/([a-z0-9-]+)="([^"]*)"/gu)
  return Object.fromEntries([...pairs].map(([, key = '', value = '']) => [key, value]))
}

/** The block of a class: its frame, and whether it is marked. */
function block(source: string, id: number) {
  const [, kind, rect = ''] =
    new RegExp(`<g class="([a-z ]+)" data-id="${id}"[^>]*>(<rect[^>]*>)`, 'u').exec(source) ?? []
  const { x, y, width, height } = attributesOf(rect)
  return {
    kind,
    x: Number(x),
    y: Number(y),
    width: Number(width),
    height: Number(height),
  }
}

const textsOf = (source: string) =>
  [...source.matchAll(/<text[^>]*>([^<]*)<\/text>/gu)].map(([, text = '']) => text)

describe('weekSvg', () => {
  it('puts classes at their times and days', () => {
    const { source } = draw(
      weekOf([
        meeting(0, '08:00-09:00', { id: 1 }),
        meeting(0, '10:00-12:00', { id: 2 }),
        meeting(1, '08:00-09:00', { id: 3 }),
      ]),
    )
    const [one, two, three] = [block(source, 1), block(source, 2), block(source, 3)]
    const hour = (two.y - one.y) / 2
    assert.ok(hour >= 46)
    assert.ok(Math.abs(two.height - (2 * hour - 2)) < 0.1)
    assert.equal(three.y, one.y)
    assert.ok(three.x > one.x + one.width)
    assert.equal(one.kind, 'class')
  })

  it('draws Saturday and Sunday only when something is on', () => {
    const days = (source: string) =>
      textsOf(source).filter((text) => /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)$/u.test(text)).length
    assert.equal(days(draw(weekOf([meeting(4, '08:00-09:00')])).source), 5)
    assert.equal(days(draw(weekOf([meeting(5, '08:00-09:00')])).source), 6)
    const due = {
      title: 'Essay',
      course_name: null,
      due_date: '2026-11-29',
      due_time: '23:59:00',
    }
    assert.equal(days(draw(weekOf([], { assignments: [due] })).source), 7)
  })

  it('fits the hours to the classes', () => {
    const hours = (source: string) => textsOf(source).filter((text) => /^\d\d:00$/u.test(text))
    const { source } = draw(weekOf([meeting(0, '13:30-19:45')]))
    assert.deepEqual([hours(source)[0], hours(source).at(-1)], ['13:00', '20:00'])
    const empty = hours(draw(weekOf([])).source)
    assert.deepEqual([empty[0], empty.at(-1)], ['08:00', '18:00'])
    assert.ok(hours(draw(weekOf([meeting(0, '23:30-23:50')])).source).includes('24:00'))
  })

  it('puts classes at the same time side by side, and marks them', () => {
    const { source } = draw(
      weekOf([
        meeting(1, '09:00-11:00', { id: 1 }),
        meeting(1, '10:00-12:00', { id: 2 }),
        meeting(1, '14:00-15:00', { id: 3 }),
      ]),
    )
    const [one, two, alone] = [block(source, 1), block(source, 2), block(source, 3)]
    assert.equal(one.kind, 'class conflict')
    assert.equal(two.kind, 'class conflict')
    assert.ok(two.x >= one.x + one.width)
    assert.equal(alone.kind, 'class')
    assert.ok(alone.width > one.width * 1.9)
    assert.ok(textsOf(source).includes('At the same time'))
  })

  it('says how many more there are at the same time than can be drawn', () => {
    const many = Array.from({ length: 9 }, (_each, id) => meeting(3, '09:00-10:30', { id }))
    const { source, width } = draw(weekOf(many))
    assert.equal(elements(source, 'class conflict').length, 3)
    assert.ok(textsOf(source).includes('+6'))
    assert.ok(width < 1_600)
  })

  it('draws the present moment in the time zone of the timetable', () => {
    const classes = [meeting(2, '10:00-11:00', { id: 1 }), meeting(3, '08:00-18:00', { id: 2 })]
    const { source } = draw(weekOf(classes))
    const [now] = elements(source, 'now')
    const { x, y, height } = block(source, 1)
    assert.ok(Math.abs(Number(now?.['y1']) - (y + (height + 2) / 3)) < 2)
    assert.ok(Number(now?.['x1']) <= x && x < Number(now?.['x2']))
    assert.ok(textsOf(source).includes('10:20'))
    const [today] = elements(source, 'today')
    assert.ok(Number(today?.['x']) <= x && x < Number(today?.['x']) + Number(today?.['width']))
  })

  it('strikes no class out with it', () => {
    const { source } = draw(weekOf([meeting(2, '10:00-11:00', { id: 1 })]))
    const { x } = block(source, 1)
    const after = source.slice(source.indexOf('data-id="1"'))
    const lines = [...after.matchAll(/<line[^>]*>/gu)].map(([tag]) => attributesOf(tag))
    assert.ok(lines.length > 0)
    for (const { x2 } of lines) assert.ok(Number(x2) < x + 14)
  })

  it('keeps the space beside an emoji', () => {
    const { source } = draw(weekOf([meeting(2, '08:00-12:00', { course_name: '🎨 Art' })]))
    assert.match(source, /<text [^>]*xml:space="preserve"[^>]*> Art<\/text>/)
  })

  it('has room for four hours also at the ends of a day', () => {
    for (const times of ['00:10-00:40', '11:05-11:35', '23:10-23:50'] as const) {
      const hours = textsOf(draw(weekOf([meeting(4, times)])).source).filter((text) =>
        /^\d\d:00$/.test(text),
      )
      assert.equal(hours.length, 5, times)
    }
  })

  it('draws no such line in another week or beside the hours', () => {
    const classes = [meeting(2, '14:00-18:00')]
    const evening = draw(weekOf(classes))
    assert.equal(elements(evening.source, 'now').length, 0)
    assert.equal(elements(evening.source, 'today').length, 1)
    const later = draw(weekOf(classes, { now: Date.parse('2026-12-02T07:00:00Z') }))
    assert.equal(elements(later.source, 'now').length + elements(later.source, 'today').length, 0)
  })

  it('strikes out classes on holidays, which are in nobody’s way', () => {
    const holidays = [{ name: '国庆节', first_date: '2026-11-24', last_date: '2026-11-24' }]
    const both = [meeting(0, '10:00-12:00', { id: 1 }), meeting(1, '10:00-12:00', { id: 2 })]
    const week = weekOf([...both, meeting(1, '11:00-12:00', { id: 3 })], { holidays })
    const { source } = draw(week)
    assert.deepEqual(
      [1, 2, 3].map((id) => block(source, id).kind),
      ['class', 'class off', 'class off'],
    )
    assert.equal(source.match(/text-decoration="line-through"/gu)?.length, 2)
    assert.doesNotMatch(source, /conflict/)
  })

  it('shades holidays, and names them', () => {
    const holidays = [{ name: '国庆节', first_date: '2026-11-20', last_date: '2026-11-24' }]
    const { source } = draw(weekOf([], { holidays }))
    assert.equal(elements(source, 'holiday').length, 2)
    assert.equal(textsOf(source).filter((text) => text === '国庆节').length, 2)
  })

  it('lists what is due, and how much more', () => {
    const assignments = Array.from({ length: 5 }, (_each, index) => ({
      title: `Essay ${index}`,
      course_name: null,
      due_date: '2026-11-24',
      due_time: `1${index}:30:00`,
    }))
    const texts = textsOf(draw(weekOf([], { assignments })).source)
    assert.ok(texts.includes('10:30 Essay 0'))
    assert.ok(texts.includes('11:30 Essay 1'))
    assert.ok(texts.includes('+3 more'))
  })

  it('says of an empty week that it is, in both languages', () => {
    assert.ok(textsOf(draw(weekOf([])).source).includes('No classes this week'))
    const texts = textsOf(draw(weekOf([], { locale: 'zh-CN' })).source)
    assert.ok(texts.includes('本周没有课'))
    assert.ok(texts.includes('周一'))
    assert.ok(texts.some((text) => text.startsWith('2026年11月23日 – 29日')))
  })

  it('says where an online class is', () => {
    const online = meeting(0, '08:00-10:00', { room: null, online_url: 'https://example.com' })
    const texts = textsOf(draw(weekOf([online], { locale: 'zh-CN' })).source)
    assert.ok(texts.some((text) => text.startsWith('线上')))
  })

  it('keeps to its elements and its size whatever names there are', () => {
    const known = /^(?:svg|rect|circle|line|g|text)$/u
    for (const text of hostileTexts) {
      const { source, width, height } = draw(
        weekOf(
          [
            meeting(0, '00:00-23:59', { course_name: text, instructor: text, room: text }),
            meeting(0, '08:00-08:01', { course_name: text, instructor: text, room: text }),
          ],
          {
            title: text,
            weekLabel: text,
            assignments: [
              { title: text, course_name: text, due_date: '2026-11-23', due_time: '08:00:00' },
            ],
            holidays: [{ name: text, first_date: '0001-01-01', last_date: '9999-12-31' }],
          },
        ),
      )
      const tags = [...source.matchAll(/<\/?([^\s/>]*)/gu)].map(([, tag = '']) => tag)
      assert.ok(
        tags.every((tag) => known.test(tag)),
        text.slice(0, 40),
      )
      assert.doesNotMatch(source, /[\p{Cc}\p{Cs}\u202a-\u202e\u200b]/u)
      assert.ok(source.length < 60_000, `${source.length}`)
      assert.ok(width <= 1_600 && height <= 1_400, `${width} × ${height}`)
    }
  })

  it('keeps texts within their blocks', () => {
    const name = 'Introduction to the Theory of Everything 与万物理论导论'
    const { source } = draw(
      weekOf([meeting(0, '08:00-09:30', { course_name: name, instructor: name, room: name })]),
    )
    const { x, width } = block(source, 800)
    const inside = /<g class="class" data-id="800">(.*?)<\/g>/u.exec(source)?.[1] ?? ''
    const texts = [...inside.matchAll(/(<text[^>]*>)([^<]*)</gu)]
    assert.ok(texts.length >= 3)
    for (const [, tag = '', text = ''] of texts) {
      const { x: start, 'font-size': size, 'font-weight': weight } = attributesOf(tag)
      const style = { size: Number(size), weight: weight === '700' ? 'bold' : 'regular' } as const
      assert.ok(Number(start) + fonts.measure(text, style) <= x + width, text)
    }
  })

  it('bounds what it is given', () => {
    const many = Array.from({ length: 500 }, (_each, id) => meeting(id % 7, '08:00-09:00', { id }))
    const week = boundWeek(weekOf([...many, meeting(7, '08:00-09:00')]))
    assert.equal(week.classes.length, 120)
    assert.equal(week.hidden, 380)
    assert.ok(textsOf(draw(weekOf(many)).source).some((text) => text.startsWith('380 more')))
    assert.throws(() => boundWeek(weekOf([], { monday: '2026-11-24' })), /expected a Monday/)
  })
})
