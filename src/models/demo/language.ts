/** The languages that the demo speaks. */
export type Language = 'zh' | 'en'

const chineseHints =
  /[的是有什么吗呢谁几多少哪周天课讲教上下节明今昨后那这了我你在会能怎请帮查月号日点叫名没好谢您们吧啊问]/g
const englishHints =
  /\b(?:the|an?|is|are|am|was|were|do|does|did|what|what's|when|where|who|whose|which|how|many|much|class|classes|course|courses|lesson|lessons|teach|teaches|teacher|teachers|schedule|on|in|at|of|to|for|from|about|and|my|me|you|your|i|i'm|name|next|last|this|today|tomorrow|week|month|hello|hi|hey|thanks|thank|please|can|could|show|list|tell|any|have|has|help|it|he|she|they|there|tonight|morning|evening|afternoon|\w{3,6}day)\b/g

/**
 * The language of a question: the one whose small words it uses, since names and course titles may
 * be in the other one. `before` is the language of the conversation so far.
 */
export function detectLanguage(folded: string, before: Language | null): Language {
  const chinese = countMatches(chineseHints, folded)
  const english = countMatches(englishHints, folded)
  if (chinese !== 0 || english !== 0) return chinese > english * 2 ? 'zh' : 'en'
  if (before !== null) return before
  const isJapanese = /[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(folded)
  return /\p{Script=Han}/u.test(folded) && !isJapanese ? 'zh' : 'en'
}

/** Whether a text is surely in one of them: names in it may be spelt as elsewhere. */
export function hasHints(folded: string): boolean {
  return countMatches(chineseHints, folded) + countMatches(englishHints, folded) >= 2
}

function countMatches(pattern: RegExp, text: string): number {
  return text.match(pattern)?.length ?? 0
}
