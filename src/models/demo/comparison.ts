import type { Question } from './question.ts'
import { fold } from './text.ts'
import { readParts } from './times.ts'

const comparing = /比|哪.{0,4}(?:多|少|忙)|(?:多|少)还是|\b(?:more|fewer|busier|most|compare)\b/

export function isComparing(folded: string): boolean {
  return comparing.test(folded)
}

/** "Does next week have more classes than this week?": one count for each, to compare. */
export function splitComparison(question: Question): Question[] {
  const { slots, text } = question
  if (slots.terms.length > 0 || !isComparing(text)) return [question]
  if (slots.ranges.length === 2) {
    return slots.ranges.map((range) => toCount(question, { ranges: [range] }))
  }
  const parts = readParts(fold(text))
  return parts.length === 2 ? parts.map((time) => toCount(question, { time })) : [question]
}

function toCount(question: Question, slots: Partial<Question['slots']>): Question {
  return {
    ...question,
    intent: { kind: 'count', of: 'classes' },
    slots: { ...question.slots, ...slots },
  }
}
