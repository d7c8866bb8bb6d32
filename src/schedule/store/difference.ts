import type { Difference, Revision, RowsDifference, Stored } from './schedule-store.ts'

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

/** What several changes, one after the other, come to. */
export function mergeDifferences(differences: readonly Difference[]): Difference {
  const zones = differences.map(({ timeZone }) => timeZone).filter((zone) => zone !== null)
  const before = zones[0]?.before
  const after = zones.at(-1)?.after
  const isSame = before === undefined || after === undefined || before === after
  return {
    timeZone: isSame ? null : { before, after },
    terms: mergeRows(differences.map(({ terms }) => terms)),
    holidays: mergeRows(differences.map(({ holidays }) => holidays)),
    classes: mergeRows(differences.map(({ classes }) => classes)),
    assignments: mergeRows(differences.map(({ assignments }) => assignments)),
  }
}

function mergeRows<Row>(all: readonly RowsDifference<Row>[]): RowsDifference<Row> {
  const rows = new Map<number, { before: Stored<Row> | null; after: Stored<Row> | null }>()
  const note = (id: number, before: Stored<Row> | null, after: Stored<Row> | null): void => {
    const known = rows.get(id)
    rows.set(id, { before: known ? known.before : before, after })
  }
  for (const { added, changed, removed } of all) {
    for (const row of removed) note(row.id, row, null)
    for (const { before, after } of changed) note(after.id, before, after)
    for (const row of added) note(row.id, null, row)
  }
  const merged: RowsDifference<Row> = { added: [], changed: [], removed: [] }
  for (const { before, after } of rows.values()) {
    if (before && after) {
      if (JSON.stringify(before) !== JSON.stringify(after)) merged.changed.push({ before, after })
    } else if (after) merged.added.push(after)
    else if (before) merged.removed.push(before)
  }
  return merged
}
