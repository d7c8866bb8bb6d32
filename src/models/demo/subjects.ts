import type { Holdings } from './holdings.ts'
import type { Intent } from './question.ts'
import { spanOf, type Mask } from './text.ts'

/** What a question may be about besides classes, where the timetable holds it. */

const assignment =
  /(?:家庭|课后)?作业|(?<=课|的|这|个)任务|截止(?:日期|时间)?|\bddls?\b|(?:什么时候|啥时候?|何时|几号|几点|哪一?天)(?:要|该|得)?(?:提?交|截止)|(?:要|该|得|需要)交(?:的|什么|哪些)?|\bhomeworks?\b|\bassignments?\b|\bdeadlines?\b|\bdue(?: dates?)?\b|\bhand(?:ed)? in\b|\bsubmi(?:t|ssion)s?\b/g
const holiday =
  /放假|节?假(?:日|期)|放(?:多少|几)天|\b(?:public )?holidays?\b|\bvacations?\b|\bdays? off\b/g
const clash =
  /(?:时间|上课)*(?:有|会|相互|互相)*(?:冲突|重合|冲撞|撞(?:课|车|了|在一起)?|重叠|重复|打架)的?|\boverlap(?:s|ping)?\b|\bclash(?:es|ing)?\b|\bcolli(?:de[sd]?|ding|sions?)\b|\bdouble[- ]booked\b|\bconflict(?:s|ing)?\b|\bat the same time\b/g
const weeks =
  /(?:是|在|有|上)*(?:第几|哪几?|第?多少)个?(?:教学)?周(?!有(?:什么|哪些)?课|[一二三四五六日天末])|单周.{0,6}双周(?:上)?|\b(?:what|which)(?: teaching)? weeks?\b(?! (?:has|have))|\bweek number\b|\bodd or even(?: weeks?)?\b/g
const parity =
  /(?:只在?|仅在?).{0,2}(?<zh>单|双)周|\bonly .{0,16}\b(?<en>odd|even)(?:-numbered)? weeks?\b/
const places =
  /链接|网址|会议号|腾讯会议|直播间|入口|(?:怎么|如何)(?:才能|去)?(?:进入?|加入|入会|连)(?:去|课)?|\blinks?\b|\bzoom\b|\burl\b|\b(?:join|log ?in(?: to)?|dial in(?: to)?|connect to)\b/g
const breaks =
  /(?<=\b(?:day|autumn|fall|spring|winter|summer|christmas|easter|year|midterm|mid-term) )break\b/g
/** What is asked of a term as a whole. */
const termWord = /学期|开学|期末|\b(?:term|semester)\b/g
const termAsked =
  /什么时[候间]|啥时候?|何时|几号|哪一?天|多久|多长|几(?:个?星期|周)|多少个?(?:星期|周)|上到|\bwhen(?:'s)?\b|\bwhat (?:date|day)\b|\bhow (?:long|many (?:more )?weeks)\b|\bweeks? (?:are |is )?left\b|\bis (?:it|the (?:term|semester)) over\b/g
const termRest =
  /(?:还有|还剩|还要|剩下)?(?:开始|结束|放假)|还有|还剩|剩下|[上到]到|\b(?:starts?|begins?|ends?|finish(?:es)?|over|left|remain(?:s|ing)?|last|done)\b/g
/** One of the classes, or what is within the term. */
const notWhole =
  /[节课堂门次]|作业|班会|考试|最后|第[一二三\d]|\b(?:class|lesson|course|lecture|session|meet|times|holiday|assignment|exam)/
const parityAsked =
  /(?:是|算)(?:不是)?(?:单周|双周|单双周|奇数周|偶数周)(?=(?:还是|吗|么|吧|呢|啊|嘛)|\s*[?]?\s*$)|\b(?:is|are|was|will) .{0,40}\b(?:odd|even)(?:-numbered)?(?: weeks?)?(?=\s*[?.!]*\s*$)/g

/** Whether a folded text is about something that this timetable holds and others may not. */
export function isHeldSubject(text: string, holdings: Holdings): boolean {
  return (
    (holdings.assignments && text.search(assignment) >= 0) ||
    (holdings.holidays && (text.search(holiday) >= 0 || text.search(breaks) >= 0)) ||
    (holdings.places && text.search(places) >= 0)
  )
}

/** Reads what else a question is about and takes its words off the mask; null: only about classes. */
export function readSubject(text: string, holdings: Holdings, mask: Mask): Intent | null {
  const take = (pattern: RegExp): boolean => {
    const found = [...text.matchAll(pattern)].map((match) => spanOf(match))
    for (const span of found) mask.take(span)
    return found.length > 0
  }
  if (holdings.assignments && take(assignment)) {
    return { kind: 'assignments', pick: toPick(text, mask) }
  }
  if (holdings.holidays && !isWithinHoliday(text) && (take(holiday) || take(breaks))) {
    return { kind: 'holidays', pick: toPick(text, mask) }
  }
  if (take(clash)) return { kind: 'clashes' }
  if (holdings.terms.length > 0) {
    const match = parity.exec(text)
    if (match) {
      mask.take(spanOf(match))
      const word = match.groups?.['zh'] ?? match.groups?.['en'] ?? ''
      return { kind: 'parity', parity: /单|odd/.test(word) ? 'odd' : 'even' }
    }
    if (take(parityAsked) || take(weeks)) return { kind: 'weeks' }
    const isWhole = text.search(termAsked) >= 0 && !notWhole.test(text)
    if (isWhole && take(termWord)) {
      take(termAsked)
      take(termRest)
      return { kind: 'terms', which: toWhich(text) }
    }
  }
  return holdings.places && take(places) ? { kind: 'where' } : null
}

/** "Is there class over National Day?" is about classes; the day says when. */
function isWithinHoliday(text: string): boolean {
  const within =
    /(?:放假|假期|休假)(?:期间|里|中)?.{0,4}(?:上|有没有|有)课|(?:假期?|节)[之以过]?后.{0,12}(?:课|开学)|\b(?:class(?:es)?|lessons?|lectures?)\b.{0,12}\b(?:over|during|on|in|at)\b.{0,24}\b(?:holidays?|break|vacation)\b/
  const named =
    /元旦|劳动节|五一|国庆|十一|平安夜|圣诞|除夕|春节|元宵|端午|中秋|清明|national|christmas|new year|mid-?autumn|spring festival|dragon boat|labou?r/
  return within.test(text) && named.test(text)
}

function toWhich(text: string): 'present' | 'next' | 'previous' {
  if (/下个?学期|\bnext (?:term|semester)\b/.test(text)) return 'next'
  return /上个?学期|\b(?:last|previous) (?:term|semester)\b/.test(text) ? 'previous' : 'present'
}

function toPick(text: string, mask: Mask): 'list' | 'next' | 'count' {
  const rules = [
    [/(?:一共|总共)?(?:有)?(?:几|多少)(?:个|次|份|项)|\bhow many\b/g, 'count'],
    [
      /下一?(?:次|个|份|项)|最近的?一?(?:次|个|份)|(?:the )?\bnext (?=[^a-z]|$|one|is\b|due\b)|\bnext\b(?= *$)|\bsoonest\b/g,
      'next',
    ],
  ] as const
  for (const [pattern, pick] of rules) {
    for (const match of text.matchAll(pattern)) {
      if (!mask.isFree(spanOf(match))) continue
      mask.take(spanOf(match))
      return pick
    }
  }
  return /\bnext (?:homework|assignment|deadline|holiday|vacation|day off|due|public)/.test(text)
    ? 'next'
    : 'list'
}
