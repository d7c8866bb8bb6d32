/** Far below the number of values that one statement may bind, on either database. */
export const idsPerQuery = 500
export const rowsPerInsert = 50
export const smallRowsPerInsert = 500

/** The rows of objects by their ids, those that there are. */
export async function selectByIds<Row extends { id: string }>(
  objects: { id: string }[],
  select: (ids: string[]) => Promise<Row[]>,
): Promise<Map<string, Row>> {
  const rows = new Map<string, Row>()
  for (let start = 0; start < objects.length; start += idsPerQuery) {
    const ids = objects.slice(start, start + idsPerQuery).map(({ id }) => id)
    for (const row of await select(ids)) rows.set(row.id, row)
  }
  return rows
}

/** `perInsert`: more than `rowsPerInsert` for rows of which each is small. */
export async function insertRows<Row>(
  rows: Row[],
  insert: (rows: Row[]) => Promise<unknown>,
  { perInsert = rowsPerInsert } = {},
): Promise<void> {
  for (let start = 0; start < rows.length; start += perInsert) {
    await insert(rows.slice(start, start + perInsert))
  }
}
