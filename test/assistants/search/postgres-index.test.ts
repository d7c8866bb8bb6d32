import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'

import type { Chunk } from '../../../src/assistants/indexing/document.ts'
import { createPostgresIndex } from '../../../src/assistants/search/postgres/postgres-index.ts'
import { openPostgres } from '../../../src/assistants/store/postgres.ts'
import { createLogger } from '../../../src/log.ts'
import { createTestDatabase, withoutServer } from '../../helpers/postgres.ts'
import { chunks, describeSearchIndex } from './contract.ts'

const log = createLogger({ level: 'silent', pretty: false })
const { signal } = new AbortController()
const fileOf = (vectorStoreId: string) => ({ vectorStoreId, fileId: 'file-1' })

async function* failing(reason: string): AsyncGenerator<Chunk[]> {
  yield* chunks('half')
  throw new Error(reason)
}

describe('Postgres', { skip: withoutServer }, () => {
  describeSearchIndex('Postgres', async () => {
    const database = await createTestDatabase()
    const postgres = openPostgres({ url: database.url, log })
    await postgres.migrate()
    return {
      open: (embedder) => createPostgresIndex({ db: postgres.db, embedder, log }),
      async close() {
        await postgres.close()
        await database.drop()
      },
    }
  })

  it('frees what was replaced, removed, cut off, or left behind by a process that died', async () => {
    const database = await createTestDatabase()
    const postgres = openPostgres({ url: database.url, log })
    await postgres.migrate()
    const newIndex = () => createPostgresIndex({ db: postgres.db, embedder: null, log })
    const counts = async () => {
      const [row] = await database.query(`select
        (select count(*)::int from search_chunks) as chunks,
        (select count(*)::int from search_files) as files,
        (select count(*)::int from search_stores) as stores,
        (select texts::int from search_collection) as texts`)
      return row
    }
    const index = newIndex()
    for (const text of ['one', 'another'])
      await index.write(fileOf('vs_1'), chunks(text), { signal })
    await index.write(fileOf('vs_2'), chunks('removed'), { signal })
    const cutOff = index.write(fileOf('vs_3'), failing('cut off'), { signal })
    await assert.rejects(cutOff, /cut off/)
    await index.remove({ vectorStoreId: 'vs_2', fileId: null })
    await index.close()
    await database.query(`with dead as (
        insert into search_files (store, name, state, touched_at)
        select id, 'file-2', 0, now() - interval '2 hours' from search_stores returning id
      ) insert into search_chunks (file, position, text, words, terms)
        select id, 0, 'left', 'left', 'left' from dead`)
    const next = newIndex()
    await next.ping()
    // Nobody waits for it but this test.
    while ((await counts())?.['stores'] !== 1) await setImmediate()
    await next.close()
    assert.deepEqual(await counts(), { chunks: 1, files: 1, stores: 1, texts: 1 })
    await postgres.close()
    await database.drop()
  })
})
