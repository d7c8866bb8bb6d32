/**
 * `npm run bench:retrieval`: how often the passage that answers a question is among the first five.
 * The passages are notes on school subjects in English and Chinese, written for this bench, and the
 * questions are asked as students ask, in other words where there are any. All passages are in one
 * vector store. Embeddings come from a stub that knows a few synonyms: they show that fusing works,
 * not what a real model would find.
 *
 *   npm run bench:retrieval                    less than a minute
 *   npm run bench:retrieval -- --misses        also which questions are not answered
 *
 * With TEST_DATABASE_URL, a Postgres server on which databases may be made, Postgres is measured too.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { z } from 'zod'

import { createEmbedder, type Embedder } from '../../src/assistants/search/embedder.ts'
import { createPostgresIndex } from '../../src/assistants/search/postgres/postgres-index.ts'
import type { SearchIndex } from '../../src/assistants/search/search-index.ts'
import { createSqliteIndex } from '../../src/assistants/search/sqlite/sqlite-index.ts'
import { openPostgres } from '../../src/assistants/store/postgres.ts'
import { createLogger } from '../../src/log.ts'
import { createForward } from '../../src/models/forward.ts'
import { createEmbeddingServer } from '../helpers/embedding-server.ts'
import { createTestDatabase } from '../helpers/postgres.ts'
import { say } from './output.ts'
import { align } from './table.ts'

const { values: flags } = parseArgs({ options: { misses: { type: 'boolean', default: false } } })

const noteSchema = z.object({
  heading: z.string(),
  text: z.string(),
  questions: z.array(z.string()),
})
type Note = z.infer<typeof noteSchema>

const languages = ['english', 'chinese'] as const
const notes = new Map<string, Note[]>()
for (const language of languages) {
  const lines = await readFile(new URL(`retrieval/${language}.jsonl`, import.meta.url), 'utf8')
  const parsed = lines.trim().split('\n')
  notes.set(
    language,
    parsed.map((line) => noteSchema.parse(JSON.parse(line))),
  )
}

/** More than this is read by no model, unless it asks for more. */
const shown = 5
const vectorStoreId = 'vs_bench'
const { signal } = new AbortController()
const log = createLogger({ level: 'warn', pretty: false })
const embeddings = await createEmbeddingServer()
const forward = createForward({ baseURL: embeddings.baseURL, log })
const embedder = createEmbedder({ models: { forward }, model: 'stub', now: Date.now, log })
const rows: string[][] = []

await measureOnSqlite()
if (process.env.TEST_DATABASE_URL) await measureOnPostgres()
else say('no TEST_DATABASE_URL: Postgres is not measured')
await embeddings.close()
const head = ['index', 'language', 'questions', 'recall@1', `recall@${shown}`]
console.log(`\n${align([head, ...rows], 2).join('\n')}\n`)

async function measureOnSqlite(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'guagua-bench-'))
  await measureBoth('SQLite', (given) =>
    createSqliteIndex({ path: join(folder, 'search.sqlite'), embedder: given, log }),
  )
  await rm(folder, { recursive: true })
}

async function measureOnPostgres(): Promise<void> {
  const database = await createTestDatabase()
  const postgres = openPostgres({ url: database.url, log })
  try {
    await postgres.migrate()
    await measureBoth('Postgres', (given) =>
      createPostgresIndex({ db: postgres.db, embedder: given, log }),
    )
  } finally {
    await postgres.close()
    await database.drop()
  }
}

async function measureBoth(
  name: string,
  open: (embedder: Embedder | null) => SearchIndex,
): Promise<void> {
  for (const [way, given] of [
    ['words', null],
    ['words and stub embeddings', embedder],
  ] as const) {
    const index = open(given)
    try {
      await writeNotes(index)
      for (const language of languages) {
        const places = await askAll(index, { language, way: `${name}, ${way}` })
        const share = (upTo: number) =>
          (places.filter((place) => place < upTo).length / places.length).toFixed(3)
        rows.push([`${name}, ${way}`, language, String(places.length), share(1), share(shown)])
      }
    } finally {
      await index.close()
    }
  }
}

async function writeNotes(index: SearchIndex): Promise<void> {
  for (const [language, all] of notes) {
    const chunks = all.map(({ text, heading }) => ({ text, page: null, heading }))
    const batches = (async function* () {
      yield chunks
    })()
    await index.write({ vectorStoreId, fileId: language }, batches, { signal })
  }
}

/** The place of each question's passage among those found, from 0; Infinity where it is not shown. */
async function askAll(
  index: SearchIndex,
  { language, way }: { language: string; way: string },
): Promise<number[]> {
  const places: number[] = []
  for (const { text, questions } of notes.get(language) ?? []) {
    for (const question of questions) {
      const query = { vectorStoreIds: [vectorStoreId], texts: [question], limit: shown }
      const hits = await index.search(query, { signal })
      const place = hits.findIndex((hit) => hit.text === text)
      places.push(place < 0 ? Infinity : place)
      if (place < 0 && flags.misses) say(`${way}: ${question}`)
    }
  }
  return places
}
