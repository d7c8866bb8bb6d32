import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'

import OpenAI, { toFile } from 'openai'

import { parseConfig } from '../src/config.ts'
import { createLogger } from '../src/log.ts'
import { startRuntime } from '../src/runtime.ts'
import { createEmbeddingServer, type EmbeddingServer } from './helpers/embedding-server.ts'
import { createTestDatabase, withoutServer } from './helpers/postgres.ts'

const log = createLogger({ level: 'silent', pretty: false })

describeOn('SQLite', false, async () => ({ url: '', drop: async () => {} }))
describeOn('Postgres', withoutServer, createTestDatabase)

function describeOn(
  name: string,
  skip: string | false,
  createDatabase: () => Promise<{ url: string; drop(): Promise<void> }>,
): void {
  describe(`The runtime with an EMBEDDING_MODEL on ${name}`, { skip }, () => {
    let folder: string
    let database: { url: string; drop(): Promise<void> }
    let embeddings: EmbeddingServer
    let parts: AsyncDisposableStack
    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'guagua-'))
      database = await createDatabase()
      embeddings = await createEmbeddingServer()
    })
    beforeEach(() => (parts = new AsyncDisposableStack()))
    afterEach(() => parts.disposeAsync())
    after(async () => {
      await embeddings.close()
      await database.drop()
      rmSync(folder, { recursive: true, maxRetries: 5 })
    })

    async function start(model: string): Promise<OpenAI> {
      const config = parseConfig({
        DATA_DIR: folder,
        DATABASE_URL: database.url,
        OPENAI_BASE_URL: embeddings.baseURL,
        EMBEDDING_MODEL: model,
      })
      const runtime = await startRuntime(config, { log, parts })
      await runtime.ready
      return new OpenAI({
        apiKey: 'any',
        baseURL: 'http://runtime/v1',
        maxRetries: 0,
        fetch: async (input, init) => runtime.inside.fetch(new Request(input, init)),
      })
    }

    async function firstFound(client: OpenAI, vectorStoreId: string): Promise<string | undefined> {
      const { data } = await client.vectorStores.search(vectorStoreId, { query: 'doctor start' })
      return data[0]?.content[0]?.text
    }

    it('finds files by meaning, also after the model was changed', async () => {
      const client = await start('stub-1')
      const store = await client.vectorStores.create({})
      const file = await toFile(Buffer.from('The physician commenced at noon.'), 'notes.txt')
      const { status } = await client.vectorStores.files.uploadAndPoll(store.id, file, {
        pollIntervalMs: 10,
      })
      assert.equal(status, 'completed')
      assert.match((await firstFound(client, store.id)) ?? '', /physician/)
      await parts.disposeAsync()

      parts = new AsyncDisposableStack()
      const again = await start('stub-2')
      await again.vectorStores.files.poll(store.id, (await onlyFile(again, store.id)).id, {
        pollIntervalMs: 10,
      })
      assert.match((await firstFound(again, store.id)) ?? '', /physician/)
      assert.deepEqual(
        [...new Set(embeddings.requests.map(({ model }) => model))],
        ['stub-1', 'stub-2'],
      )
    })
  })
}

async function onlyFile(client: OpenAI, vectorStoreId: string) {
  const { data } = await client.vectorStores.files.list(vectorStoreId)
  const [file] = data
  assert.ok(file)
  return file
}
