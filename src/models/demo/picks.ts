import type { Reader } from './intents.ts'
import type { Intent } from './question.ts'
import { chineseNumber, englishNumber, findFree, spanOf, toNumber } from './text.ts'
import { topic } from './topic.ts'

const ordinals = 'first second third fourth fifth'.split(' ')

const word = '(?:节|堂|场|次|门)'
const when = '(?:都|是)?(?:什么时候|何时|哪天|几号)'
const chinese = new RegExp(
  [
    `(?<further>再下一?(?:${word}|个))`,
    `(?<next>${[
      `下一?${word}|下一个|最近的?一?${word}|马上要?上的?`,
      `(?:接下来|下面|往后|后面)的?(?<n>${chineseNumber})${word}`,
      '(?:谁|哪[个门节位]?课?)(?:最)?先',
      // how long it is until then is answered by when it is
      '(?<=(?:距|离|还有|还要).{0,20})(?:多久|多少天|几天(?!有?课)|多长时?间?)|几[天周]后',
    ].join('|')})`,
    `(?<previous>(?<!早|晚|在)上一?${word}|刚才那${word}|刚上完的?)`,
    `(?<last>最后(?:的?(?<n2>${chineseNumber})${word}|一?${word}?)|最晚的?|结课|(?:学期|课程)${when}(?:全部)?(?:结束|上完))`,
    `(?<first>(?:什么时候|何时|哪一?天|几号)(?:才|再)?(?:开始|恢复|继续|回来|回去)(?:上课|开课)|最早的?|最先|首${word}|头一${word}|第[一1]${word}|开学|(?:学期|课程)${when}开始)`,
    `第(?<nth>${chineseNumber})${word}`,
  ].join('|'),
  'g',
)
const english = new RegExp(
  `\\b(?:${[
    '(?<further>(?:the )?(?:one|class) after(?: that| it)?|after that)',
    `(?<next>next|following|how (?:long|soon|many days) (?:until|till|before|is it until))(?: (?<n>${englishNumber}))?`,
    '(?<previous>previous|most recent)',
    '(?<over>(?:term|semester) (?:ends?|finish(?:es)?|(?:is )?over))',
    '(?<begun>(?:term|semester) (?:starts?|begins?))',
    `(?<last>last|final|latest)(?: (?<n2>${englishNumber}))?`,
    '(?<first>first|earliest|1st|(?:start|begin|continue)(?: up)? again|resume|back(?= after))',
    '(?<nth>second|third|fourth|fifth)',
  ].join('|')})(?= |$|[?.!])`,
  'g',
)

/** Reads "the next class", "the first one", 最后两节课. */
export function readPick({ text, mask }: Reader): Intent | null {
  const match = findFree(chinese, text, mask) ?? findFree(english, text, mask)
  const groups = match?.groups
  if (!match || groups === undefined) return null
  const isAlone = /\b(?:one|or)\b|^(?:what'?s |who'?s |and )?(?:up )?next$|after/.test(bare(text))
  const isTerm = groups['over'] !== undefined || groups['begun'] !== undefined
  const asksWhen = /^(?:and )?when(?: is|'s| was) the (?:last|final|first|next)\b/.test(text)
  if (/^[a-z]/.test(match[0]) && !topic.test(text) && !isAlone && !asksWhen && !isTerm) return null
  mask.take(spanOf(match))
  return toPick(groups, text)
}

function toPick(groups: Record<string, string | undefined>, text: string): Intent {
  const { next, further, previous, n, n2, nth } = groups
  const last = groups['last'] ?? groups['over']
  const first = groups['first'] ?? groups['begun']
  const count = Math.min(20, Math.max(1, toNumber(n ?? n2) ?? 1))
  if (further !== undefined) return { kind: 'pick', which: 'next', count: 1, skip: 1 }
  if (next !== undefined) return { kind: 'pick', which: 'next', count, skip: 0 }
  if (previous !== undefined) return { kind: 'pick', which: 'previous', count, skip: 0 }
  if (last !== undefined) {
    const isPast = /\b(?:was|were|did)\b/.test(text) && !/\blast\b.{0,30}\b(?:of|in)\b/.test(text)
    return {
      kind: 'pick',
      which: isPast ? 'previous' : 'last',
      count,
      skip: 0,
      ...byHour(last, text),
    }
  }
  if (first !== undefined) {
    // "RAG or LangChain first?" is about what is to come
    const which = /\bor\b/.test(text) ? 'next' : 'first'
    return { kind: 'pick', which, count: 1, skip: 0, ...byHour(first, text) }
  }
  const ordinal = ordinals.indexOf(nth ?? '')
  const place = ordinal > 0 ? ordinal + 1 : (toNumber(nth) ?? 1)
  return { kind: 'pick', which: 'first', count: 1, skip: Math.max(0, place - 1) }
}

/** 最早几点上课 asks for the hour, 最早的 RAG 课 for the day. */
function byHour(word: string, text: string): { byHour?: true } {
  const asksForHour = /几点|上课时间|多[早晚]|\bwhat time\b|\bhour\b/.test(text)
  return asksForHour && /^(?:最[早晚]|earliest|latest)/.test(word) ? { byHour: true } : {}
}

function bare(text: string): string {
  return text.replaceAll(/[?!.,\s]+$/g, '').trim()
}
