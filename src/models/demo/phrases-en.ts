import { toPlainDate } from './date-range.ts'
import {
  isMoment,
  nameRange,
  otherDays,
  plain,
  shortTime,
  type ClassRow,
  type Phrases,
  type RangeName,
  type Scope,
} from './phrases.ts'
import type { DayPart, TimeFilter } from './times.ts'

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const longWeekdays = [
  'Mondays',
  'Tuesdays',
  'Wednesdays',
  'Thursdays',
  'Fridays',
  'Saturdays',
  'Sundays',
]
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const dayNames: Record<number, string> = { [-1]: 'yesterday', 0: 'today', 1: 'tomorrow' }
const weekNames: Record<number, string> = { [-1]: 'last week', 0: 'this week', 1: 'next week' }
const monthNames: Record<number, string> = { [-1]: 'last month', 0: 'this month', 1: 'next month' }
const parts: Record<DayPart, string> = {
  dawn: 'before dawn',
  morning: 'in the morning',
  noon: 'around noon',
  afternoon: 'in the afternoon',
  dusk: 'at dusk',
  evening: 'in the evening',
  day: 'in the daytime',
}
const maxListed = 12
/** More that share the first place are counted, not named. */
const maxTop = 4

const capabilities =
  'I can look things up in the class schedule: what is on a day or in a week, who teaches it, when it is, how many classes or hours, the next class, who has the most, which days are free, which classes clash. Where the timetable holds them I also know rooms, online links, the weeks and dates of terms, deadlines and holidays.'
const connect =
  'To connect a real language model, set the environment variables `OPENAI_API_KEY`, `OPENAI_BASE_URL` and `OPENAI_MODEL` (any service that speaks Chat Completions) and start again.'

export const englishPhrases: Phrases = {
  intro:
    'I am the offline demo of Guagua, without a language model: I can only look things up in the class schedule.',
  identity: `I am Guagua, the assistant of AGI课堂. This is its offline demo, without a language model. ${capabilities} ${connect}`,
  connect,
  other: `I cannot answer that: I am an offline demo without a language model, and I only know the class schedule. Try “What is on next Tuesday evening?” or “How many classes are there this month?”. ${connect}`,
  greeting: (name) =>
    `Hello${name === null ? '' : `, ${plain(name)}`}! Ask me about the classes, for example “What is on tomorrow?”.`,
  thanks: 'You are welcome! Ask me any time.',
  goodbye: 'Goodbye, see you in class!',
  notInSchedule: 'The schedule does not tell me that. Please ask a teacher.',
  notConnected: 'The schedule is not connected right now, so I cannot look up any classes.',
  unknownToday:
    'I do not know today’s date, so I cannot work out relative dates. Please give me a full date, such as 2026-11-25.',
  lookupFailed:
    'Sorry, I could not get an answer from the schedule this time. Please try to put it differently.',
  noRooms: 'The schedule does not say where; please ask a teacher.',
  cut: '(There is too much to show, so this is only a part.)',
  suggestion: 'Try another time, or ask “When is the next class?”.',
  assent: 'All right. Ask me about the classes any time, for example “Is there class tonight?”.',
  complaint:
    'Sorry that I was no help. I am an offline demo without a language model, and I only know the class schedule. Try “What is on tomorrow evening?”.',
  languages:
    'I speak English and Chinese, but only about the class schedule: try “What is on tomorrow?”. / 我会中文和英文，可以问我“明天有什么课？”。',
  readOnly:
    'I can only look things up in the schedule: I cannot remind you, sign you up or change a class. Try “What is on this week?”.',
  notFree: 'Not entirely.',
  welcomeName: (name) => `Nice to meet you, ${plain(name)}. I will remember that.`,
  yourName: (name) =>
    name === null
      ? 'You have not told me your name yet.'
      : `Your name is ${plain(name)}: you told me in this conversation.`,
  yourQuestion: (question, which) =>
    question === null
      ? 'You have not asked me anything before in this conversation.'
      : `${which === 'first' ? 'Your first question was' : 'Before this you asked'}: “${plain(question)}”`,
  today: ({ today, time, timeZone }) =>
    `Today is ${dayText(today)} ${today.year}, and it is ${shortTime(time)}${timeZone === null ? '' : ` (${timeZone})`}.`,
  day: dayText,
  when: (slots, when, clock) => {
    const names = slots.ranges
      .map((range) => nameRange(range, clock?.today ?? null))
      .filter((name) => name !== null)
    const dates = names.map((name) => rangeText(name)).join(' and ')
    const filter = weekdaysText(slots.weekdays)
    const relation = {
      now: 'right now',
      upcoming: 'coming up',
      past: 'so far',
      all: '',
      default: '',
    }
    const isEnding = names.some(({ kind }) => kind === 'to')
    const isOpen = filter !== '' && slots.ranges.every(({ to: end }) => end === null)
    const words = [
      filter === '' ? '' : `on ${filter}`,
      withTime(isOpen ? '' : dates, slots.time),
      isEnding ? '' : relation[when],
    ]
    return words.filter((word) => word !== '').join(' ')
  },
  classLine: (row) =>
    `- ${dateText(row.course_date)}, ${shortTime(row.start_time)}–${shortTime(row.end_time)}${placeText(row)}: **${plain(row.course_name)}** (${plain(row.instructor)})`.replace(
      ' ()',
      '',
    ),
  placeLine: (row) =>
    `**${plain(row.course_name)}**: ${placeText(row, true).slice(2) || 'no place is given'}`,
  weekOf: (date, found) =>
    found === null
      ? `${dayText(date)} is in no term.`
      : `${dayText(date)} is in week ${found.week} (${found.week % 2 === 1 ? 'odd' : 'even'}) of ${plain(found.term.name)}, which has ${found.term.weeks}.`,
  weeksLeft: (count) =>
    count === 1 ? ' After this week 1 is left.' : ` After this week ${count} are left.`,
  subject: (kind, scope, count) => {
    const [one, many] = {
      assignments: ['assignment is due', 'assignments are due'],
      holidays: ['holiday', 'holidays'],
      clashes: ['pair of classes at the same time', 'pairs of classes at the same time'],
      weeks: ['week', 'weeks'],
      parity: ['course', 'courses'],
      terms: ['term', 'terms'],
    }[kind]
    const tail = scope.when === '' ? '' : ` ${scope.when}`
    return count === 0 ? `No ${many}${tail}.` : `${count} ${count === 1 ? one : many}${tail}:`
  },
  subjectLine: (kind, text, day) => {
    switch (kind) {
      case 'assignments':
        return `**${text('title')}**${text('course_name') === '' ? '' : ` (${text('course_name')})`}: due ${day('due_date')}, ${shortTime(text('due_time'))}`
      case 'holidays':
        return `**${text('name')}**: ${day('first_date')} to ${day('last_date')}`
      case 'clashes':
        return `${day('course_date')}: **${text('course_name')}** ${shortTime(text('start_time'))}–${shortTime(text('end_time'))} and **${text('other_name')}** ${shortTime(text('other_start'))}–${shortTime(text('other_end'))}`
      case 'weeks':
        return `week ${text('week')} (${text('term')})`
      case 'parity':
        return `**${text('course_name')}**`
      case 'terms':
        return `**${text('name')}**: ${day('first_date')} to ${day('last_date')}, ${text('weeks')} weeks`
      default:
        return kind satisfies never
    }
  },
  more: (count) => `… and ${count} more.`,
  list: (scope, count) => `${there(scope, classes(count))}:`,
  yes: (question) => (/\b(?:no|not)\b|n't\b/i.test(question) ? '' : 'Yes.'),
  none: (scope, isYesNo) => `${isYesNo ? 'No, ' : ''}${thereAfter(scope, 'no classes', isYesNo)}.`,
  taughtBy: (row) => `**${plain(row.course_name)}** is taught by ${plain(row.instructor)}.`,
  teachers: (names) => `Taught by ${names.map((name) => plain(name)).join(', ')}.`,
  teaches: (row) => `- **${plain(row.course_name)}**: ${plain(row.instructor)}`,
  courseLine: (name) => `- **${plain(name)}**`,
  both: (teachers, courses) => `${courses} by ${teachers}`,
  count: (scope, { of, count }) => {
    const unit = { classes: 'class', teachers: 'teacher', courses: 'course', days: 'day' }[of]
    const plural = unit === 'class' ? 'classes' : `${unit}s`
    const tail = of === 'days' ? ' with classes' : ''
    return `${there(scope, `${count} ${count === 1 ? unit : plural}${tail}`)}.`
  },
  hours: (scope, totals) =>
    `${there(scope, `${totals.hours} ${totals.hours === 1 ? 'hour' : 'hours'} of class (${classes(totals.classes)})`)}.`,
  pick: (scope, { which, count, skip, byHour }) => {
    const noun = count > 1 ? `${count} classes` : 'class'
    const word =
      which === 'previous' ? 'previous' : which === 'first' && skip > 0 ? `${ordinal(skip)}` : which
    const when = which === 'next' || which === 'previous' ? '' : scope.when
    const tail = [scope.names === '' ? '' : `for ${scope.names}`, when].filter(
      (part) => part !== '',
    )
    if (which === 'next' && skip > 0) return 'The class after that:'
    if (byHour === true) {
      const head =
        which === 'last' ? 'The class that ends latest' : 'The class that starts earliest'
      return `${[head, ...tail].join(' ')}:`
    }
    if (tail.length === 0 && (which === 'first' || which === 'last')) tail.push('in the schedule')
    return `The ${word} ${noun}${tail.length === 0 ? '' : ` ${tail.join(' ')}`}:`
  },
  extreme: ({ when }, which, minutes) =>
    `The ${which} class${when === '' ? '' : ` ${when}`} takes ${minutes} minutes:`,
  group: ({ when }, { by, measure, pick, top, rest }) => {
    const unit = measure === 'hours' ? 'hours' : 'classes'
    const line = ({ label, value }: { label: string; value: number }) =>
      `- ${label}: ${value} ${value === 1 && unit === 'classes' ? 'class' : unit}`
    if (pick === 'each') {
      const title = by === 'instructor' ? 'teacher' : by === 'course_date' ? 'day' : 'course'
      const head = `Here are the ${unit} per ${title}${when === '' ? '' : ` ${when}`}:`
      return [head, ...[...top, ...rest].map(line)].join('\n')
    }
    const shown = top.slice(0, maxTop).map(({ label }) => `**${label}**`)
    const others = top.length > maxTop ? [`${top.length - maxTop} more`] : []
    const names = enumerate([...shown, ...others])
    const isPair = top.length === 1 && rest.length === 1
    const verb = top.length > 1 ? 'have' : 'has'
    const few = measure === 'hours' ? 'less' : 'fewer'
    const fewest = measure === 'hours' ? 'least' : 'fewest'
    const degree = isPair
      ? pick === 'most'
        ? 'more'
        : few
      : `the ${pick === 'most' ? 'most' : fewest}`
    const each = top.length > 1 ? ' each' : ''
    const best = `${names} ${verb} ${degree} ${unit}${when === '' ? '' : ` ${when}`}: ${top[0]?.value ?? 0}${each}.`
    return rest.length === 0
      ? best
      : [best, isPair ? 'The other one:' : 'Then:', ...rest.map(line)].join('\n')
  },
  nameCount: (of, scope, count) => {
    const noun = of === 'instructor' ? 'teacher' : 'course'
    return `${there(scope, `${count} ${noun}${count === 1 ? '' : 's'}`)}:`
  },
  nameLine: (name, count) => `- ${plain(name)} (${classes(count)})`,
  freeDays: (scope, count) => {
    const tail = [scope.names === '' ? '' : `for ${scope.names}`, scope.when].filter(
      (part) => part !== '',
    )
    const where = tail.length === 0 ? '' : ` ${tail.join(' ')}`
    if (count === 0) return `There is no free day${where}.`
    return `${count === 1 ? 'One day is' : `${count} days are`} free${where}:`
  },
  unknownNames: (words, { instructors, courses }) =>
    [
      `I found nothing called “${words.map((word) => plain(word)).join('” or “')}” in the schedule.`,
      `- Teachers: ${listed(instructors)}`,
      `- Courses: ${listed(courses)}`,
    ].join('\n'),
  takenFor: (names) => `I take it that you mean ${enumerate(names.map((name) => plain(name)))}.`,
  leftOut: (words) =>
    `The schedule has nothing called “${words.map((word) => plain(word)).join('” or “')}”, so this is without it:`,
  noSuchDay: (words) => `There is no such day as “${plain(words)}”. Please try another date.`,
  date: (date) => `That is ${dayText(date)} ${date.year}.`,
  durations: ({ when }, rows) => {
    const [first] = rows
    if (rows.length === 1 && first !== undefined) {
      return [`**${plain(first.course)}** takes ${lengthText(first.minutes)} each time.`]
    }
    return [
      `How long the classes${when === '' ? '' : ` ${when}`} take:`,
      ...rows.map(({ course, minutes }) => `- ${plain(course)}: ${lengthText(minutes)}`),
    ]
  },
  idle: ({ when }, names) => {
    const tail = when === '' ? '' : ` ${when}`
    if (names.length === 0) return `Every teacher has a class${tail}.`
    return `Without a class${tail}: ${enumerate(names.map((name) => plain(name)))}.`
  },
}

/** ", A101"; the link itself only where it was asked for. */
function placeText(
  { room, online_url: url }: Pick<ClassRow, 'room' | 'online_url'>,
  isAsked = false,
) {
  const link = url === '' ? '' : isAsked ? `, <${url}>` : room === '' ? ', online' : ''
  return `${room === '' ? '' : `, ${plain(room)}`}${link}`
}

function lengthText(minutes: number): string {
  if (minutes < 120 && minutes !== 60) return `${minutes} minutes`
  return minutes === 60 ? '1 hour' : `${minutes / 60} hours`
}

function weekdaysText(days: readonly number[]): string {
  const key = days.join('')
  if (key === '12345') return 'weekdays'
  if (key === '67') return 'weekends'
  if (days.length > 4) return `all days except ${weekdaysText(otherDays(days))}`
  return enumerate(days.map((day) => longWeekdays[day - 1] ?? ''))
}

/** "tonight (Tue 24 Nov)" rather than "today (Tue 24 Nov) in the evening". */
function withTime(dates: string, time: TimeFilter | null): string {
  if (time === null) return dates
  const part = time.part === null ? undefined : shortParts[time.part]
  const relative = /^(?<day>today|tomorrow|yesterday)(?<rest> \([^()]*\))$/.exec(dates)?.groups
  if (part === undefined || relative === undefined) return [dates, timeText(time)].join(' ').trim()
  const { day, rest } = relative
  if (day === 'today') return `${part === 'evening' ? 'tonight' : `this ${part}`}${rest}`
  return `${day} ${part}${rest}`
}

const shortParts: Partial<Record<DayPart, string>> = {
  morning: 'morning',
  afternoon: 'afternoon',
  evening: 'evening',
}

function classes(count: number): string {
  return count === 1 ? '1 class' : `${count} classes`
}

/** "王卓然 has 3 classes next week", "There are 3 classes for “RAG” next week". */
function there(scope: Scope, what: string): string {
  return thereAfter(scope, what, false)
}

function thereAfter(
  { when, names, isTeacher, isPast }: Scope,
  what: string,
  isInside: boolean,
): string {
  const tail = when === '' ? '' : ` ${when}`
  if (names !== '' && isTeacher)
    return `${names} ${isPast ? 'had' : /, | and /.test(names) ? 'have' : 'has'} ${what}${tail}`
  const isOne = what.startsWith('1 ')
  const verb = isPast ? (isOne ? 'was' : 'were') : isOne ? 'is' : 'are'
  const head = `${isInside ? 'there' : 'There'} ${verb} ${what}`
  return `${head}${names === '' ? '' : ` for ${names}`}${tail}`
}

function enumerate(words: readonly string[]): string {
  const last = words.at(-1) ?? ''
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`
}

function ordinal(skip: number): string {
  return ['first', 'second', 'third', 'fourth', 'fifth'][skip] ?? `${skip + 1}th`
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, maxListed).map((name) => plain(name))
  return `${shown.join(', ')}${names.length > maxListed ? ', …' : ''}`
}

function dayText(date: Temporal.PlainDate): string {
  return `${weekdays[date.dayOfWeek - 1]} ${date.day} ${months[date.month - 1]}`
}

function dateText(date: string): string {
  const day = toPlainDate(date)
  return day === null ? plain(date) : dayText(day)
}

function rangeText(name: RangeName): string {
  switch (name.kind) {
    case 'day': {
      const relative = name.offset === null ? undefined : dayNames[name.offset]
      const day = dayText(name.date)
      return relative === undefined ? `on ${day}` : `${relative} (${day})`
    }
    case 'week': {
      const relative = weekNames[name.offset]
      const span = spanText(name.from, name.to)
      return relative === undefined ? `from ${span.replace('–', ' to ')}` : `${relative} (${span})`
    }
    case 'weekend': {
      const relative = weekNames[name.offset]?.replace('week', 'weekend')
      const span = spanText(name.from, name.to)
      return relative === undefined ? `on ${span}` : `${relative} (${span})`
    }
    case 'year':
      return `in ${name.year}`
    case 'month': {
      const month = `${months[name.from.month - 1]} ${name.from.year}`
      const relative = name.offset === null ? undefined : monthNames[name.offset]
      return relative === undefined ? `in ${month}` : `${relative} (${month})`
    }
    case 'from':
      return `from ${dayText(name.from)} on`
    case 'to':
      return `until ${dayText(name.to)}`
    case 'span':
      return `from ${spanText(name.from, name.to).replace('–', ' to ')}`
    default:
      return name satisfies never
  }
}

function spanText(from: Temporal.PlainDate, to: Temporal.PlainDate): string {
  const start = from.month === to.month ? `${from.day}` : `${from.day} ${months[from.month - 1]}`
  return `${start}–${to.day} ${months[to.month - 1]}`
}

function timeText(time: TimeFilter): string {
  const { from, to, part } = time
  if (part !== null) return parts[part]
  if (from !== null && isMoment(time)) return `at ${shortTime(from)}`
  if (from !== null && to !== null) return `between ${shortTime(from)} and ${shortTime(to)}`
  return from === null ? `before ${shortTime(to ?? '')}` : `at ${shortTime(from)} or later`
}
