import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

import BetterSqlite from 'better-sqlite3'

import type { SearchIndex } from '../../../src/assistants/search/search-index.ts'
import { createSqliteIndex } from '../../../src/assistants/search/sqlite/sqlite-index.ts'
import { createLogger } from '../../../src/log.ts'
import { chunks, describeSearchIndex } from './contract.ts'

const log = createLogger({ level: 'silent', pretty: false })
const { signal } = new AbortController()
const newFolder = () => mkdtemp(join(tmpdir(), 'guagua-index-'))

describeSearchIndex('SQLite', async () => {
  const folder = await newFolder()
  return {
    open: (embedder) => createSqliteIndex({ path: join(folder, 'search.sqlite'), embedder, log }),
    close: () => rm(folder, { recursive: true }),
  }
})

describe("the search index's file", () => {
  let folder: string
  let path: string
  let index: SearchIndex
  before(async () => {
    folder = await newFolder()
    path = join(folder, 'search.sqlite')
  })
  afterEach(() => index.close())
  after(() => rm(folder, { recursive: true }))

  const file = { vectorStoreId: 'vs_1', fileId: 'file-1' }
  function open(): SearchIndex {
    index = createSqliteIndex({ path, embedder: null, log })
    return index
  }
  const found = async (text: string) => {
    const hits = await index.search(
      { vectorStoreIds: ['vs_1'], texts: [text], limit: 5 },
      { signal },
    )
    return hits.map((hit) => hit.text)
  }
  /** Resolves when all files are to be indexed again, having done so. */
  const writtenAgain = () => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const kept = index.keepWhole(async () => {
      await index.write(file, chunks('written again'), { signal })
      resolve()
    })
    kept.catch(reject)
    return { kept, again: promise }
  }

  for (const [name, damage] of [
    [
      'is no database',
      () => writeFile(path, 'no database at all, but long enough to be looked at'),
    ],
    [
      'is of another version',
      () => {
        const database = new BetterSqlite(path)
        database.pragma('user_version = 1')
        database.close()
      },
    ],
  ] as const) {
    it(`is made anew where it ${name}`, async () => {
      await open().write(file, chunks('from before'), { signal })
      await index.close()
      await damage()
      open()
      await writtenAgain().again
      assert.deepEqual(await found('written before'), ['written again'])
    })
  }

  it('starts no thread as long as there are no files, and is filled when it has to be made', async () => {
    for (const end of ['', '-wal', '-shm']) await rm(path + end, { force: true })
    open()
    let fills = 0
    const fill = async () => void (fills += 1)
    await index.keepWhole(fill, () => Promise.resolve(false))
    assert.equal(existsSync(path), false)
    await index.write(file, chunks('the first'), { signal })
    assert.deepEqual(await found('first'), ['the first'])
    assert.equal(fills, 1)
  })

  it('is made anew when it turns out to be damaged', async () => {
    open()
    await index.keepWhole(async () => {})
    const { again } = writtenAgain()
    await index.write(file, chunks('from before'), { signal })
    const database = new BetterSqlite(path).unsafeMode()
    database.exec('delete from terms_data')
    database.close()
    await assert.rejects(found('before'), /malformed|corrupt/)
    await index.ping()
    await again
    assert.deepEqual(await found('written before'), ['written again'])
  })

  it('shows nothing of what a process wrote that was killed, and frees it', async () => {
    await open().write(file, chunks('from before'), { signal })
    await index.close()
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL('killed-writer.ts', import.meta.url)), path],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    open()
    assert.deepEqual(await found('before half'), ['from before'])
    await index.write(file, chunks('whole again'), { signal })
    await index.close()
    open()
    await index.remove({ vectorStoreId: 'vs_2', fileId: null })
    assert.deepEqual(await found('half whole'), ['whole again'])
  })
})
