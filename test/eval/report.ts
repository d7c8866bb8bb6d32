import type { Rows } from './compare.ts'
import { scoreOf, scoresOf, shareOf, type Outcome, type Score } from './measure.ts'
import type { Stage } from './stage.ts'

/** What people read: the misses, and the score per kind and language. */
export function toText(outcomes: readonly Outcome[], spent: ReturnType<Stage['spent']>): string {
  const misses = outcomes.filter(({ isRight }) => !isRight)
  const languages = [...new Set(outcomes.map(({ question }) => question.language))]
  const rows = [...scoresOf(outcomes)].map(([kind, scores]) => [
    kind,
    ...languages.map((language) => scoreText(scores.get(language))),
  ])
  const totals = languages.map((language) =>
    scoreText(scoreOf(outcomes.filter(({ question }) => question.language === language))),
  )
  const table = [['', ...languages], ...rows, ['all', ...totals]]
  const total = scoreOf(outcomes)
  const share = (shareOf(total) * 100).toFixed(1)
  return [
    ...misses.map((miss) => missText(miss)),
    ...table.map(([kind = '', ...cells]) =>
      [kind.padEnd(14), ...cells.map((cell) => cell.padStart(8))].join(''),
    ),
    '',
    `${total.right} of ${total.all} right (${share} %)`,
    costText(spent),
  ].join('\n')
}

function scoreText(score: Score | undefined): string {
  return score === undefined || score.all === 0 ? '' : `${score.right}/${score.all}`
}

function costText({ prompt, completion, dollars }: ReturnType<Stage['spent']>): string {
  const tokens = `${prompt} prompt tokens, ${completion} completion tokens`
  return dollars === null ? `${tokens}; no price is known` : `${tokens}, $${dollars.toFixed(4)}`
}

function missText({ question, told, expected }: Outcome): string {
  const lines = [
    `✗ ${question.id}: ${question.asked.join(' → ')}`,
    ...told.calls.map(({ sql, rows, problem }) => `  ${sql}\n    got ${problem ?? rowsText(rows)}`),
    `  expected ${expected === null ? String(question.says) : rowsText(expected)}`,
    `  said ${JSON.stringify(told.text.slice(0, 160))}`,
    ...(told.failure === null ? [] : [`  failed ${told.failure}`]),
  ]
  return `${lines.join('\n')}\n`
}

/** More rows are counted. */
const maxRows = 6

function rowsText(rows: Rows | null): string {
  if (rows === null) return 'nothing'
  const more = rows.rows.length - maxRows
  const shown = rows.rows.slice(0, maxRows).map((row) => row.join(' | '))
  return `${rows.rows.length} rows: ${shown.join('; ')}${more > 0 ? ` … ${more} more` : ''}`
}

/** The same for programs. */
export function toJson(outcomes: readonly Outcome[], spent: ReturnType<Stage['spent']>): object {
  return {
    ...scoreOf(outcomes),
    spent,
    kinds: Object.fromEntries(
      [...scoresOf(outcomes)].map(([kind, scores]) => [kind, Object.fromEntries(scores)]),
    ),
    questions: outcomes.map(({ question, isRight, told, expected }) => ({
      id: question.id,
      asked: question.asked,
      isRight,
      ...told,
      expected,
    })),
  }
}
