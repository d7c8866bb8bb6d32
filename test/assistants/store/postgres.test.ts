import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { createPostgresStore } from '../../../src/assistants/store/postgres.ts'
import { createLogger } from '../../../src/log.ts'
import {
  createTestDatabase,
  createTestStore,
  withoutServer,
  type TestDatabase,
  type TestStore,
} from '../../helpers/postgres.ts'
import { describeStore } from './contract.ts'
import { newAssistant, newMessage, newMessageStep, newRun, newThread } from './objects.ts'

const log = createLogger({ level: 'silent', pretty: false })

describe('Postgres', { skip: withoutServer }, () => {
  let made: TestStore
  before(async () => {
    made = await createTestStore(log)
  })
  after(() => made.close())

  // Opened once: connecting takes longer than most tests.
  describeStore('Postgres', async () => {
    await made.postgres.pool.query(
      'delete from threads; delete from assistants; delete from usage_records',
    )
    return { ...made.store, close: async () => {} }
  })
})

describe('several stores on one Postgres', { skip: withoutServer }, () => {
  let database: TestDatabase
  before(async () => (database = await createTestDatabase()))
  after(() => database.drop())

  const open = () => createPostgresStore({ url: database.url, log })

  /** Rows of all tables but the assistants'. */
  async function countRows(): Promise<number> {
    const [row] = await database.query(
      `select (select count(*) from threads) + (select count(*) from messages)
        + (select count(*) from runs) + (select count(*) from run_settings)
        + (select count(*) from run_steps) as rows`,
    )
    return Number(row?.['rows'])
  }

  it('admit one run of the same thread', async () => {
    const stores = await Promise.all([open(), open(), open()])
    const [first] = stores
    const assistant = newAssistant()
    await first.insertAssistant(assistant)
    const thread = newThread()
    await first.insertThread(thread, [newMessage(thread.id)])
    const outcomes = await Promise.allSettled(
      stores.map((store) =>
        store.insertRun({
          thread: thread.id,
          assistantId: assistant.id,
          messages: [],
          toRun: (found) => newRun(thread.id, found),
        }),
      ),
    )
    const refused = outcomes.filter(({ status }) => status === 'rejected')
    assert.equal(refused.length, 2)
    await Promise.all(stores.map((store) => store.close()))
  })

  it('free deleted threads together, and what one leaves behind the next one finds', async () => {
    const writer = await open()
    const assistant = newAssistant()
    await writer.insertAssistant(assistant)
    for (let count = 0; count < 3; count += 1) {
      const thread = newThread()
      const messages = Array.from({ length: 600 }, () => newMessage(thread.id))
      const run = await writer.insertRun({
        thread: { thread, messages },
        assistantId: assistant.id,
        messages: [],
        toRun: (found) => newRun(thread.id, found),
      })
      await writer.changeRun({ run, from: ['queued'], opened: [newMessageStep(run)] })
    }
    await writer.close()
    // As by a process that died right after it had answered.
    await database.query('update threads set deleted = 1')
    const stores = await Promise.all([open(), open()])
    while ((await countRows()) > 0) await new Promise(setImmediate)
    await Promise.all(stores.map((store) => store.close()))
  })
})
