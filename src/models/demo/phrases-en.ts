import { toPlainDate } from './date-range.ts'
import {
  isMoment,
  nameRange,
  plain,
  shortTime,
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
}
const maxListed = 12

const capabilities =
  'I can look things up in the class schedule: what is on a day or in a week, who teaches it, when it is, how many classes or hours, the next class, who has the most, which days are free.'
const connect =
  'To connect a real language model, set the environment variables `OPENAI_API_KEY`, `OPENAI_BASE_URL` and `OPENAI_MODEL` (any service that speaks Chat Completions) and start again.'

export const englishPhrases: Phrases = {
  intro:
    'I am the offline demo of Guagua, without a language model: I can only look things up in the class schedule (dates, teachers, courses, counts).',
  identity: `I am Guagua, the assistant of AGI课堂. This is its offline demo, without a language model. ${capabilities} ${connect}`,
  connect,
  other: `I cannot answer that: I am an offline demo without a language model, and I only know the class schedule. Try “What is on next Tuesday evening?” or “How many classes are there this month?”. ${connect}`,
  greeting: (name) =>
    `Hello${name === null ? '' : `, ${plain(name)}`}! Ask me about the classes, for example “What is on tomorrow?”.`,
  thanks: 'You are welcome! Ask me any time.',
  goodbye: 'Goodbye, see you in class!',
  notInSchedule:
    'The schedule only holds dates, times, courses and teachers, so I do not know that. Please ask a teacher.',
  notConnected: 'The schedule is not connected right now, so I cannot look up any classes.',
  unknownToday:
    'I do not know today’s date, so I cannot work out relative dates. Please give me a full date, such as 2026-11-25.',
  lookupFailed:
    'Sorry, I could not get an answer from the schedule this time. Please try to put it differently.',
  noRooms: 'The schedule does not hold any rooms.',
  cut: '(There is too much to show, so this is only a part.)',
  suggestion: 'Try another date, or ask “When is the next class?”.',
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
    const filter = slots.weekdays.map((day) => longWeekdays[day - 1]).join(' and ')
    const relation = {
      now: 'right now',
      upcoming: 'coming up',
      past: 'so far',
      all: '',
      default: '',
    }
    const words = [
      filter === '' ? '' : `on ${filter}`,
      dates,
      slots.time === null ? '' : timeText(slots.time),
      when === 'past' && dates !== '' ? '' : relation[when],
    ]
    return words.filter((word) => word !== '').join(' ')
  },
  classLine: (row) =>
    `- ${dateText(row.course_date)}, ${shortTime(row.start_time)}–${shortTime(row.end_time)}: **${plain(row.course_name)}** (${plain(row.instructor)})`,
  more: (count) => `… and ${count} more.`,
  list: (scope, count) => `${there(scope, classes(count))}:`,
  yes: () => 'Yes.',
  none: (scope, isYesNo) => `${isYesNo ? 'No: ' : ''}${thereAfter(scope, 'no classes', isYesNo)}.`,
  teachers: (names) => `Taught by ${names.map((name) => plain(name)).join(', ')}.`,
  teaches: (row) => `- **${plain(row.course_name)}**: ${plain(row.instructor)}`,
  count: (scope, { of, count }) => {
    const unit = { classes: 'class', teachers: 'teacher', courses: 'course', days: 'day' }[of]
    const plural = unit === 'class' ? 'classes' : `${unit}s`
    const tail = of === 'days' ? ' with classes' : ''
    return `${there(scope, `${count} ${count === 1 ? unit : plural}${tail}`)}.`
  },
  hours: (scope, totals) =>
    `${there(scope, `${totals.hours} hours of class (${classes(totals.classes)})`)}.`,
  pick: (scope, { which, count, skip }) => {
    const noun = count > 1 ? `${count} classes` : 'class'
    const word =
      which === 'previous' ? 'previous' : which === 'first' && skip > 0 ? `${ordinal(skip)}` : which
    const when = which === 'next' || which === 'previous' ? '' : scope.when
    const tail = [scope.names === '' ? '' : `for ${scope.names}`, when].filter(
      (part) => part !== '',
    )
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
      return [head, ...[...top, ...rest].slice(0, 31).map(line)].join('\n')
    }
    const names = enumerate(top.map(({ label }) => `**${label}**`))
    const verb = top.length > 1 ? 'have' : 'has'
    const degree = pick === 'most' ? 'most' : measure === 'hours' ? 'least' : 'fewest'
    const each = top.length > 1 ? ' each' : ''
    const best = `${names} ${verb} the ${degree} ${unit}${when === '' ? '' : ` ${when}`}: ${top[0]?.value ?? 0}${each}.`
    return rest.length === 0 ? best : [best, 'Then:', ...rest.map(line)].join('\n')
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
  takenFor: (names) => `I looked for “${names.map((name) => plain(name)).join(', ')}”.`,
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
    return `${names} ${isPast ? 'had' : names.includes(', ') ? 'have' : 'has'} ${what}${tail}`
  const isOne = /^1 (?!.*hours)/.test(what)
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
      return relative === undefined ? `from ${span}` : `${relative} (${span})`
    }
    case 'month': {
      const month = `${months[name.from.month - 1]} ${name.from.year}`
      const relative = name.offset === null ? undefined : monthNames[name.offset]
      return relative === undefined ? `in ${month}` : `${relative} (${month})`
    }
    case 'from':
      return `from ${dayText(name.from)} on`
    case 'to':
      return `up to ${dayText(name.to)}`
    case 'span':
      return `from ${spanText(name.from, name.to)}`
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
  return from === null ? `before ${shortTime(to ?? '')}` : `from ${shortTime(from)}`
}
