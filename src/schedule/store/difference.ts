import type { Difference, Revision, RowsDifference } from './schedule-store.ts'

/** What takes a difference back. */
export function invert(difference: Difference): Difference {
  const { timeZone } = difference
  return {
    timeZone: timeZone && { before: timeZone.after, after: timeZone.before },
    terms: invertRows(difference.terms),
    holidays: invertRows(difference.holidays),
    classes: invertRows(difference.classes),
    assignments: invertRows(difference.assignments),
  }
}

function invertRows<Row>({ added, changed, removed }: RowsDifference<Row>): RowsDifference<Row> {
  return {
    added: removed,
    changed: changed.map(({ before, after }) => ({ before: after, after: before })),
    removed: added,
  }
}

export function countChanges(difference: Difference): Revision['counts'] {
  const { terms, holidays, classes, assignments } = difference
  const kinds = [terms, holidays, classes, assignments]
  const sum = (of: (rows: RowsDifference<unknown>) => unknown[]) =>
    kinds.reduce((total, rows) => total + of(rows).length, 0)
  return {
    added: sum(({ added }) => added),
    changed: sum(({ changed }) => changed),
    removed: sum(({ removed }) => removed),
  }
}

export function isNothing(difference: Difference): boolean {
  const { added, changed, removed } = countChanges(difference)
  return difference.timeZone === null && added + changed + removed === 0
}

/** How many bytes the rows grow by, as JSON in UTF-8. */
export function growth(difference: Difference): number {
  const { terms, holidays, classes, assignments } = difference
  return [terms, holidays, classes, assignments].reduce(
    (total, { added, changed, removed }) =>
      total +
      bytes(added) +
      bytes(changed.map(({ after }) => after)) -
      bytes(changed.map(({ before }) => before)) -
      bytes(removed),
    0,
  )
}

function bytes(rows: readonly unknown[]): number {
  return rows.reduce<number>((total, row) => total + Buffer.byteLength(JSON.stringify(row)), 0)
}
