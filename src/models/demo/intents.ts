import { readPick } from './picks.ts'
import type { Grouping, Intent, Slots } from './question.ts'
import { findFree, spanOf, type Mask } from './text.ts'
import { topic } from './topic.ts'

/** What the words of a question other than dates, times and names say. */
export interface IntentReading {
  /** Null: nothing in it says what is asked. */
  intent: Intent | null
  when: Slots['when']
  /** True when it speaks of classes, teachers or a timetable. */
  topical: boolean
}

const superlative =
  /最(?<zh>多|少|忙|满|密|闲|空)|(?:谁|哪).{0,8}(?<zh2>[多少])(?=\s*[?]?\s*$)|\bwh(?:o|ich) .{0,20}\b(?<en2>more|fewer)\b|\b(?<en>most|least|fewest|busiest|fullest)\b/g
const byDate = /哪一?天|哪几天|一天|日子|周几|星期几|几号|days?\b|dates?\b/
const byTeacher = /谁|老师|讲师|教师|\bwho\b|teachers?|instructors?|lecturers?/
const byCourse =
  /哪一?门|哪[个节]课?(?!老师)|课程|什么课|which (?:course|class)|what course|courses?\b/
const hourWords = /小时|课时|学时|钟头|时长|时间最|\bhours?\b|\btime\b/

/** Reads the intent of a folded text and takes the words that carry it off the mask. */
export function readIntent(text: string, mask: Mask, hasDates: boolean): IntentReading {
  const when = readWhen(text, mask)
  const topical = topic.test(text)
  for (const read of readers) {
    const intent = read({ text, mask, hasDates })
    if (intent !== null) return { intent, when, topical }
  }
  return { intent: null, when, topical }
}

export interface Reader {
  text: string
  mask: Mask
  hasDates: boolean
}

const readers: readonly ((reader: Reader) => Intent | null)[] = [
  readIdle,
  readFreeDays,
  readGroup,
  readExtreme,
  readEach,
  readDuration,
  readPick,
  readHours,
  readCount,
  readNames,
  readDetail,
  readExists,
  readList,
]

function readWhen(text: string, mask: Mask): Slots['when'] {
  const rules: readonly [RegExp, Slots['when']][] = [
    [/到(?:现在|目前|今天)(?:为止)?|截至(?:现在|目前)/g, 'past'],
    [/(?:从)?现在(?:起|开始)/g, 'upcoming'],
    [/现在|此刻|目前正在|正在|\b(?:right )?now\b|\bcurrently\b|\bat the moment\b/g, 'now'],
    [
      /(?:目前|现在|至今|迄今)(?:为止)?|已经|(?:[上讲教](?:过|了)|开过)(?!吗)|\bso far\b|\balready\b|\bhave (?:we|you|i|they) (?:had|done)\b|\bpast\b/g,
      'past',
    ],
    [
      /还有|还剩|剩下|剩余|(?:接下来|后面|往后)(?!的?[\d一二两三四五六七八九十]+[节堂场次门])|即将|以后|之后|最近(?!的?一?[节堂次场门])|近期|\bleft\b|\bremain(?:ing|s)?\b|\bupcoming\b|\bcoming up\b|\bany more\b|(?<!\bwh(?:o|ich) [^?]{0,20})\bmore\b|\bstill\b|\bfrom now on\b|\brest of\b|\bsoon\b/g,
      'upcoming',
    ],
    [/所有|全部|整个|\ball\b|\bever\b|\bin total\b|\baltogether\b|\bentire\b|\bwhole\b/g, 'all'],
  ]
  for (const [pattern, when] of rules) {
    const match = findFree(pattern, text, mask)
    if (!match) continue
    mask.take(spanOf(match))
    return when
  }
  return /\b(?:did|was|were|taught)\b/.test(text) ? 'past' : 'default'
}

/** "Who does not teach this week?" */
function readIdle({ text, mask }: Reader): Intent | null {
  const pattern =
    /(?:谁|哪[些个位几]+老师|有没有老师).{0,12}?(?:没有?课|不上课|不用?上课|没有?安排|有空|不讲课|不教课)|\b(?:who|which (?:teachers?|instructors?))\b.{0,6}(?:doesn't|does not|don't|do not|isn't|is not|aren't|has no|have no|is free|are free)(?: (?:any )?(?:teach(?:ing)?|have|class(?:es)?))*/g
  const match = findFreeIsh(pattern, text, mask)
  if (!match) return null
  mask.take(spanOf(match))
  return { kind: 'idle' }
}

function readFreeDays({ text, mask }: Reader): Intent | null {
  const pattern =
    /(?:[哪那][一几些]?天|哪些(?:天|日子)|什么时候|哪[个些]?(?:晚上|上午|下午)|周几|星期几)(?:早上|上午|中午|下午|晚上|都|是|我们|大家){0,4}(?:没有?课|没有?安排|无课|空|有空|休息|放假|不用?上课|不忙|闲)|(?:没有?课|不上课|无课|空闲)的?(?:日子|天|日期|是?哪[一几]?天)|\b(?:which|what|any|when|list|show)\b[^.?!]{0,24}\b(?:free|no class(?:es)?|without (?:a |any )?class(?:es)?|off)\b(?: days?)?|\bfree days?\b|\bdays? (?:off|without)\b/g
  const match = findFreeIsh(pattern, text, mask)
  if (!match) return null
  mask.take(spanOf(match))
  return { kind: 'free_days' }
}

/** Like `findFree`, for phrases that may have a date in their middle. */
function findFreeIsh(pattern: RegExp, text: string, mask: Mask): RegExpExecArray | null {
  for (const match of text.matchAll(pattern)) if (mask.hasFree(spanOf(match))) return match
  return null
}

function readGroup({ text, mask }: Reader): Intent | null {
  const match = findFreeIsh(superlative, text, mask)
  if (!match) return null
  const isBare = /^(?:那|谁)?最[多少]/.test(text)
  if (!topic.test(text) && !byDate.test(text) && !isBare) return null
  mask.take(spanOf(match))
  const pick = /少|闲|空|least|fewe[rs]/.test(match[0]) ? 'least' : 'most'
  return { kind: 'group', by: toGrouping(text, match[0]), measure: toMeasure(text), pick }
}

function toGrouping(text: string, word: string): Grouping {
  if (byTeacher.test(text)) return 'instructor'
  if (byDate.test(text) || /忙|满|密|busiest|fullest/.test(word)) return 'course_date'
  return byCourse.test(text) ? 'course_name' : 'instructor'
}

function toMeasure(text: string): 'classes' | 'hours' {
  return hourWords.test(text) ? 'hours' : 'classes'
}

function readExtreme({ text, mask }: Reader): Intent | null {
  const match = findFree(/最[长久]|最短|\blongest\b|\bshortest\b/g, text, mask)
  if (!match) return null
  mask.take(spanOf(match))
  const isLong = /长|久|long/.test(match[0])
  if (/谁|\bwho\b/.test(text)) {
    return {
      kind: 'group',
      by: 'instructor',
      measure: 'hours',
      pick: isLong ? 'most' : 'least',
    }
  }
  return { kind: 'extreme', which: isLong ? 'longest' : 'shortest' }
}

function readEach({ text, mask }: Reader): Intent | null {
  const pattern =
    /[每各](?:一?个|一?位|名|一)?(?<teacher>老师|讲师|教师|人)|[每各]一?(?<day>天|日)|[每各]一?(?:门|个)?(?<course>课程?)|(?<name>各自?|分别)(?=有|上|讲|教|几|多少)|\b(?:each|every|per) (?:(?<t>teacher|instructor|lecturer)|(?<d>day)|(?<c>course|class))\b|\b(?:by|per) (?<by>teacher|instructor|day|course)\b/g
  const match = findFree(pattern, text, mask)
  if (!match || !/几|多少|数量|how (?:many|much)|number of|count|hours/.test(text)) return null
  mask.take(spanOf(match))
  const { teacher, day, name, t, d, by } = match.groups ?? {}
  const isTeacher = (teacher ?? t) !== undefined || by === 'teacher' || by === 'instructor'
  if (name !== undefined)
    return { kind: 'group', by: 'instructor', measure: toMeasure(text), pick: 'each' }
  const isDay = (day ?? d) !== undefined || by === 'day'
  const grouping = isTeacher ? 'instructor' : isDay ? 'course_date' : 'course_name'
  return { kind: 'group', by: grouping, measure: toMeasure(text), pick: 'each' }
}

/** "How long is the RAG class?"; how long it is until then is another question. */
function readDuration({ text, mask }: Reader): Intent | null {
  if (/还有|还要|距离?|离|多久(?:之?后|开始|能)|\b(?:until|till|before)\b/.test(text)) return null
  const pattern =
    /(?:[上讲要有是]|每节课?|一节课){0,3}(?:多久|多长时间|多长|几分钟|多少分钟|几个?小时(?=一节))|\bhow (?:long|many minutes)\b(?: .{0,24}\blasts?\b)?|\bduration\b|\b(?:is|are) (?:it|they|that) long\b/g
  const match = findFreeIsh(pattern, text, mask)
  if (!match) return null
  mask.take(spanOf(match))
  return { kind: 'duration' }
}

function readHours({ text, mask }: Reader): Intent | null {
  const pattern =
    /(?:一共|总共|共|合计|加起来)?(?:是|有|上|讲|教)?(?:多少|几)个?(?:小时|课时|学时|钟头)|总(?:课时|时长|学时)|课时(?:数|总数)|\bhow many hours\b|\bhow much (?:class )?time\b|\btotal (?:hours|time|duration)\b|\bnumber of hours\b|\bhours of\b/g
  const match = findFree(pattern, text, mask)
  if (!match) return null
  mask.take(spanOf(match))
  return { kind: 'hours' }
}

function readCount({ text, mask }: Reader): Intent | null {
  const pattern =
    /多不多|(?<=课)多吗|(?:几|多少)(?<unit>个|位|名|门|节|堂|场|次|天|种|回)?(?!点|号|月|时|分|钱|岁)(?:课程|课|老师|讲师|教师)?|课程?(?:数量|总数)|(?:数量|总数)|\b(?:how many|number of|count(?: of| the)?)\b(?<en> (?:different )?(?:teachers?|instructors?|lecturers?|courses?|subjects?|days?))?/g
  for (const match of text.matchAll(pattern)) {
    const span = spanOf(match)
    const isBare = match.groups?.['unit'] === undefined
    const isNoCount =
      isBare && (match[0] === '几' || /[周期拜这那好]$/.test(text.slice(0, match.index)))
    if (!mask.isFree(span) || isNoCount || text.slice(0, match.index).endsWith('哪')) continue
    mask.take(span)
    return { kind: 'count', of: toCounted(match[0], text) }
  }
  return null
}

function toCounted(words: string, text: string): 'classes' | 'teachers' | 'courses' | 'days' {
  if (/老师|讲师|教师|[几多少]+[位名]|teacher|instructor|lecturer/.test(words)) return 'teachers'
  if (/门|courses?|subjects?/.test(words) || /多少课程|几个课程/.test(words)) return 'courses'
  if (/天|days?/.test(words)) return 'days'
  return /(?:多少|几)个?人[讲教]/.test(text) ? 'teachers' : 'classes'
}

function readNames({ text, mask, hasDates }: Reader): Intent | null {
  const teachers =
    /(?:哪些|什么|哪几[位个名]|有些什么|列出|所有|全部)的?(?:老师|讲师|教师)|(?:老师|讲师|教师)(?:们)?(?:都)?(?:有(?:哪些|谁|哪几[位个])|是哪[些几]|名单|列表)|都?有(?:哪些|什么)人[讲教]|都有谁|\b(?:what|which|list|show(?: me)?|name|all|who are)\b(?: of)?(?: all)?(?: the| your| our)? ?(?:teachers|instructors|lecturers)\b|\bteacher list\b|^(?:the |all )*teachers?[\s?!.]*$|^老师们?[\s?!.]*$/g
  const teacher = findFreeIsh(teachers, text, mask)
  if (teacher) return takeNames(teacher, mask, 'instructor')
  if (hasDates) return null
  const courses =
    /(?:哪些|什么|哪几门|哪[几些]个|列出|所有|全部)的?课程(?!表|安排)|课程(?:都)?(?:有(?:哪些|什么)|列表|目录|名单)|[开设][了设有]*(?:哪些|什么|哪几门)课|(?:讲|教|带|授)(?:的是|的|过|了)?(?:哪些|什么|哪几门|啥)课?(?!时)|哪几门课|\b(?:what|which|list|show(?: me)?|name|all)\b(?: of)?(?: all)?(?: the| your| our)? ?courses\b|\b(?:what|which (?:class(?:es)?|subjects?))(?: else)? (?:does|do|is|are) .{1,40}\bteach(?:ing)?\b|\bcourse (?:list|catalog(?:ue)?)\b|^(?:the |all )*courses?[\s?!.]*$|^课程[\s?!.]*$/g
  const course = findFreeIsh(courses, text, mask)
  if (!course) return null
  if (/\bteach/.test(course[0])) {
    const verb = /^(?:what|which (?:class(?:es)?|subjects?))(?: else)? (?:does|do|is|are)\b/.exec(
      course[0],
    )
    mask.take({ start: course.index, end: course.index + (verb?.[0].length ?? 0) })
    return { kind: 'names', of: 'course_name' }
  }
  return takeNames(course, mask, 'course_name')
}

function takeNames(match: RegExpExecArray, mask: Mask, of: 'instructor' | 'course_name'): Intent {
  mask.take(spanOf(match))
  return { kind: 'names', of }
}

function readDetail({ text, mask }: Reader): Intent | null {
  const rules: readonly [RegExp, 'who' | 'when' | 'where'][] = [
    [
      /谁(?:来|会|在|要|负责)*(?:主?讲|教|上课?|带|授课?|负责)?|(?:哪[个位些]?|什么)(?:老师|讲师|教师)|(?:老师|讲师)(?:是|叫)(?:什么|哪)|\bwho(?:'s| is| are| will|se)?\b|\bby whom\b|(?<=[a-z课的] ?)老师(?=\s*[?]?$)|\bteachers? (?:for|of)\b|(?<=[a-z] )teacher(?=\s*[?]?$)|\b(?:which|what) (?:teacher|instructor|lecturer)\b/g,
      'who',
    ],
    [
      /在?(?:哪里|哪儿|什么地方)|(?:在|去)?(?:[几哪](?:号?楼|栋|幢|座|层|间|教)(?:楼|室)?)|在哪(?!天|一|些|个|几)|地点|教室|\bwhere\b|\b(?:which|what) room\b|\bclassroom\b/g,
      'where',
    ],
    [
      /什么时[候间]|啥时候?|何时|几点钟?|几时|几号|[哪那]一?天|周几|星期几|礼拜几|\bwhen(?:'s)?\b|\b(?:at )?what (?:time|day|date)s?\b|\bwhich days?\b/g,
      'when',
    ],
  ]
  for (const [pattern, kind] of rules) {
    const match = findFree(pattern, text, mask)
    if (!match) continue
    mask.take(spanOf(match))
    return { kind }
  }
  return null
}

function readExists({ text, mask }: Reader): Intent | null {
  if (/^(?:what|which|show|list)\b/.test(text)) return null
  const pattern =
    /有没有|有无|是不是|[忙闲]不[忙闲]|要不要|上不上课?|(?:吗|(?<![什怎那这多])么)(?=\s*[?.!~]*\s*$)|^(?:is|am|are|do|does|did|was|were|has|have|will|any)\b|\bis there\b|\bare there\b|\bany\b/g
  const match = findFree(pattern, text, mask)
  if (!match) return null
  mask.take(spanOf(match))
  return { kind: 'exists' }
}

function readList({ text, mask }: Reader): Intent | null {
  const pattern =
    /(?:有|上|讲|教|学)?(?:些)?(?:什么|哪些|啥)(?:课|内容)?|(?:课程表|课表|日程|课程安排|安排)|\b(?:what(?:'s)?|which|list|show|schedule|timetable|tell me about|give me)\b/g
  const match = findFree(pattern, text, mask)
  if (!match) return null
  mask.take(spanOf(match))
  return { kind: 'list' }
}
