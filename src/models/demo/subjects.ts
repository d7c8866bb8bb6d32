import type { Holdings } from './holdings.ts'
import type { Intent } from './question.ts'
import { spanOf, type Mask } from './text.ts'

/** What a question may be about besides classes, where the timetable holds it. */

const assignment =
  /(?:家庭|课后)?作业|(?<=课|的|这|个)任务|截止(?:日期|时间)?|\bddls?\b|(?:要|该|得|需要)交(?:的|什么|哪些)?|\bhomeworks?\b|\bassignments?\b|\bdeadlines?\b|\bdue(?: dates?)?\b|\bhand(?:ed)? in\b|\bsubmi(?:t|ssion)s?\b/g
const holiday =
  /放假|节?假(?:日|期)|放(?:多少|几)天|\b(?:public )?holidays?\b|\bvacations?\b|\bdays? off\b/g
const clash =
  /(?:时间|上课)*(?:有|会|相互|互相)*(?:冲突|撞(?:课|车|了|在一起)?|重叠|重复|打架)的?|\boverlap(?:s|ping)?\b|\bclash(?:es|ing)?\b|\bconflict(?:s|ing)?\b|\bat the same time\b/g
const weeks =
  /(?:是|在|有|上)*(?:第几|哪几?|第?多少)个?(?:教学)?周(?!有(?:什么|哪些)?课|[一二三四五六日天末])|单周.{0,6}双周(?:上)?|\b(?:what|which)(?: teaching)? weeks?\b(?! (?:has|have))|\bweek number\b|\bodd or even(?: weeks?)?\b/g
const parity =
  /(?:只在?|仅在?).{0,2}(?<zh>单|双)周|\bonly .{0,16}\b(?<en>odd|even)(?:-numbered)? weeks?\b/
const places = /链接|网址|会议号|腾讯会议|\blinks?\b|\bzoom\b|\burl\b/g

/** Whether a folded text is about something that this timetable holds and others may not. */
export function isHeldSubject(text: string, holdings: Holdings): boolean {
  return (
    (holdings.assignments && text.search(assignment) >= 0) ||
    (holdings.holidays && text.search(holiday) >= 0) ||
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
  if (holdings.holidays && take(holiday)) return { kind: 'holidays', pick: toPick(text, mask) }
  if (take(clash)) return { kind: 'clashes' }
  if (holdings.terms.length > 0) {
    const match = parity.exec(text)
    if (match) {
      mask.take(spanOf(match))
      const word = match.groups?.['zh'] ?? match.groups?.['en'] ?? ''
      return { kind: 'parity', parity: /单|odd/.test(word) ? 'odd' : 'even' }
    }
    if (take(weeks)) return { kind: 'weeks' }
  }
  return holdings.places && take(places) ? { kind: 'where' } : null
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
