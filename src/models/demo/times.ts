import {
  chineseNumber as N,
  englishNumber,
  findFree,
  spanOf,
  toNumber,
  type Mask,
  type Span,
} from './text.ts'

export type DayPart = 'dawn' | 'morning' | 'noon' | 'afternoon' | 'dusk' | 'evening' | 'day'

/**
 * A condition on the time of day, as `HH:MM:SS`. `starts`: the class begins within `from` (included)
 * and `to` (not included). `during`: the class is going on at some time between the two.
 */
export interface TimeFilter {
  kind: 'starts' | 'during'
  from: string | null
  to: string | null
  /** How people call it, when it is a part of the day and nothing narrower. */
  part: DayPart | null
}

const dayParts: Record<DayPart, { from: number; to: number }> = {
  dawn: { from: 0, to: 6 },
  morning: { from: 0, to: 12 },
  noon: { from: 11, to: 14 },
  afternoon: { from: 12, to: 18 },
  dusk: { from: 17, to: 19 },
  evening: { from: 18, to: 24 },
  day: { from: 6, to: 18 },
}

const chineseParts: readonly [RegExp, DayPart][] = [
  [/凌晨|半夜/, 'dawn'],
  [/早上|早晨|清晨|上午|早|一大早/, 'morning'],
  [/中午|正午|午间|午饭|午休|午餐/, 'noon'],
  [/白天/, 'day'],
  [/下午|午后/, 'afternoon'],
  [/傍晚/, 'dusk'],
  [/晚上|夜里|夜间|晚间|晚|夜/, 'evening'],
]
const englishParts: readonly [RegExp, DayPart][] = [
  [/midnight|dawn/, 'dawn'],
  [/daytime/, 'day'],
  [/morning/, 'morning'],
  [/afternoon/, 'afternoon'],
  [/noon|lunch/, 'noon'],
  [/evening|night/, 'evening'],
]

const chinesePart =
  '凌晨|半夜|白天|一大早|早上|早晨|清晨|上午|中午|正午|午间|午饭|午休|午餐|下午|午后|傍晚|晚上|夜里|夜间|晚间|(?<=[明昨今]|周[一二三四五六日天末])[早晚](?!点|了)|(?<!最)[早晚](?=课)'
const chineseClock = new RegExp(
  `(?:(?<part>${chinesePart})的?|(?<![\\d有早晚快多慢大小好第]))(?:(?<h>${N})点(?:钟|整)?(?:(?<half>半)|(?<quarter>一刻|三刻)|(?<min>${N})分?(?!节|门|个))?|(?<h24>\\d{1,2}):(?<m24>\\d{2})(?!\\d)(?! ?[ap]\\.?m))`,
  'g',
)
const englishClock =
  /\b(?:(?<h>\d{1,2})(?::(?<m>\d{2}))? ?(?<half>a\.?m\b\.?|p\.?m\b\.?|o'? ?clock\b)|(?<=\b(?:at|after|before|by|until|from|since|around|between|past|between [\d:apm]{1,7} and) )(?<bare>\d{1,2})(?!\d|:|\.|st|nd|rd|th| ?(?:class|lesson|session|day|week|month|course|hour|of |jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)|-\d|\/)|(?<noon>(?<=\b(?:at|after|before|by|until) )noon|midday))/g

interface Clock extends Span {
  /** Minutes since midnight. */
  minutes: number
  part: DayPart | null
  /** True where the hour may as well be twelve hours later. */
  ambiguous: boolean
}

/** Finds the time of day in a folded text, and takes its words off the mask. */
export function readTime(text: string, mask: Mask): TimeFilter | null {
  const early = readEarly(text, mask)
  if (early !== null) return early
  const clocks = findClocks(text, mask)
  const [first, second] = clocks
  if (first === undefined) return readPart(text, mask)
  const english = readPart(text, mask)
  if (english?.part === 'evening' || english?.part === 'afternoon') pushLater(clocks)
  if (second !== undefined && isRange(first, second, text)) {
    mask.take({ start: first.start, end: second.end })
    return toRange(first, second)
  }
  return narrow(first, text, mask)
}

function findClocks(text: string, mask: Mask): Clock[] {
  const clocks: Clock[] = []
  for (const match of text.matchAll(chineseClock)) add(toChineseClock(match.groups ?? {}), match)
  for (const match of text.matchAll(englishClock)) add(toEnglishClock(match.groups ?? {}), match)
  return clocks.toSorted((a, b) => a.start - b.start)

  function add(clock: Omit<Clock, 'start' | 'end'> | null, match: RegExpExecArray): void {
    const span = spanOf(match)
    if (clock === null || !mask.isFree(span) || clock.minutes >= 24 * 60) return
    mask.take(span)
    clocks.push({ ...clock, ...span })
  }
}

type Groups = Record<string, string | undefined>

function toChineseClock({ part, h, half, quarter, min, h24, m24 }: Groups) {
  const named = toPart(part, chineseParts)
  if (h24 !== undefined) return toClock(Number(h24), Number(m24), { named, ambiguous: false })
  const hour = toNumber(h)
  if (hour === null) return null
  const quarters = quarter === '一刻' ? 15 : quarter === '三刻' ? 45 : 0
  const minute = half === undefined ? quarters || (toNumber(min) ?? 0) : 30
  return toClock(hour, minute, { named, ambiguous: named === null })
}

function toEnglishClock({ h, m, half, bare, noon }: Groups) {
  if (noon !== undefined) return toClock(12, 0, { named: null, ambiguous: false })
  if (bare !== undefined) return toClock(Number(bare), 0, { named: null, ambiguous: true })
  const isClock = half?.startsWith('o') === true
  const hour = Number(h)
  if (isClock) return toClock(hour, Number(m ?? 0), { named: null, ambiguous: true })
  const isPm = half?.startsWith('p') === true
  const hour24 = hour > 12 ? hour : (hour % 12) + (isPm ? 12 : 0)
  return toClock(hour24, Number(m ?? 0), { named: null, ambiguous: false })
}

interface ClockContext {
  named: DayPart | null
  ambiguous: boolean
}

function toClock(hour: number, minute: number, { named, ambiguous }: ClockContext) {
  if (hour > 24 || minute > 59) return null
  const isLater =
    hour < 12 &&
    ((named !== null && ['afternoon', 'dusk', 'evening'].includes(named)) ||
      (named === 'noon' && hour < 3) ||
      (ambiguous && hour >= 1 && hour <= 7))
  return { minutes: (hour + (isLater ? 12 : 0)) * 60 + minute, part: named, ambiguous }
}

function pushLater(clocks: readonly Clock[]): void {
  for (const clock of clocks) {
    if (clock.ambiguous && clock.minutes < 12 * 60) clock.minutes += 12 * 60
  }
}

function toPart(text: string | undefined, parts: readonly [RegExp, DayPart][]): DayPart | null {
  if (text === undefined) return null
  return parts.find(([pattern]) => pattern.test(text))?.[1] ?? null
}

const partPattern = new RegExp(
  `(?<zh>${chinesePart})|\\b(?:(?:in|at|during) (?:the )?)?(?<en>mornings?|noon|lunch ?time|lunch|afternoons?|evenings?|nights?|tonight|midnight|dawn|daytime)\\b`,
  'g',
)

function readPart(text: string, mask: Mask): TimeFilter | null {
  for (const { part, ...span } of findParts(text)) {
    if (!mask.isFree(span)) continue
    mask.take(span)
    return beside({ part, ...span }, text, mask) ?? partFilter(part)
  }
  return null
}

interface NamedPart extends Span {
  part: DayPart
}

function findParts(text: string): NamedPart[] {
  return [...text.matchAll(partPattern)].flatMap((match) => {
    const part =
      toPart(match.groups?.['zh'], chineseParts) ?? toPart(match.groups?.['en'], englishParts)
    return part === null ? [] : [{ part, ...spanOf(match) }]
  })
}

/** "After lunch", 中午以前. */
function beside({ part, start, end }: NamedPart, text: string, mask: Mask): TimeFilter | null {
  const tail = /^\s*(?:过|以|之)?(?<way>后|前)(?!天)/.exec(text.slice(end, end + 4))
  const head = /\b(?<way>after|before|until|by)\s+(?:the )?$/.exec(text.slice(0, start))
  if (tail) mask.take({ start: end, end: end + tail[0].length })
  if (head) mask.take({ start: head.index, end: start })
  const way = tail?.groups?.['way'] ?? head?.groups?.['way']
  if (way === undefined) return null
  const { from, to } = part === 'noon' ? { from: 12, to: 12 } : dayParts[part]
  return way === '后' || way === 'after'
    ? { kind: 'starts', from: toTime(to * 60), to: null, part: null }
    : { kind: 'starts', from: null, to: toTime(from * 60), part: null }
}

/** The different parts of the day that a text names, as conditions. */
export function readParts(text: string): TimeFilter[] {
  return [...new Set(findParts(text).map(({ part }) => part))].map((part) => partFilter(part))
}

/** Takes all parts of the day off the mask, and what compares them: 上午课多还是下午课多. */
export function takeParts(text: string, mask: Mask): void {
  for (const span of findParts(text)) mask.take(span)
  for (const match of text.matchAll(/的?课?(?:更|比较)?[多少](?:一?些|一?点)?(?:还是)?|还是/g)) {
    mask.take(spanOf(match))
  }
}

/** 早八, a class that begins at eight or soon after. */
function readEarly(text: string, mask: Mask): TimeFilter | null {
  const match = findFree(/早(?<h>[六七八九十])(?![点:个节门天周月号])/g, text, mask)
  const hour = toNumber(match?.groups?.['h'])
  if (match === null || hour === null) return null
  mask.take(spanOf(match))
  return { kind: 'starts', from: toTime(hour * 60), to: toTime((hour + 1) * 60), part: null }
}

const soon = new RegExp(
  [
    `(?<n>${N}|半)个?(?<half>半)?(?<u>小时|钟头|分钟)(?:之|以)?[后内]`,
    `(?:接下来|未来)的?(?<n2>${N}|半)个?(?<half2>半)?(?<u2>小时|钟头|分钟)`,
    `\\b(?:in|within|during|over)(?: the)?(?: next| coming)? (?<n3>${englishNumber}|half an) ?(?<u3>minutes?|mins?|hours?|hrs?)(?<half3> and a half)?\\b`,
  ].join('|'),
  'g',
)

/**
 * "In 25 minutes", 半小时内: from `time` (`HH:MM:SS`) until then, at most until the day is over. Null
 * where nothing of the kind is said.
 */
export function readSoon(text: string, time: string, mask: Mask): TimeFilter | null {
  const match = findFree(soon, text, mask)
  if (match === null) return null
  const groups = match.groups ?? {}
  const unit = groups['u'] ?? groups['u2'] ?? groups['u3'] ?? ''
  const number = groups['n'] ?? groups['n2'] ?? groups['n3']
  const whole = number === '半' || number === 'half an' ? 0.5 : toNumber(number)
  if (whole === null) return null
  mask.take(spanOf(match))
  const half = groups['half'] ?? groups['half2'] ?? groups['half3']
  const count = whole + (half === undefined ? 0 : 0.5)
  const [hour = 0, minute = 0] = time.split(':').map(Number)
  const from = hour * 60 + minute
  const to = from + Math.ceil(count * (/小时|钟头|^h/.test(unit) ? 60 : 1))
  // what begins at the very end counts
  return { kind: 'during', from: toTime(from), to: toTime(to).replace(/00$/, '01'), part: null }
}

function partFilter(part: DayPart): TimeFilter {
  const { from, to } = dayParts[part]
  return {
    kind: 'starts',
    from: from === 0 ? null : toTime(from * 60),
    to: to === 24 ? null : toTime(to * 60),
    part,
  }
}

function isRange(a: Clock, b: Clock, text: string): boolean {
  return /^\s*(?:到|至|~|-|–|—|to|until|till|and|和)\s*$/.test(text.slice(a.end, b.start))
}

function toRange(a: Clock, b: Clock): TimeFilter {
  const to = b.minutes <= a.minutes && b.minutes < 12 * 60 ? b.minutes + 12 * 60 : b.minutes
  return { kind: 'during', from: toTime(a.minutes), to: toTime(to), part: null }
}

/** "after 7pm", 十点以前, or the moment itself. */
function narrow(clock: Clock, text: string, mask: Mask): TimeFilter {
  const time = toTime(clock.minutes)
  const tail = /^\s*(?<way>以后|之?后|起|开始|以前|之?前|左右|or later|or earlier|onwards?)/.exec(
    text.slice(clock.end, clock.end + 14),
  )
  const head =
    /(?<way>\bafter|\bsince|\bfrom|\bbefore|\bby|\buntil|\bpast|\bat|\baround|过了?|从)\s*$/.exec(
      text.slice(Math.max(0, clock.start - 10), clock.start),
    )
  if (tail) mask.take({ start: clock.end, end: clock.end + tail[0].length })
  if (head) mask.take({ start: clock.start - head[0].length, end: clock.start })
  const way = tail?.groups?.['way'] ?? head?.groups?.['way'] ?? ''
  if (/后|起|开始|later|onward|after|since|from|past|过|从/.test(way)) {
    return { kind: 'starts', from: time, to: null, part: null }
  }
  if (/前|earlier|before|by|until/.test(way)) {
    return { kind: 'starts', from: null, to: time, part: null }
  }
  return { kind: 'during', from: time, to: time, part: null }
}

function toTime(minutes: number): string {
  const bounded = Math.min(minutes, 24 * 60 - 1)
  const hour = String(Math.trunc(bounded / 60)).padStart(2, '0')
  return `${hour}:${String(bounded % 60).padStart(2, '0')}:00`
}
