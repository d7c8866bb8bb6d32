import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'

import type OpenAI from 'openai'

import {
  importFiles,
  type ImportSummary,
  type Skipped,
} from '../../../src/assistants/import/import.ts'
import { createPostgresStore } from '../../../src/assistants/store/postgres.ts'
import { createSqlStore } from '../../../src/assistants/store/sql-store.ts'
import type { Store } from '../../../src/assistants/store/store.ts'
import type { Logger } from '../../../src/log.ts'
import { createTestDatabase, withoutServer } from '../../helpers/postgres.ts'
import { createTestClient, createTestRuntime, type TestRuntime } from '../runtime.ts'
import { createTestPGlite, pgliteDialect } from '../store/pglite.ts'
import {
  assistantId,
  exportedAssistant,
  exportedMessage,
  exportedPage,
  exportedRun,
  exportedStep,
  exportedThread,
  spring,
  threadId,
} from './exports.ts'

let folder: string
before(async () => (folder = await mkdtemp(join(tmpdir(), 'guagua-import-'))))
after(() => rm(folder, { recursive: true, force: true }))

let written = 0

/** Writes a file; its path. */
async function file(content: string | Buffer, extension = 'json'): Promise<string> {
  const path = join(folder, `${(written += 1)}.${extension}`)
  await writeFile(path, content)
  return path
}

const json = (value: unknown) => file(JSON.stringify(value, null, 2))
const lines = (...values: unknown[]) =>
  file(values.map((value) => `${JSON.stringify(value)}\n`).join(''), 'jsonl')

interface Imported extends Omit<ImportSummary, 'skipped'> {
  skipped: Skipped[]
}

async function importInto(
  store: Store,
  files: string[],
  { project = 'default', dryRun = false, restore = false } = {},
): Promise<Imported> {
  const skipped: Skipped[] = []
  const summary = await importFiles(files, {
    history: store.history({ project, dryRun, restore }),
    onSkipped: (each) => void skipped.push(each),
    onProgress: () => {},
  })
  assert.equal(summary.skipped, skipped.length)
  return { ...summary, skipped }
}

type Threads = OpenAI['beta']['threads']

async function textsOf(threads: Threads, order: 'asc' | 'desc', id = threadId): Promise<string[]> {
  const texts: string[] = []
  // Two at a time, so that the order holds over pages.
  for await (const { content } of threads.messages.list(id, { order, limit: 2 })) {
    const [block] = content
    texts.push(block?.type === 'text' ? block.text.value : '')
  }
  return texts
}

const counted = ({ imported }: Pick<ImportSummary, 'imported'>) => Object.values(imported)

function describeImport(
  name: string,
  createStore: (log: Logger) => Promise<Store>,
  skip?: string | false,
) {
  describe(`import on ${name}`, { skip: skip ?? false }, () => {
    let runtime: TestRuntime
    let beta: OpenAI['beta']
    before(async () => {
      runtime = await createTestRuntime({ createStore })
      ;({ beta } = runtime.client)
    })
    after(() => runtime?.close())

    const importAll = (...files: string[]) => importInto(runtime.store, files)

    it('takes over everything with ids, times and order, and the thread goes on', async () => {
      const path = await json({
        thread: exportedThread(),
        messages: [
          exportedMessage(4, {
            content: [{ type: 'text', text: { value: 'and 3 + 3?', annotations: [] } }],
          }),
          exportedMessage(2, { role: 'assistant', run_id: 'run_2', assistant_id: assistantId }),
          exportedMessage(1),
        ],
        runs: {
          ...exportedPage([exportedRun(2)]),
          data: [{ ...exportedRun(2), steps: [exportedStep(2)] }],
        },
        assistants: [exportedAssistant()],
      })
      const summary = await importAll(path)
      assert.deepEqual(summary.skipped, [])
      assert.deepEqual(counted(summary), [1, 1, 3, 1, 1])
      assert.deepEqual(summary.missing, { files: 1, vectorStores: 1 })

      const { threads } = beta
      assert.deepEqual(await textsOf(threads, 'asc'), ['message 1', 'message 2', 'and 3 + 3?'])
      assert.deepEqual(await textsOf(threads, 'desc'), ['and 3 + 3?', 'message 2', 'message 1'])
      const { metadata, created_at } = await threads.retrieve(threadId)
      assert.deepEqual([metadata, created_at], [{ student: '42' }, spring])
      const message = await threads.messages.retrieve('msg_1', { thread_id: threadId })
      assert.deepEqual(message, {
        ...exportedMessage(1),
        status: 'completed',
        completed_at: spring + 1,
        incomplete_at: null,
        incomplete_details: null,
      })
      const inThread = { thread_id: threadId }
      const { usage, tools: _tools, ...imported } = await threads.runs.retrieve('run_2', inThread)
      const { usage: usageThen, tools: _none, ...there } = exportedRun(2)
      assert.deepEqual(imported, there)
      assert.deepEqual(usage, usageThen)
      const steps = await threads.runs.steps.list('run_2', inThread)
      assert.deepEqual(
        steps.data.map(({ id, step_details: details }) => [id, details]),
        [['step_2', exportedStep(2).step_details]],
      )
      const assistant = await beta.assistants.retrieve(assistantId)
      assert.deepEqual(assistant, exportedAssistant())

      runtime.model.respond(() => ({ text: '6' }))
      const run = await threads.runs.createAndPoll(threadId, { assistant_id: assistantId })
      assert.equal(run.status, 'completed')
      const asked = runtime.model.requests.at(-1)?.body.messages ?? []
      assert.deepEqual(
        asked.map(({ role }) => role),
        ['system', 'user', 'assistant', 'user'],
      )
      assert.equal((await textsOf(threads, 'desc'))[0], '6')
    })

    it('can be run again, and doubles nothing', async () => {
      const id = 'thread_again'
      const inIt = { thread_id: id }
      const path = await lines(
        exportedThread({ id }),
        exportedMessage(11, inIt),
        exportedMessage(12, inIt),
        exportedRun(11, inIt),
        exportedStep(11, { ...inIt, run_id: 'run_11' }),
      )
      assert.deepEqual(counted(await importAll(path)), [0, 1, 2, 1, 1])
      const again = await importAll(path, path)
      assert.deepEqual(counted(again), [0, 0, 0, 0, 0])
      assert.deepEqual(again.skipped, [])
      // Once as they are in the second file, once as they are here.
      assert.deepEqual(Object.values(again.known), [0, 2, 4, 2, 2])
      assert.deepEqual(await textsOf(beta.threads, 'asc', id), ['message 11', 'message 12'])
      assert.equal((await beta.threads.runs.list(id)).data.length, 1)
    })

    it('puts older pages of messages and runs before what is here, whoever wrote that', async () => {
      const id = 'thread_pages'
      const inIt = { thread_id: id }
      const newer = await json(
        exportedPage([
          exportedMessage(25, inIt),
          exportedMessage(24, { ...inIt, created_at: spring + 23 }),
        ]),
      )
      const first = await importAll(newer)
      assert.equal(first.madeUp, 1)
      await beta.threads.messages.create(id, { role: 'user', content: 'written here' })
      const run = await beta.threads.runs.createAndPoll(id, { assistant_id: assistantId })

      const older = await lines(
        exportedMessage(23, inIt),
        exportedMessage(22, { ...inIt, created_at: spring + 21 }),
        exportedMessage(21, inIt),
        exportedRun(21, inIt),
        exportedRun(20, inIt),
        exportedThread({ id, created_at: spring + 1 }),
      )
      const second = await importAll(older)
      assert.deepEqual(second.skipped, [])
      assert.deepEqual(counted(second), [0, 1, 3, 2, 0])
      assert.deepEqual(await textsOf(beta.threads, 'asc', id), [
        'message 21',
        'message 22',
        'message 23',
        'message 24',
        'message 25',
        'written here',
        '6',
      ])
      const runs = await beta.threads.runs.list(id, { order: 'asc' })
      assert.deepEqual(
        runs.data.map((each) => each.id),
        ['run_20', 'run_21', run.id],
      )
      const steps = await beta.threads.runs.steps.list(run.id, { thread_id: id })
      assert.deepEqual(
        steps.data.map(({ type }) => type),
        ['message_creation'],
      )
      // The object of the thread has come after its messages.
      assert.deepEqual((await beta.threads.retrieve(id)).metadata, { student: '42' })
    })

    it('finds out in which order a list was written', async () => {
      const id = 'thread_order'
      const inIt = { thread_id: id, created_at: spring }
      const descending = [
        exportedMessage(35, { ...inIt, created_at: spring + 9 }),
        exportedMessage(34, inIt),
        exportedMessage(33, inIt),
      ]
      await importAll(await lines(...descending))
      assert.deepEqual(await textsOf(beta.threads, 'asc', id), [
        'message 33',
        'message 34',
        'message 35',
      ])
      const ascending = [36, 37, 38].map((number) =>
        exportedMessage(number, {
          thread_id: 'thread_up',
          created_at: spring + (number > 37 ? 1 : 0),
        }),
      )
      await importAll(await json({ threads: [{ id: 'thread_up', messages: ascending }] }))
      assert.deepEqual(await textsOf(beta.threads, 'asc', 'thread_up'), [
        'message 36',
        'message 37',
        'message 38',
      ])
    })

    it('ends what was going on when it was exported', async () => {
      const inIt = { thread_id: 'thread_open' }
      await importAll(
        await lines(
          exportedMessage(41, {
            ...inIt,
            status: 'in_progress',
            role: 'assistant',
            run_id: 'run_41',
          }),
          exportedRun(41, {
            ...inIt,
            status: 'requires_action',
            completed_at: null,
            expires_at: spring + 641,
            required_action: {
              type: 'submit_tool_outputs',
              submit_tool_outputs: { tool_calls: [] },
            },
          }),
          exportedStep(41, {
            ...inIt,
            run_id: 'run_41',
            status: 'in_progress',
            completed_at: null,
          }),
        ),
      )
      const run = await beta.threads.runs.retrieve('run_41', inIt)
      assert.deepEqual([run.status, run.required_action, run.expires_at], ['expired', null, null])
      const [step] = (await beta.threads.runs.steps.list('run_41', inIt)).data
      assert.equal(step?.status, 'expired')
      const message = await beta.threads.messages.retrieve('msg_41', inIt)
      assert.deepEqual(
        [message.status, message.incomplete_details],
        ['incomplete', { reason: 'run_expired' }],
      )
      // And so the thread is free.
      await beta.threads.messages.create('thread_open', { role: 'user', content: 'hello' })
    })

    it('leaves alone what is somebody else’s, busy or not the same', async () => {
      const own = (id: string) =>
        lines(
          exportedThread({ id }),
          exportedMessage(Number(/\d+/.exec(id)?.[0]), { thread_id: id }),
        )
      const foreign = await own('thread_51')
      await importInto(runtime.store, [foreign], { project: 'physics' })
      const changed = await own('thread_53')
      await importAll(changed)
      const busy = await own('thread_54')
      await importAll(busy)
      runtime.model.respond(() => new Promise(() => {}))
      const { id: runId } = await beta.threads.runs.create('thread_54', {
        assistant_id: assistantId,
      })
      const reasons = async (...files: string[]) =>
        (await importAll(...files)).skipped.map(({ reason, id }) => `${id} ${reason}`)

      assert.deepEqual(await reasons(foreign), ['thread_51 other_project', 'msg_51 other_project'])
      assert.equal(await runtime.store.project('default').getThread('thread_51'), undefined)
      assert.deepEqual(await reasons(busy), ['thread_54 busy', 'msg_54 busy'])
      await beta.threads.runs.cancel(runId, { thread_id: 'thread_54' })
      const other = await lines(
        exportedMessage(53, { thread_id: 'thread_53', role: 'assistant' }),
        exportedMessage(53, { thread_id: 'thread_53' }),
        exportedMessage(54, { thread_id: 'thread_53' }),
        exportedStep(55, { thread_id: 'thread_53', run_id: 'run_none' }),
      )
      assert.deepEqual(await reasons(other), [
        'msg_53 contradicts',
        'msg_53 different',
        'msg_54 other_thread',
        'step_55 no_run',
      ])
    })

    it('writes nothing in a dry run, and says the same', async () => {
      const id = 'thread_dry'
      const path = await lines(exportedThread({ id }), exportedMessage(61, { thread_id: id }))
      const dry = await importInto(runtime.store, [path], { dryRun: true })
      assert.equal(await runtime.store.getThread(id), undefined)
      assert.deepEqual(dry, await importAll(path))
    })

    it('does not bring back what was deleted here, unless asked to', async () => {
      const id = 'thread_gone'
      const path = await lines(
        exportedAssistant({ id: 'asst_gone' }),
        exportedThread({ id }),
        exportedMessage(62, { thread_id: id }),
        exportedMessage(63, { thread_id: id }),
        exportedRun(62, { thread_id: id }),
        exportedStep(62, { thread_id: id, run_id: 'run_62' }),
      )
      const skippedOf = async (options: { dryRun?: boolean; restore?: boolean } = {}) =>
        (await importInto(runtime.store, [path], options)).skipped.map(
          (each) => `${each.id} ${each.reason}`,
        )
      assert.deepEqual(await skippedOf(), [])
      await beta.threads.messages.delete('msg_63', { thread_id: id })
      await beta.assistants.delete('asst_gone')
      assert.deepEqual(await skippedOf(), ['asst_gone deleted', 'msg_63 deleted'])

      await beta.threads.delete(id)
      const all = ['asst_gone', id, 'msg_62', 'msg_63', 'run_62', 'step_62']
      const allDeleted = all.map((each) => `${each} deleted`)
      assert.deepEqual(await skippedOf(), allDeleted)
      // While the rows are still being removed, it cannot come back.
      while ((await skippedOf({ dryRun: true, restore: true })).length > 0) await setImmediate()
      assert.deepEqual(await skippedOf(), allDeleted)
      assert.deepEqual(await skippedOf({ restore: true }), [])
      assert.deepEqual(await textsOf(beta.threads, 'asc', id), ['message 62', 'message 63'])
      assert.equal((await beta.assistants.retrieve('asst_gone')).id, 'asst_gone')
      assert.deepEqual(await skippedOf(), [])

      // In another project it has never been.
      await beta.threads.delete(id)
      while ((await skippedOf({ dryRun: true, restore: true })).length > 0) await setImmediate()
      const elsewhere = await importInto(runtime.store, [path], { project: 'physics' })
      assert.deepEqual(
        elsewhere.skipped.map((each) => each.id),
        ['asst_gone'],
      )
    })

    it('can be run twice at the same time', async () => {
      const threads = Array.from({ length: 200 }, (_, index) => `thread_twice_${index}`)
      const messages = threads.map((id, index) => exportedMessage(1000 + index, { thread_id: id }))
      const more = messages.map((each, index) => ({
        ...each,
        id: `msg_more_${index}`,
        // So that it comes to the same threads from the other end.
        created_at: spring + 10_000 - index,
      }))
      const paths = [await lines(...messages), await lines(...messages), await lines(...more)]
      const summaries = await Promise.all(paths.map((path) => importAll(path)))
      assert.deepEqual(
        summaries.flatMap(({ skipped }) => skipped),
        [],
      )
      const sum = (of: 'imported' | 'known', kind: 'thread' | 'message') =>
        summaries.reduce((total, each) => total + each[of][kind], 0)
      assert.deepEqual([sum('imported', 'thread'), sum('known', 'thread')], [200, 400])
      assert.deepEqual([sum('imported', 'message'), sum('known', 'message')], [400, 200])
    })

    it('gives a project what is its own', async () => {
      const id = 'thread_maths'
      const path = await lines(
        exportedThread({ id }),
        exportedMessage(71, { thread_id: id }),
        exportedAssistant({ id: 'asst_maths' }),
      )
      await importInto(runtime.store, [path], { project: 'maths' })
      const apiKeys = [
        { project: 'maths', key: 'any' },
        { project: 'default', key: 'other' },
      ]
      const ofMaths = createTestClient(runtime.createApp({ apiKeys }))
      assert.equal((await ofMaths.beta.threads.retrieve(id)).id, id)
      assert.equal((await ofMaths.beta.assistants.retrieve('asst_maths')).id, 'asst_maths')
      const ofDefault = ofMaths.withOptions({ apiKey: 'other' })
      await assert.rejects(ofDefault.beta.threads.retrieve(id), /No thread found/)
    })
  })
}

describeImport('SQLite', async (log) => {
  const { createSqliteStore } = await import('../../../src/assistants/store/sqlite.ts')
  return createSqliteStore({ path: ':memory:', log })
})

describeImport('PGlite', async (log) => {
  const pglite = await createTestPGlite()
  const store = createSqlStore({ db: pglite.connect(), dialect: pgliteDialect, log })
  const close = async () => {
    await store.close()
    await pglite.close()
  }
  return { ...store, close }
})

describeImport(
  'Postgres',
  async (log) => {
    const database = await createTestDatabase()
    const store = await createPostgresStore({ url: database.url, log })
    const close = async () => {
      await store.close()
      await database.drop()
    }
    return { ...store, close }
  },
  withoutServer,
)

describe('import', () => {
  let runtime: TestRuntime
  before(async () => (runtime = await createTestRuntime()))
  after(() => runtime.close())

  /** Imports a file of its own thread; how many messages came, and what did not. */
  async function importText(content: string | Buffer, extension?: string) {
    const { imported, skipped } = await importInto(
      runtime.store,
      [await file(content, extension)],
      { dryRun: true },
    )
    return {
      messages: imported.message,
      skipped: skipped.map(({ reason, place, detail }) => ({
        reason,
        place: place.slice(place.lastIndexOf(':') + 1),
        detail,
      })),
    }
  }

  const three = [1, 2, 3].map((number) => exportedMessage(number))
  const all = { messages: 3, skipped: [] }
  const packings: [string, () => string | Buffer][] = [
    ['an array', () => JSON.stringify(three)],
    ['a page', () => JSON.stringify(exportedPage(three))],
    [
      'pages in lines',
      () => three.map((each) => JSON.stringify(exportedPage([each]))).join('\r\n'),
    ],
    [
      'objects one after another',
      () => three.map((each) => JSON.stringify(each, null, 2)).join('\n'),
    ],
    [
      'an object by id',
      () => JSON.stringify(Object.fromEntries(three.map((each) => [each.id, each]))),
    ],
    ['lists within lists', () => JSON.stringify([[three]], null, 1)],
    ['gzip', () => gzipSync(JSON.stringify(three))],
    [
      'what PowerShell writes',
      () => Buffer.from(`\ufeff${JSON.stringify(three, null, 1)}`, 'utf16le'),
    ],
    ['a byte order mark', () => `\ufeff${JSON.stringify(three)}`],
    [
      'objects without their kind',
      () => JSON.stringify(three.map(({ object: _object, ...rest }) => rest)),
    ],
    [
      'messages that do not say their thread',
      () =>
        JSON.stringify({
          threads: [
            { id: threadId, messages: three.map(({ thread_id: _thread, ...rest }) => rest) },
          ],
        }),
    ],
  ]
  const unsaid = three.map(({ thread_id: _thread, ...rest }) => rest)
  packings.push(
    ['threads by id', () => JSON.stringify({ [threadId]: { messages: unsaid } })],
    ['lists by the id of the thread', () => JSON.stringify({ threads: { [threadId]: unsaid } })],
    ['the id of a thread beside', () => JSON.stringify({ thread: threadId, messages: unsaid })],
    [
      'a page of the Node SDK as it is',
      () => JSON.stringify({ options: { path: '/threads' }, ...exportedPage(three) }),
    ],
    ['pages without anything between', () => three.map((each) => JSON.stringify(each)).join('')],
    [
      'lines with empty ones between',
      () => `\n${three.map((each) => JSON.stringify(each)).join('\r\n \r\n')}\n\n`,
    ],
  )
  for (const [what, content] of packings) {
    it(`reads ${what}`, async () => assert.deepEqual(await importText(content()), all))
  }

  it('goes on after a broken line, and keeps what is before the end of a broken file', async () => {
    const [one, two, last] = three.map((each) => JSON.stringify(each))
    assert.deepEqual(await importText(`${one}\n${two?.slice(0, 50)}\n{"id": nothing}\n${last}\n`), {
      messages: 2,
      skipped: [
        { reason: 'broken', place: '2', detail: 'the value is cut off' },
        { reason: 'broken', place: '3', detail: 'Unexpected "o"' },
      ],
    })
    const whole = JSON.stringify(exportedPage(three))
    const cut = whole.slice(0, whole.indexOf('msg_3'))
    assert.deepEqual(await importText(cut), {
      messages: 2,
      skipped: [{ reason: 'broken', place: '1 data[1]', detail: 'the value is cut off' }],
    })
    const damaged = gzipSync(whole)
    const { skipped } = await importText(damaged.subarray(0, damaged.length - 20))
    assert.deepEqual(
      skipped.map(({ reason }) => reason),
      ['broken'],
    )
  })

  it('says what is wrong with each object, and where', async () => {
    const content = JSON.stringify({
      messages: [
        three[0],
        exportedMessage(2, { role: 'system' }),
        exportedMessage(3, { created_at: 'yesterday' }),
        exportedMessage(4, { thread_id: undefined }),
        { object: 'file', id: 'file-1' },
        { nothing: 'known' },
      ],
      runs: [exportedRun(1, { model: 5 })],
      threads: [{ id: 'thread_nothing_else' }],
    })
    assert.deepEqual(await importText(content), {
      messages: 1,
      skipped: [
        {
          reason: 'shape',
          place: '1 messages[1]',
          detail: "Invalid value: 'system'. Supported values are: 'user' and 'assistant'.",
        },
        {
          reason: 'shape',
          place: '1 messages[2]',
          detail: "Invalid type for 'created_at': expected an integer, but got a string instead.",
        },
        {
          reason: 'shape',
          place: '1 messages[3]',
          detail: "Missing required parameter: 'thread_id'.",
        },
        { reason: 'left', place: '1 messages[4]', detail: 'file' },
        { reason: 'unknown', place: '1 messages[5]', detail: null },
        {
          reason: 'shape',
          place: '1 runs[0]',
          detail: "Invalid type for 'model': expected a string, but got an integer instead.",
        },
        { reason: 'empty', place: '1 threads[0]', detail: null },
      ],
    })
  })

  it('understands times as other programs write them', async () => {
    const id = 'thread_times'
    const inIt = { thread_id: id }
    const times = [
      spring * 1000,
      `${spring}`,
      spring + 0.75,
      new Date(spring * 1000).toISOString(),
      '2025-03-01 00:00:00',
    ]
    const messages = times.map((created_at, index) =>
      exportedMessage(80 + index, { ...inIt, created_at }),
    )
    await importInto(runtime.store, [await lines(...messages)])
    const { data } = await runtime.client.beta.threads.messages.list(id)
    assert.deepEqual(
      data.map(({ created_at }) => created_at),
      times.map(() => spring),
    )
  })

  it('is not led astray by names and ids that mean something elsewhere', async () => {
    const strange = ['msg_../../x', 'msg_a\0b', 'msg_\ud800', 'msg_a b', `msg_${'x'.repeat(300)}`]
    const path = await lines(
      { id: 'constructor_1', object: 'constructor' },
      { id: '__proto___1' },
      ...strange.map((id) => exportedMessage(1, { id })),
      exportedMessage(1, { run_id: `run_${'x'.repeat(3000)}` }),
      exportedMessage(90, { thread_id: 'thread_plain' }),
    )
    const { imported, skipped } = await importInto(runtime.store, [path])
    assert.equal(imported.message, 1)
    assert.deepEqual(
      skipped.map(({ reason }) => reason),
      ['unknown', 'unknown', ...strange.map(() => 'shape'), 'shape'],
    )
  })

  it('says of threads that they were made up only when they are', async () => {
    const path = await lines(exportedMessage(91, { thread_id: 'thread_made_up' }))
    assert.equal((await importInto(runtime.store, [path])).madeUp, 1)
    assert.equal((await importInto(runtime.store, [path])).madeUp, 0)
  })

  it('takes metadata and contents for what they are', async () => {
    const metadata = { object: 'thread.message', id: 'msg_inside' }
    const path = await lines(exportedMessage(1, { thread_id: 'thread_meta', metadata }))
    await importInto(runtime.store, [path])
    const message = await runtime.client.beta.threads.messages.retrieve('msg_1', {
      thread_id: 'thread_meta',
    })
    assert.deepEqual(message.metadata, metadata)
  })

  it('understands version 1, and what the Python SDK makes of absent members', async () => {
    const path = await lines(
      {
        id: 'asst_v1',
        object: 'assistant',
        created_at: spring,
        name: null,
        description: null,
        model: 'gpt-4-1106-preview',
        instructions: null,
        tools: [{ type: 'retrieval' }, { type: 'code_interpreter' }],
        file_ids: ['file-9'],
        metadata: {},
      },
      exportedMessage(2, { thread_id: 'thread_v1', attachments: undefined, file_ids: ['file-8'] }),
      exportedAssistant({
        id: 'asst_python',
        tool_resources: { code_interpreter: null, file_search: null },
        tools: [
          { type: 'file_search', file_search: { max_num_results: null, ranking_options: null } },
          {
            type: 'function',
            function: { name: 'f', description: null, parameters: null, strict: null },
          },
        ],
        response_format: {
          type: 'json_schema',
          json_schema: { name: 's', description: null, schema_: { type: 'object' }, strict: true },
        },
      }),
    )
    const { skipped, missing } = await importInto(runtime.store, [path])
    assert.deepEqual(skipped, [])
    assert.deepEqual(missing, { files: 2, vectorStores: 0 })
    const { assistants, threads } = runtime.client.beta
    const v1 = await assistants.retrieve('asst_v1')
    assert.deepEqual(
      [v1.tools.map(({ type }) => type), v1.tool_resources],
      [['file_search', 'code_interpreter'], { code_interpreter: { file_ids: ['file-9'] } }],
    )
    const message = await threads.messages.retrieve('msg_2', { thread_id: 'thread_v1' })
    assert.deepEqual(message.attachments, [{ file_id: 'file-8', tools: [{ type: 'file_search' }] }])
    const python = await assistants.retrieve('asst_python')
    assert.deepEqual(python.response_format, {
      type: 'json_schema',
      json_schema: { name: 's', schema: { type: 'object' }, strict: true },
    })
    assert.deepEqual(python.tools[1], {
      type: 'function',
      function: { name: 'f', parameters: { type: 'object', properties: {} }, strict: false },
    })
  })
})
