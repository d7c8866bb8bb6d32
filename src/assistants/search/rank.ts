/** Of all texts that can be found: how many there are, and how long they are on average, in words. */
export interface Collection {
  texts: number
  averageLength: number
}

/** A word of the question, and in how many texts it occurs. */
export interface QueryWord {
  word: string
  texts: number
}

/** How soon more of the same word stops counting, and how much length counts: the usual values. */
const k1 = 1.2
const b = 0.75

/**
 * How well a text answers to the words of a question: Okapi BM25 (Robertson, Zaragoza: The Probabilistic
 * Relevance Framework, 2009), as a part of what a text could reach at most that has each of the words any
 * number of times. So it is from 0 to 1, and means about the same for every question.
 */
export function createTextScore(
  words: readonly QueryWord[],
  collection: Collection,
): (text: readonly string[]) => number {
  const weights = new Map(words.map(({ word, texts }) => [word, rarity(texts, collection.texts)]))
  const most = sum(weights.values()) * (k1 + 1)
  const average = Math.max(collection.averageLength, 1)
  return (text) => {
    const counts = new Map<string, number>()
    for (const word of text) {
      if (weights.has(word)) counts.set(word, (counts.get(word) ?? 0) + 1)
    }
    const norm = k1 * (1 - b + (b * text.length) / average)
    let score = 0
    for (const [word, count] of counts) {
      score += ((weights.get(word) ?? 0) * (count * (k1 + 1))) / (count + norm)
    }
    return most === 0 ? 0 : Math.min(score / most, 1)
  }
}

/**
 * Texts that may be looked at to find candidates: of more than these, only the rarer words choose them,
 * and the others only help to put them in order. Otherwise a search with a common word would take a
 * second in a large store.
 */
const maxMatches = 5_000

/** The words that choose the candidates among so many texts: of few texts all, else the rarest ones. */
export function choosingWords(
  words: readonly QueryWord[],
  { among }: { among: number },
): readonly QueryWord[] {
  if (among <= maxMatches) return words
  const chosen: QueryWord[] = []
  let matches = 0
  for (const word of words.toSorted((one, other) => one.texts - other.texts)) {
    matches += word.texts
    if (chosen.length > 0 && matches > maxMatches) break
    chosen.push(word)
  }
  return chosen
}

/** Inverse document frequency, above 0 also for words that most texts have. */
export function rarity(texts: number, all: number): number {
  const known = Math.min(texts, all)
  return Math.log(1 + (all - known + 0.5) / (known + 0.5))
}

export interface Weights {
  text: number
  embedding: number
}

/** Words count where nothing else would. */
export function usableWeights(weights: Weights | undefined, hasVectors: boolean): Weights {
  const { text, embedding } = weights ?? { text: 1, embedding: 1 }
  if (!hasVectors || (text === 0 && embedding === 0)) return { text: 1, embedding: 0 }
  return { text, embedding }
}

/** Candidates of one way of asking, the best first. */
export interface RankedList {
  weight: number
  hits: readonly { id: number; score: number }[]
}

/** What a place below the first costs in a fused list; the value of the paper. */
const rankConstant = 60

/**
 * One list of several, the best first. By reciprocal rank (Cormack, Clarke, Büttcher: Reciprocal Rank
 * Fusion outperforms Condorcet, 2009), as a part of what a text gets that is first everywhere, times its
 * best score in any of them: the ranks decide between texts, the score says whether any of them is good.
 */
export function fuse(lists: readonly RankedList[]): { id: number; score: number }[] {
  const most = sum(lists.map(({ weight }) => weight)) / (rankConstant + 1)
  const found = new Map<number, { ranks: number; score: number }>()
  for (const { weight, hits } of lists) {
    for (const [index, { id, score }] of hits.entries()) {
      const known = found.get(id) ?? { ranks: 0, score: 0 }
      found.set(id, {
        ranks: known.ranks + weight / (rankConstant + index + 1),
        score: Math.max(known.score, score),
      })
    }
  }
  return Array.from(found, ([id, { ranks, score }]) => ({
    id,
    score: most === 0 ? 0 : (ranks / most) * score,
  })).toSorted((one, other) => other.score - one.score || one.id - other.id)
}

function sum(numbers: Iterable<number>): number {
  let total = 0
  for (const number of numbers) total += number
  return total
}
