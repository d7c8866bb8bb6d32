const maxWords = 50_000

/** In how many texts words occur, remembered, because counting takes the longer, the more there are. */
export interface WordCounts {
  known(word: string): number | undefined
  learn(word: string, texts: number): void
  /** After the texts have become more, or fewer, by more than a twentieth. */
  forgetIfOther(allTexts: number): void
}

export function createWordCounts(): WordCounts {
  const counts = new Map<string, number>()
  let countedAmong = 0
  return {
    known: (word) => counts.get(word),
    learn(word, texts) {
      // What no text has may be there soon.
      if (texts > 0 && counts.size < maxWords) counts.set(word, texts)
    },
    forgetIfOther(allTexts) {
      const isOther = Math.abs(allTexts - countedAmong) > countedAmong / 20
      if (!isOther && counts.size < maxWords) return
      counts.clear()
      countedAmong = allTexts
    },
  }
}
