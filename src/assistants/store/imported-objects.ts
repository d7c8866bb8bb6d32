import type { Kysely } from 'kysely'

import { insertRows, selectByIds } from './many-rows.ts'
import type { Database } from './schema.ts'

type Identified = { id: string }

/** Those that an earlier import brought: what of them is not here any more was deleted. */
export async function findBrought(
  trx: Kysely<Database>,
  objects: Identified[],
  { project, restore }: { project: string; restore: boolean },
): Promise<Set<string>> {
  if (restore) return new Set()
  const rows = await selectByIds(objects, (ids) =>
    trx
      .selectFrom('imported_objects')
      .select('id')
      .where('project', '=', project)
      .where('id', 'in', ids)
      .execute(),
  )
  return new Set(rows.keys())
}

export async function rememberImported(
  trx: Kysely<Database>,
  objects: Identified[],
  project: string,
): Promise<void> {
  await insertRows(
    objects.map(({ id }) => ({ id, project })),
    (values) =>
      trx
        .insertInto('imported_objects')
        .values(values)
        .onConflict((conflict) => conflict.doNothing())
        .execute(),
  )
}
