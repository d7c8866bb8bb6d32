import { sql, type Kysely } from 'kysely'

import { InvalidRequestError } from '../../errors.ts'
import type { ChunkSizes } from '../indexing/document.ts'
import type { Attributes } from '../search/file-search.ts'
import type { Database } from './schema.ts'
import type { SqlDialect } from './sql-dialect.ts'

/** A file that goes into a vector store. */
export interface NewAttachment {
  fileId: string
  chunking: ChunkSizes
  attributes: Attributes
}

export interface VectorStoreQueriesDeps {
  db: Kysely<Database>
  dialect: SqlDialect
  /** Whose vector stores; null: everybody's. */
  project: string | null
  /** There is something to be indexed, or to be taken out of the index. */
  onWork: () => void
}

export interface VectorStoreKey {
  id: string
  /** Null: whoever's. */
  project: string | null
}

export function selectStore(db: Kysely<Database>, { id, project }: VectorStoreKey) {
  const store = db.selectFrom('vector_stores').where('id', '=', id)
  return project === null ? store : store.where('project', '=', project)
}

export const secondsPerDay = 86_400

/** What a use of a store at `now` changes in its row. */
export function movedActivity(now: number) {
  const days = sql`expires_after_days * ${sql.lit(secondsPerDay)}`
  return {
    last_active_at: now,
    expires_at: sql<number | null>`
      case when expires_after_days is null then null else cast(${now} as bigint) + ${days} end`,
  }
}

export function expiredStore(id: string): InvalidRequestError {
  return new InvalidRequestError(`Vector store with id '${id}' is expired.`, {
    param: 'vector_store_id',
    apiCode: 'vector_store_expired',
  })
}

/** A sum of whole numbers is a text on Postgres unless it says otherwise. */
export const countColumns = [
  sql<number>`cast(count(*) as bigint)`.as('files'),
  sql<number>`cast(sum(vector_store_files.usage_bytes) as bigint)`.as('bytes'),
] as const
