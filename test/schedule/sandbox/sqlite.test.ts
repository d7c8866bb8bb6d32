import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { openDatabase } from '../../../src/schedule/sandbox/database.ts'
import { limits } from '../../../src/schedule/sandbox/limits.ts'
import { loadSqlite, SqliteError } from '../../../src/schedule/sandbox/sqlite.ts'
import { capWasmMemory } from '../../../src/wasm-memory.ts'

const mib = 1024 * 1024
const empty = { schema: 'CREATE TABLE T (x);', tables: [] }
const endless = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)'

describe('SQLite in a bounded memory', () => {
  it('does not start when the bound is below what the module needs', async () => {
    await assert.rejects(loadSqlite({ maxBytes: mib }), /needs more memory than allowed/)
  })

  it('is loaded once per thread and stays within two bounds', async (t) => {
    const sqlite = await loadSqlite({ maxBytes: limits.wasmMemoryBytes })
    await assert.rejects(loadSqlite({ maxBytes: limits.wasmMemoryBytes }), /loaded .* before/)

    await t.test('the memory does not grow beyond its wall, whatever SQLite asks for', () => {
      const connection = sqlite.open()
      const bomb = connection.prepare('SELECT hex(zeroblob(25000000))')
      assert.throws(() => bomb.step(), new SqliteError('out of memory', true))
      bomb.finalize()
      assert.ok(sqlite.memoryBytes() <= limits.wasmMemoryBytes)
      connection.close()
    })

    const database = openDatabase(sqlite, empty)
    t.after(() => database.close())

    await t.test('a database stops below the wall', () => {
      assert.throws(() => database.query('SELECT hex(zeroblob(17000000))'), { reason: 'memory' })
      assert.equal(database.query('SELECT hex(zeroblob(1000))').rows.length, 1)
    })

    await t.test('sorting stays inside, not in arrays of JavaScript', () => {
      const sort = `${endless} SELECT x FROM (SELECT x, hex(randomblob(50000)) y FROM c) ORDER BY y`
      const before = process.memoryUsage().arrayBuffers
      assert.throws(() => database.query(sort), { name: 'QueryError', reason: 'memory' })
      assert.ok(process.memoryUsage().arrayBuffers - before < mib)
      assert.deepEqual(database.query('SELECT count(*) FROM T').rows, [[0]])
    })
  })
})

describe('capWasmMemory', () => {
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]

  it('lowers the maximum without moving a byte', () => {
    const module = new Uint8Array([...header, 5, 6, 1, 1, 2, 0x80, 0x80, 0x02, 10, 1, 0])
    capWasmMemory(module, 1024 * 65_536)
    assert.deepEqual([...module], [...header, 5, 6, 1, 1, 2, 0x80, 0x88, 0x00, 10, 1, 0])
  })

  it('never raises it', () => {
    const module = new Uint8Array([...header, 5, 4, 1, 1, 2, 3])
    capWasmMemory(module, 1024 * 65_536)
    assert.deepEqual([...module], [...header, 5, 4, 1, 1, 2, 3])
  })

  for (const [problem, bytes] of [
    ['no memory', [10, 1, 0]],
    ['a memory without maximum', [5, 3, 1, 0, 2]],
    ['two memories', [5, 7, 2, 1, 2, 3, 1, 2, 3]],
    ['an endless number', [5, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80]],
  ] as const) {
    it(`refuses a module with ${problem}`, () => {
      assert.throws(() => capWasmMemory(new Uint8Array([...header, ...bytes]), 65_536), Error)
    })
  }
})
