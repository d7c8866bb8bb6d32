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

const weekdays = '一二三四五六日'
const dayNames: Record<number, string> = {
  [-2]: '前天',
  [-1]: '昨天',
  0: '今天',
  1: '明天',
  2: '后天',
}
const relations: Record<number, string> = { [-2]: '上上', [-1]: '上', 0: '本', 1: '下', 2: '下下' }
const parts: Record<DayPart, string> = {
  dawn: '凌晨',
  morning: '上午',
  noon: '中午',
  afternoon: '下午',
  dusk: '傍晚',
  evening: '晚上',
  day: '白天',
}
const maxListed = 12
/** More that share the first place are counted, not named. */
const maxTop = 4

const capabilities =
  '我可以查课程表：某天、某周有什么课，谁讲，什么时候上，有几节、多少小时，下一节课，谁的课最多，哪天没课，哪些课冲突。课表里有的话，也能查教室、线上链接、第几周和学期起止、作业截止时间和假期。'
const connect =
  '要接入真正的语言模型，请设置环境变量 `OPENAI_API_KEY`、`OPENAI_BASE_URL` 和 `OPENAI_MODEL`（任何兼容 Chat Completions 的服务都可以），然后重新启动。'

export const chinesePhrases: Phrases = {
  intro: '我是瓜瓜的离线演示，背后没有语言模型，只会查课程表。',
  identity: `我是瓜瓜，AGI 课堂的助手。现在运行的是离线演示，背后没有语言模型。${capabilities}${connect}`,
  connect,
  other: `这个问题我答不了：我是没有语言模型的离线演示，只懂课程表。可以试试“下周二晚上有什么课？”或“王老师这个月有几节课？”。${connect}`,
  greeting: (name) =>
    `你好${name === null ? '' : `，${plain(name)}`}！想知道什么课，直接问我，比如“明天有什么课？”。`,
  thanks: '不客气！还想查什么课，随时问我。',
  goodbye: '再见，上课见！',
  notInSchedule: '课程表里没有这方面的信息。请问问老师或助教。',
  notConnected: '现在没有连接课程表，所以查不到课。',
  unknownToday: '我不知道今天是几号，没法推算相对的日期。请告诉我完整的日期，比如 2026-11-25。',
  lookupFailed: '抱歉，这次没能从课程表里查到结果。请换个说法再试一次。',
  noRooms: '课程表里没有上课地点，请问问老师或助教。',
  cut: '（结果太多，只显示了一部分。）',
  suggestion: '可以换个时间问，或者问“下一节课是什么时候？”。',
  assent: '好的。想查课就直接问我，比如“今晚有课吗？”。',
  complaint:
    '抱歉没帮上忙。我是没有语言模型的离线演示，只懂课程表，可以这样问我：“明天晚上有什么课？”。',
  languages:
    '我会中文和英文，但只懂课程表方面的问题。 / I speak Chinese and English, but only about the class schedule: try “What is on tomorrow?”.',
  readOnly: '我只能查课程表，不能提醒、报名或改动课程。要查课可以问“这周还有什么课？”。',
  notFree: '有课，不是全空。',
  welcomeName: (name) => `好的，${plain(name)}，我记住了。`,
  yourName: (name) =>
    name === null ? '你还没有告诉我你的名字。' : `你叫${plain(name)}，是你在这段对话里告诉我的。`,
  yourQuestion: (question, which) =>
    question === null
      ? '在这段对话里，你之前还没有问过我什么。'
      : `你${which === 'first' ? '第一次' : '刚才'}问的是：“${plain(question)}”`,
  today: ({ today, time, timeZone }) =>
    `今天是 ${today.year}年${dayText(today)}，现在 ${shortTime(time)}${timeZone === null ? '' : `（${timeZone}）`}。`,
  day: dayText,
  when: (slots, when, clock) => {
    const names = slots.ranges
      .map((range) => nameRange(range, clock?.today ?? null))
      .filter((name) => name !== null)
    const dates = names.map((name) => rangeText(name)).join('、')
    const filter = weekdaysText(slots.weekdays)
    const isOpen = slots.ranges.length === 1 && slots.ranges[0]?.to === null
    const every = filter.startsWith('周') ? `每${filter}` : filter
    const days = filter === '' ? dates : dates === '' || isOpen ? every : `${dates}的${filter}`
    const time = slots.time === null ? '' : timeText(slots.time)
    const relation = { now: '现在', upcoming: '接下来', past: '到目前为止', all: '', default: '' }
    const isEnding = names.some(({ kind }) => kind === 'to')
    const lead = isEnding ? '' : relation[when]
    return days === '' ? join(lead, time) : join(join(days, time), lead)
  },
  classLine: (row) =>
    `- ${dateText(row.course_date)} ${shortTime(row.start_time)}–${shortTime(row.end_time)}${placeText(row)} **${plain(row.course_name)}**（${plain(row.instructor)}）`.replace(
      '（）',
      '',
    ),
  placeLine: (row) =>
    `**${plain(row.course_name)}**：${placeText(row, true).trim() || '没有写地点'}`,
  weekOf: (date, found) =>
    found === null
      ? `${dayText(date)}不在任何学期里。`
      : `${dayText(date)}是“${plain(found.term.name)}”的第 ${found.week} 周（${found.week % 2 === 1 ? '单周' : '双周'}），共 ${found.term.weeks} 周。`,
  weeksLeft: (count) => `这周之后还有 ${count} 周。`,
  subject: (kind, scope, count) => {
    const noun = {
      assignments: '个作业要交',
      holidays: '个假期',
      clashes: '对课时间冲突',
      weeks: '周',
      parity: '门课程',
      terms: '个学期',
    }[kind]
    if (count === 0) return `${join(scope.when, '没有')}${noun.replace(/^[个对门]/, '')}。`
    return `${join(scope.when, '有')} ${count} ${noun}：`
  },
  subjectLine: (kind, text, day) => {
    switch (kind) {
      case 'assignments':
        return `**${text('title')}**${text('course_name') === '' ? '' : `（${text('course_name')}）`}：${day('due_date')} ${shortTime(text('due_time'))} 截止`
      case 'holidays':
        return `**${text('name')}**：${day('first_date')} 到 ${day('last_date')}`
      case 'clashes':
        return `${day('course_date')}：**${text('course_name')}** ${shortTime(text('start_time'))}–${shortTime(text('end_time'))} 和 **${text('other_name')}** ${shortTime(text('other_start'))}–${shortTime(text('other_end'))}`
      case 'weeks':
        return `第 ${text('week')} 周（${text('term')}）`
      case 'parity':
        return `**${text('course_name')}**`
      case 'terms':
        return `**${text('name')}**：${day('first_date')} 到 ${day('last_date')}，共 ${text('weeks')} 周`
      default:
        return kind satisfies never
    }
  },
  more: (count) => `……还有 ${count} 条。`,
  list: (scope, count) => `${join(lead(scope), '有')} ${count} 节课：`,
  yes: (question) =>
    /没(?!有?\s*[?]?$)|不/.test(question.replaceAll(/有没有|是不是|要不要|用不用/g, ''))
      ? ''
      : /是不是|是[^,]{1,8}吗/.test(question)
        ? '是的。'
        : '有的。',
  none: (scope) => `${join(lead(scope), '没有课')}。`,
  taughtBy: (row) => `**${plain(row.course_name)}** 的老师是${plain(row.instructor)}。`,
  teachers: (names) => `讲课的是${names.map((name) => plain(name)).join('、')}。`,
  teaches: (row) => `- **${plain(row.course_name)}**：${plain(row.instructor)}`,
  courseLine: (name) => `- **${plain(name)}**`,
  both: (teachers, courses) => join(`${teachers}的`, courses),
  count: (scope, { of, count }) => {
    const unit = { classes: '节课', teachers: '位老师', courses: '门课程', days: '天有课' }[of]
    return `${join(lead(scope), '一共有')} ${count} ${unit}。`
  },
  hours: (scope, { hours, classes }) =>
    `${join(lead(scope), '一共')} ${hours} 小时（${classes} 节课）。`,
  pick: (scope, { which, count, skip, byHour }) => {
    const some = count > 1 ? ` ${count} ` : '一'
    const name = {
      next: count > 1 ? `接下来 ${count} 节课` : `${'再'.repeat(Math.min(skip, 1))}下一节课`,
      previous: '上一节课',
      first: skip > 0 ? `第 ${skip + 1} 节课` : '第一节课',
      last: `最后${some}节课`,
    }[which]
    const when = which === 'next' || which === 'previous' ? '' : scope.when
    const owner = [when, scope.names].filter((word) => word !== '').join('，')
    if (byHour === true)
      return `${join(owner, which === 'last' ? '结束最晚的课' : '开始最早的课')}：`
    const whole = which === 'first' || which === 'last' ? '课程表里的' : ''
    return `${owner === '' ? whole : join(owner, owner.endsWith('的') ? '' : '的')}${name}：`
  },
  extreme: (scope, which, minutes) =>
    `${join(lead(scope), '最')}${which === 'longest' ? '长' : '短'}的课是 ${minutes} 分钟：`,
  group: (scope, { by, measure, pick, top, rest }) => {
    const unit = measure === 'hours' ? '小时' : '节'
    const line = ({ label, value }: { label: string; value: number }) =>
      `- ${label}：${value} ${unit}`
    if (pick === 'each')
      return [
        `${join(lead(scope), `每${each[by]}的${measure === 'hours' ? '课时' : '节数'}`)}：`,
        ...[...top, ...rest].map(line),
      ].join('\n')
    const owner = by === 'instructor' ? '的课' : by === 'course_date' ? '的课' : '的节数'
    const shown = top.slice(0, maxTop).map(({ label }) => `**${label}**`)
    const names = `${shown.join('、')}${top.length > maxTop ? ` 等 ${top.length} ${by === 'course_date' ? '天' : '个'}` : ''}`
    const isPair = top.length === 1 && rest.length === 1
    const degree = `${isPair ? '更' : '最'}${pick === 'most' ? '多' : '少'}`
    const best = `${scope.when === '' ? '' : `${scope.when}，`}${names}${owner}${degree}：${top.length > 1 ? '各 ' : ''}${top[0]?.value ?? 0} ${unit}。`
    if (rest.length === 0) return best
    return [
      best,
      isPair ? '另一个是：' : `${pick === 'most' ? '其次' : '然后'}是：`,
      ...rest.map(line),
    ].join('\n')
  },
  nameCount: (of, scope, count) =>
    of === 'instructor'
      ? `${join(lead(scope), '有')} ${count} 位老师：`
      : `${join(lead(scope), '有')} ${count} 门课程：`,
  nameLine: (name, classes) => `- ${plain(name)}（${classes} 节）`,
  freeDays: (scope, count) =>
    count === 0
      ? `${join(lead(scope), '每天都有课')}。`
      : `${join(lead(scope), '有')} ${count} 天没有课：`,
  unknownNames: (words, { instructors, courses }) =>
    [
      `课程表里没有找到“${words.map((word) => plain(word)).join('”“')}”。`,
      `- 老师：${listed(instructors)}`,
      `- 课程：${listed(courses)}`,
    ].join('\n'),
  takenFor: (names) => `${join('你说的应该是', names.map((name) => plain(name)).join('、'))}。`,
  leftOut: (words) => `课程表里没有“${words.map((word) => plain(word)).join('”“')}”，只看其余的：`,
  noSuchDay: (words) => `没有“${plain(words)}”这一天。请换个日期再问。`,
  date: (date) => `那天是 ${date.year}年${dayText(date)}。`,
  durations: (scope, rows) => {
    const [first] = rows
    if (rows.length === 1 && first !== undefined) {
      return [`**${plain(first.course)}** 每节 ${lengthText(first.minutes)}。`]
    }
    return [
      `${join(lead(scope), '每节课的时长')}：`,
      ...rows.map(({ course, minutes }) => `- ${plain(course)}：${lengthText(minutes)}`),
    ]
  },
  idle: (scope, names) =>
    names.length === 0
      ? `${join(lead(scope), '每位老师都有课')}。`
      : `${join(lead(scope), '没有课的老师')}：${names.map((name) => plain(name)).join('、')}。`,
}

const each = { instructor: '位老师', course_name: '门课', course_date: '天' }

/** " A101"; the link itself only where it was asked for. */
function placeText(
  { room, online_url: url }: Pick<ClassRow, 'room' | 'online_url'>,
  isAsked = false,
) {
  const link = url === '' ? '' : isAsked ? ` <${url}>` : room === '' ? ' 线上' : ''
  return `${room === '' ? '' : ` ${plain(room)}`}${link}`
}

function lengthText(minutes: number): string {
  if (minutes % 60 === 0) return `${minutes / 60} 小时`
  return minutes % 30 === 0 && minutes > 60 ? `${minutes / 60} 小时` : `${minutes} 分钟`
}

/** Puts two pieces together, with a space where Latin letters or digits meet Chinese ones. */
function join(a: string, b: string): string {
  const [left, right] = [a.trimEnd(), b.trim()]
  const isMixed = /[\w*]$/.test(left) ? /^\p{Script=Han}/u.test(right) : isHan(left, right)
  return `${left}${isMixed ? ' ' : ''}${right}`
}

function isHan(left: string, right: string): boolean {
  return /\p{Script=Han}$/u.test(left) && /^\w/.test(right)
}

function weekdaysText(days: readonly number[]): string {
  const key = days.join('')
  if (key === '12345') return '工作日'
  if (key === '67') return '周末'
  if (days.length > 4) return `除${weekdaysText(otherDays(days))}外`
  return days.map((day) => `周${weekdays.charAt(day - 1)}`).join('、')
}

function lead({ when, names }: Scope): string {
  if (names === '') return when
  return when === '' ? names : `${when.trimEnd()}，${names}`
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, maxListed).map((name) => plain(name))
  return `${shown.join('、')}${names.length > maxListed ? '……' : ''}`
}

function dayText(date: Temporal.PlainDate): string {
  return `${date.month}月${date.day}日 周${weekdays.charAt(date.dayOfWeek - 1)}`
}

function dateText(date: string): string {
  const day = toPlainDate(date)
  return day === null ? plain(date) : dayText(day)
}

function rangeText(name: RangeName): string {
  switch (name.kind) {
    case 'day': {
      const day = dayText(name.date)
      const relative = name.offset === null ? undefined : dayNames[name.offset]
      if (relative !== undefined) return `${relative}（${day}）`
      const relation = name.week === null ? undefined : relations[name.week]
      if (relation === undefined) return day
      const weekday = weekdays.charAt(name.date.dayOfWeek - 1)
      return `${relation}周${weekday}（${name.date.month}月${name.date.day}日）`
    }
    case 'week': {
      const relation = relations[name.offset]
      const span = spanText(name.from, name.to)
      return relation === undefined ? span : `${relation}周（${span}）`
    }
    case 'weekend': {
      const relation = relations[name.offset]
      const span = spanText(name.from, name.to)
      return relation === undefined ? span : `${relation}周末（${span}）`
    }
    case 'year':
      return `${name.year}年`
    case 'month':
      if (name.offset === 0) return `这个月（${name.from.month}月）`
      return name.offset === 1 ? `下个月（${name.from.month}月）` : `${name.from.month}月`
    case 'from':
      return `${dayText(name.from)}起`
    case 'to':
      return `到${dayText(name.to)}为止`
    case 'span':
      return spanText(name.from, name.to)
    default:
      return name satisfies never
  }
}

function spanText(from: Temporal.PlainDate, to: Temporal.PlainDate): string {
  const end = from.month === to.month ? `${to.day}日` : `${to.month}月${to.day}日`
  return `${from.month}月${from.day}日–${end}`
}

function timeText(time: TimeFilter): string {
  const { from, to, part } = time
  if (part !== null) return parts[part]
  if (from !== null && isMoment(time)) return shortTime(from)
  if (from !== null && to !== null) return `${shortTime(from)}–${shortTime(to)}`
  return from === null ? `${shortTime(to ?? '')} 以前` : `${shortTime(from)} 以后`
}
