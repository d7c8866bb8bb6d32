import { isMatch, type Rows } from './compare.ts'
import type { Language, Question } from './questions.ts'
import type { Call, Stage, Told } from './stage.ts'

/** A question and whether what was looked up answers it. */
export interface Outcome {
  question: Question
  isRight: boolean
  told: Told
  /** What the first of the reference queries finds; null: the words were to tell. */
  expected: Rows | null
}

export interface MeasureOptions {
  stage: Pick<Stage, 'ask' | 'query'>
  questions: readonly Question[]
  /** Conversations at the same time. */
  concurrency: number
  onOutcome?: (outcome: Outcome) => void
}

/** Asks all questions, each in a conversation of its own; the outcomes in the order of the questions. */
export async function measure(options: MeasureOptions): Promise<Outcome[]> {
  const { questions, concurrency, onOutcome } = options
  const outcomes: Outcome[] = []
  let next = 0

  async function work(): Promise<void> {
    for (let index = next++; index < questions.length; index = next++) {
      const question = questions[index]
      if (!question) return
      const outcome = await judge(question, options.stage)
      outcomes[index] = outcome
      onOutcome?.(outcome)
    }
  }

  await Promise.all(Array.from({ length: Math.max(1, concurrency) }, work))
  return outcomes
}

async function judge(question: Question, stage: MeasureOptions['stage']): Promise<Outcome> {
  let told: Told = { text: '', calls: [], failure: null }
  for (const text of question.asked) told = await stage.ask(question.id, text)
  const expected = await Promise.all(question.finds.map((sql) => stage.query(sql)))
  const found = answering(told.calls)
  const isSaid = question.says?.test(told.text) ?? false
  const isFound = found !== null && expected.some((rows) => isMatch(found, rows, question.order))
  return {
    question,
    isRight: told.failure === null && (isSaid || isFound),
    told,
    expected: expected[0] ?? null,
  }
}

/** A list of all names, to find out how one is spelt. */
const nameLookup =
  /^\s*SELECT\s+DISTINCT\s+[\w\s,]+\s+FROM\s+\w+(?:\s+ORDER\s+BY\s+[\w\s,]+)?\s*;?\s*$/i

/** What the last call found that was not refused; a look at the names counts only where nothing else does. */
function answering(calls: readonly Call[]): Rows | null {
  const useful = calls.filter(({ rows }) => rows !== null)
  const last = useful.findLast(({ sql }) => !nameLookup.test(sql)) ?? useful.at(-1)
  return last?.rows ?? null
}

/** How many of how many are right. */
export interface Score {
  right: number
  all: number
}

export function scoreOf(outcomes: readonly Outcome[]): Score {
  return { right: outcomes.filter(({ isRight }) => isRight).length, all: outcomes.length }
}

/** By kind, and in each by language; kinds and languages in the order in which they come. */
export function scoresOf(outcomes: readonly Outcome[]): Map<string, Map<Language, Score>> {
  const scores = new Map<string, Map<Language, Score>>()
  for (const { question, isRight } of outcomes) {
    const byLanguage = scores.get(question.kind) ?? new Map<Language, Score>()
    const score = byLanguage.get(question.language) ?? { right: 0, all: 0 }
    byLanguage.set(question.language, {
      right: score.right + (isRight ? 1 : 0),
      all: score.all + 1,
    })
    scores.set(question.kind, byLanguage)
  }
  return scores
}

/** A share from 0 to 1. */
export function shareOf({ right, all }: Score): number {
  return all === 0 ? 1 : right / all
}
