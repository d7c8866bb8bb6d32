import type { Question, TermGroup } from './question.ts'
import { fold } from './text.ts'

const person = /(?<![其吉])[他她](?!们)|\b(?:he|she|him|her|his|hers)\b|[这那](?:个|位)老师/
const course =
  /[这那](?:一)?(?:门|节|堂)课|\b(?:that|this) (?:class|course|lesson)\b|\bwhen is it\b|它/

/**
 * Whom "he" or "that class" means: the one teacher or course that the last answer named. Null when
 * the sentence does not ask for one, when the answer named several, or when it is who was asked for.
 */
export function findAntecedent(
  folded: string,
  before: Question,
  heard: string | null,
): readonly TermGroup[] | null {
  if (heard === null) return null
  const asksForPerson = person.test(folded)
  if (!asksForPerson && !course.test(folded)) return null
  const isRanking = before.intent.kind === 'group'
  const names = asksForPerson ? teachersIn(heard, isRanking) : coursesIn(heard)
  const [name] = names
  if (name === undefined || names.size !== 1) return null
  const isAsked = before.slots.terms.some(({ any }) =>
    any.some(({ text }) => fold(name).includes(fold(text))),
  )
  if (isAsked) return null
  const column = asksForPerson ? 'instructor' : 'course_name'
  return [{ any: [{ text: name, column }], not: false }]
}

/** The names in the lists that `Phrases.classLine` writes, or the first of a ranking. */
function teachersIn(answer: string, isRanking: boolean): Set<string> {
  const found = isRanking
    ? answer.matchAll(/\*\*([^*\n]{1,80})\*\*/g)
    : answer.matchAll(/^- [^\n]{0,200}\*\* ?[（(]([^（）()\n]{1,80})[）)]$/gm)
  const named = answer.matchAll(/(?<=\*\*(?: 的老师是| is taught by |[:：] ?))([^*\n。.]{1,80})/g)
  return toNames([...found, ...(isRanking ? [] : named)])
}

function coursesIn(answer: string): Set<string> {
  return toNames(
    answer.matchAll(
      /^(?:- [^\n*]{0,100}\*\*([^*\n]{1,80})\*\*|\*\*([^*\n]{1,80})\*\*(?= 的老师是| is taught by ))/gm,
    ),
  )
}

function toNames(matches: Iterable<RegExpMatchArray>): Set<string> {
  const names = [...matches].map((match) => (match[1] ?? match[2] ?? '').replaceAll('\\', ''))
  return new Set(names.filter((name) => name !== ''))
}
