import type { Locale, Translate } from '../../i18n.ts'
import { dayName, rangeName } from './day-names.ts'
import type { Placed } from './lanes.ts'
import { layOut, type Day, type PlacedClass } from './layout.ts'
import { boundWeek, datesOf, type Week } from './week.ts'

/** What Discord takes as the description of a file. */
const maxLength = 1_024

const punctuation = {
  en: { end: '.', between: '; ', comma: ', ', brackets: (text: string) => ` (${text})` },
  'zh-CN': { end: '。', between: '；', comma: '，', brackets: (text: string) => `（${text}）` },
}

/** Says in words what the picture of a week shows, at most 1,024 characters of it. */
export function weekAltText(unbounded: Week, t: Translate): string {
  const week = boundWeek(unbounded)
  const dates = datesOf(week)
  const range = rangeName(dates[0] ?? '', dates[6] ?? '', week.locale)
  const marks = punctuation[week.locale]
  const title = [t('picture.alt.title', { range }), week.weekLabel, week.title]
  const sentences = [title.filter((part) => part !== null && part !== '').join(' · ') + marks.end]
  if (week.classes.length === 0) sentences.push(t('picture.alt.empty'))
  const days = layOut(week).days.map((day) => ({ day, entries: entriesOf(day, t, week.locale) }))
  const all = days.reduce((sum, { entries }) => sum + entries.length, week.hidden)
  const rest = (number: number) => t('picture.alt.rest', { number })
  let said = 0
  for (const { day, entries } of days) {
    const kept: string[] = []
    const sentence = () => {
      const name = dayName(day.date, week.locale)
      return t('picture.alt.day', { day: name, entries: kept.join(marks.between) })
    }
    for (const entry of entries) {
      kept.push(entry)
      const after = [...sentences, sentence(), rest(all)].join('\n')
      if (after.length <= maxLength) continue
      kept.pop()
      if (kept.length > 0) sentences.push(sentence())
      return [...sentences, rest(all - said - kept.length)].join('\n')
    }
    if (kept.length > 0) sentences.push(sentence())
    said += kept.length
  }
  if (all > said) sentences.push(rest(all - said))
  return sentences.join('\n')
}

function entriesOf(day: Day, t: Translate, locale: Locale): string[] {
  const hidden = day.more.map(({ number }) => t('picture.more', { number }))
  return [
    ...day.holidays.map((name) => t('picture.alt.holiday', { name })),
    ...day.classes
      .toSorted((a, b) => a.from - b.from)
      .map((placed) => classEntry(placed, t, locale)),
    ...hidden,
    ...day.assignments.map(({ title, due_time }) =>
      t('picture.alt.due', { title, time: due_time.slice(0, 5) }),
    ),
  ]
}

function classEntry(
  { meeting, conflict, isOff }: Placed<PlacedClass>,
  t: Translate,
  locale: Locale,
): string {
  const { start_time: start, end_time: end, course_name: name, instructor, room } = meeting
  const where = room || (meeting.online_url ? t('picture.online') : '')
  const note = isOff ? t('picture.alt.off') : conflict ? t('picture.alt.conflict') : ''
  const parts = [where, instructor, note]
  const { comma, brackets } = punctuation[locale]
  const details = parts.filter((part) => part !== '').join(comma)
  const time = `${start.slice(0, 5)}–${end.slice(0, 5)}`
  return `${time} ${name}${details === '' ? '' : brackets(details)}`
}
