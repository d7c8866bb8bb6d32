import type { Question } from './question.ts'

const comparing = /比|哪.{0,4}(?:多|少|忙)|(?:多|少)还是|\b(?:more|fewer|busier|most|compare)\b/

/** "Does next week have more classes than this week?": one count for each, to compare. */
export function splitComparison(question: Question): Question[] {
  const { slots, text } = question
  if (slots.ranges.length !== 2 || slots.terms.length > 0 || !comparing.test(text)) {
    return [question]
  }
  return slots.ranges.map((range) => ({
    ...question,
    intent: { kind: 'count', of: 'classes' },
    slots: { ...slots, ranges: [range] },
  }))
}
