import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { toFile, type OpenAI } from 'openai'

import { DocumentError } from '../../../src/assistants/indexing/document.ts'
import { newId } from '../../../src/ids.ts'
import { createPlainReader, type PlainReader } from '../../helpers/plain-reader.ts'
import { refusal } from '../routes/refusal.ts'
import { createTestClient, createTestRuntime, type TestRuntime } from '../runtime.ts'
import type { TestRuntimeOptions } from '../runtime.ts'

const day = 86_400

/** What vector stores promise, whatever database they are on. */
export function describeVectorStores(
  name: string,
  open: () => Pick<TestRuntimeOptions, 'createStore'> & { isShared?: boolean },
): void {
  describe(`vector stores on ${name}`, () => {
    let runtime: TestRuntime
    let client: OpenAI
    let reader: PlainReader
    const clock = { now: 1_790_000_000_000 }
    const seconds = () => clock.now / 1000
    before(async () => {
      reader = createPlainReader()
      const { isShared = false, ...options } = open()
      const library = { reader, isShared }
      runtime = await createTestRuntime({ ...options, now: () => clock.now, library })
      client = runtime.client
    })
    after(() => runtime.close())

    const upload = async (text: string, filename = 'notes.txt', from = client) => {
      const file = await toFile(Buffer.from(text), filename)
      return (await from.files.create({ file, purpose: 'assistants' })).id
    }
    /** More files with the same content; to upload them takes longer than everything else. */
    const copies = async (fileId: string, count: number) => {
      const files = runtime.store.files('default')
      const found = await files.getFile(fileId, seconds())
      assert.ok(found)
      const ids = Array.from({ length: count }, () => newId('file-'))
      for (const id of ids) await files.insertFile({ ...found, file: { ...found.file, id } })
      return ids
    }
    const searchTexts = async (storeId: string, query: string, settings = {}) => {
      const { data } = await client.vectorStores.search(storeId, { query, ...settings })
      return data.map(({ content }) => content[0]?.text)
    }
    const countsOf = async (storeId: string) =>
      (await client.vectorStores.retrieve(storeId)).file_counts

    describe('a store', () => {
      it('is made with files, shows what becomes of them, and finds them', async () => {
        const release = reader.hold(() => true)
        const file_ids = [await upload('Snails are slow.'), await upload('Foxes are quick.')]
        const made = await client.vectorStores.create({ name: 'animals', file_ids })
        assert.partialDeepStrictEqual(made, {
          object: 'vector_store',
          name: 'animals',
          description: null,
          status: 'in_progress',
          usage_bytes: 0,
          expires_after: null,
          expires_at: null,
          file_counts: { in_progress: 2, completed: 0, failed: 0, cancelled: 0, total: 2 },
        })
        release()
        for (const id of file_ids) await client.vectorStores.files.poll(made.id, id)
        const done = await client.vectorStores.retrieve(made.id)
        assert.equal(done.status, 'completed')
        assert.ok(done.usage_bytes > 0)
        assert.equal(done.file_counts.completed, 2)
        assert.deepEqual(await searchTexts(made.id, 'snails'), ['Snails are slow.'])
      })

      it('says which of its files failed and why, and is completed all the same', async () => {
        const { id } = await client.vectorStores.create({})
        const empty = await upload('', 'empty.txt')
        const file = await client.vectorStores.files.createAndPoll(id, { file_id: empty })
        assert.equal(file.status, 'failed')
        assert.deepEqual(file.last_error, { code: 'invalid_file', message: 'The file is empty.' })
        const { status, file_counts } = await client.vectorStores.retrieve(id)
        assert.deepEqual([status, file_counts.failed], ['completed', 1])
      })

      it('takes a file once, and one that failed once more', async () => {
        const { id } = await client.vectorStores.create({})
        const { files } = client.vectorStores
        const file_id = await upload('Anew.', 'again.txt')
        const failure = new DocumentError('unsupported_file', 'The file type is not supported.')
        reader.failure = (filename) => (filename === 'again.txt' ? failure : undefined)
        assert.equal((await files.createAndPoll(id, { file_id })).status, 'failed')
        reader.failure = () => undefined
        const done = await files.createAndPoll(id, { file_id, attributes: { again: true } })
        assert.deepEqual([done.status, done.attributes], ['completed', { again: true }])
        const same = await files.create(id, { file_id, attributes: { again: false } })
        assert.deepEqual([same, (await countsOf(id)).total], [done, 1])
      })

      it('pages and filters its files', async () => {
        const file_ids = await Promise.all(['a', 'b', 'c'].map((text) => upload(text)))
        const { id } = await client.vectorStores.create({ file_ids })
        for (const file of file_ids) await client.vectorStores.files.poll(id, file)
        const { files } = client.vectorStores
        const first = await files.list(id, { limit: 2, order: 'asc' })
        assert.deepEqual(
          [first.data.map((file) => file.id), first.has_more],
          [file_ids.slice(0, 2), true],
        )
        const rest = await files.list(id, { after: first.data[1]?.id ?? '', order: 'asc' })
        assert.deepEqual(
          rest.data.map((file) => file.id),
          file_ids.slice(2),
        )
        assert.equal((await files.list(id, { filter: 'completed' })).data.length, 3)
        assert.equal((await files.list(id, { filter: 'failed' })).data.length, 0)
        assert.partialDeepStrictEqual(await refusal(files.list(id, { after: 'file-none' })), {
          status: 400,
          param: 'after',
        })
      })

      it('shows the chunking and the content of a file', async () => {
        const { id } = await client.vectorStores.create({})
        const { files } = client.vectorStores
        const sizes = { max_chunk_size_tokens: 200, chunk_overlap_tokens: 100 }
        const chunking_strategy = { type: 'static' as const, static: sizes }
        const file_id = await upload('One.\n\nTwo.')
        const file = await files.createAndPoll(id, { file_id, chunking_strategy })
        assert.deepEqual(file.chunking_strategy, chunking_strategy)
        const { data } = await files.content(file_id, { vector_store_id: id })
        assert.deepEqual(data, [
          { type: 'text', text: 'One.' },
          { type: 'text', text: 'Two.' },
        ])
      })

      it('forgets a file that is detached, deleted, or whose store is deleted', async () => {
        const file_ids = [await upload('A heron.'), await upload('A second heron.')]
        const { id } = await client.vectorStores.create({ file_ids })
        for (const file of file_ids) await client.vectorStores.files.poll(id, file)
        const [one = '', other = ''] = file_ids
        await client.vectorStores.files.delete(one, { vector_store_id: id })
        assert.deepEqual(await searchTexts(id, 'heron'), ['A second heron.'])
        assert.equal((await client.files.retrieve(one)).id, one)
        await client.files.delete(other)
        assert.deepEqual(await searchTexts(id, 'heron'), [])
        assert.equal((await countsOf(id)).total, 0)
        assert.equal(
          (await refusal(client.vectorStores.files.retrieve(other, { vector_store_id: id })))
            .message,
          `No file found with id '${other}' in vector store '${id}'.`,
        )
        // It comes back, and is indexed again after it was forgotten.
        const back = await client.vectorStores.files.createAndPoll(id, { file_id: one })
        assert.equal(back.status, 'completed')
        assert.deepEqual(await searchTexts(id, 'heron'), ['A heron.'])
        await client.vectorStores.delete(id)
        const { status } = await refusal(client.vectorStores.search(id, { query: 'heron' }))
        assert.equal(status, 404)
        await until(async () => {
          const place = { position: 0, limit: 1 }
          const key = { vectorStoreId: id, fileId: one }
          return (await runtime.vectorStores.index.passages(key, place)).length === 0
        })
      })

      it('expires some days after it was used last, and so its files go', async () => {
        const expires_after = { anchor: 'last_active_at' as const, days: 2 }
        const file_id = await upload('A swan.')
        const { id, expires_at } = await client.vectorStores.create({ expires_after })
        assert.equal(expires_at, seconds() + 2 * day)
        await client.vectorStores.files.createAndPoll(id, { file_id })
        clock.now += day * 1000
        assert.deepEqual(await searchTexts(id, 'swan'), ['A swan.'])
        const used = await client.vectorStores.retrieve(id)
        assert.deepEqual([used.last_active_at, used.expires_at], [seconds(), seconds() + 2 * day])
        clock.now += 2 * day * 1000
        for (const sweep of [false, true]) {
          if (sweep) while ((await runtime.store.indexing.expireStores(seconds())) > 0);
          const { status, file_counts } = await client.vectorStores.retrieve(id)
          assert.deepEqual([status, file_counts.total], ['expired', 0])
          assert.deepEqual((await client.vectorStores.files.list(id)).data, [])
          const code = 'vector_store_expired'
          for (const use of [
            () => client.vectorStores.search(id, { query: 'swan' }),
            () => client.vectorStores.files.create(id, { file_id }),
            () => client.vectorStores.fileBatches.create(id, { file_ids: [file_id] }),
          ]) {
            assert.partialDeepStrictEqual(await refusal(use()), { status: 400, code })
          }
        }
        assert.equal((await client.files.retrieve(file_id)).id, file_id)
      })
    })

    describe('a search', () => {
      let id: string
      before(async () => {
        id = (await client.vectorStores.create({})).id
        const attributes = [{ week: 1, by: 'Li' }, { week: 2 }, { week: 3, done: true }]
        const files = await Promise.all(
          attributes.map(async (each, index) => ({
            file_id: await upload(`A tree ${'with leaves '.repeat(index)}`),
            attributes: each,
          })),
        )
        await client.vectorStores.fileBatches.createAndPoll(id, { files })
      })
      const weeks = async (filters: OpenAI.VectorStoreSearchParams['filters'] | object) => {
        const { data } = await client.vectorStores.search(id, {
          query: 'tree',
          filters: filters as OpenAI.ComparisonFilter,
        })
        return data
          .map(({ attributes }) => Number(attributes?.['week']))
          .toSorted((one, other) => one - other)
      }

      it('heeds filters of attributes', async () => {
        assert.deepEqual(await weeks({ type: 'eq', key: 'by', value: 'Li' }), [1])
        assert.deepEqual(await weeks({ type: 'ne', key: 'by', value: 'Li' }), [2, 3])
        const late = { type: 'gte', key: 'week', value: 2 }
        const done = { type: 'eq', key: 'done', value: true }
        assert.deepEqual(await weeks({ type: 'and', filters: [late, done] }), [3])
        const nested = { type: 'or', filters: [done, { type: 'and', filters: [late] }] }
        assert.deepEqual(await weeks(nested), [2, 3])
        assert.deepEqual(await weeks({ type: 'in', key: 'week', value: [1, 9] }), [1])
        assert.deepEqual(await weeks({ type: 'eq', key: 'week', value: 9 }), [])
      })

      it('follows attributes that change', async () => {
        const [file] = (await client.vectorStores.files.list(id)).data
        const key = { vector_store_id: id }
        await client.vectorStores.files.update(file?.id ?? '', { ...key, attributes: { week: 7 } })
        assert.deepEqual(await weeks({ type: 'eq', key: 'week', value: 7 }), [7])
      })

      it('gives at most so many results, sorted, of at least that score', async () => {
        const { data } = await client.vectorStores.search(id, { query: 'tree', max_num_results: 2 })
        assert.equal(data.length, 2)
        const [best = 0, second = 0] = data.map(({ score }) => score)
        assert.ok(best >= second && best <= 1 && second > 0)
        const ranking_options = { score_threshold: (best + 1) / 2 }
        assert.deepEqual(await searchTexts(id, 'tree', { ranking_options }), [])
      })

      it('shows what was searched', async () => {
        const query = ['tree', 'leaves']
        const page = await client.vectorStores.search(id, { query })
        assert.partialDeepStrictEqual(page, { body: { search_query: query, next_page: null } })
        const hybrid_search = { embedding_weight: 1, text_weight: 2 }
        assert.equal(
          (await searchTexts(id, 'tree', { ranking_options: { hybrid_search } })).length,
          3,
        )
      })
    })

    describe('a batch', () => {
      it('counts exactly from its first answer to its last, 2000 files', async () => {
        const { id } = await client.vectorStores.create({})
        const ids = await copies(await upload('The same words.'), 2000)
        const release = reader.hold(() => true)
        const batch = await client.vectorStores.fileBatches.create(id, { file_ids: ids })
        assert.equal(batch.status, 'in_progress')
        const none = { completed: 0, failed: 0, cancelled: 0 }
        assert.deepEqual(batch.file_counts, { ...none, in_progress: 2000, total: 2000 })
        // Somebody else's file does not wait for all of them.
        const { id: small } = await client.vectorStores.create({})
        const file_id = await upload('Mine.', 'mine.txt')
        release()
        await client.vectorStores.files.createAndPoll(small, { file_id })
        const { in_progress, completed, total } = await countsOf(id)
        assert.ok(in_progress > 1000, `${in_progress} of the large batch wait`)
        assert.deepEqual([in_progress + completed, total], [2000, 2000])
        const of = { vector_store_id: id }
        const cancelled = await client.vectorStores.fileBatches.cancel(batch.id, of)
        const { file_counts } = cancelled
        assert.equal(cancelled.status, 'cancelled')
        assert.equal(file_counts.in_progress, 0)
        assert.equal(file_counts.completed + file_counts.cancelled, 2000)
        const filter = 'cancelled'
        const { data } = await client.vectorStores.fileBatches.listFiles(batch.id, {
          ...of,
          filter,
        })
        assert.equal(data.length, 20)
        assert.deepEqual(
          (await client.vectorStores.fileBatches.retrieve(batch.id, of)).file_counts,
          file_counts,
        )
      })

      it('that is cancelled stops what is being read, and finds nothing of it', async () => {
        const { id } = await client.vectorStores.create({})
        const file_ids = [await upload('A falcon.', 'falcon.txt')]
        const release = reader.hold((filename) => filename === 'falcon.txt')
        const of = { vector_store_id: id }
        const batch = await client.vectorStores.fileBatches.create(id, { file_ids })
        await until(() => reader.begun.includes('falcon.txt'))
        await client.vectorStores.fileBatches.cancel(batch.id, of)
        release()
        const after = await client.vectorStores.files.createAndPoll(id, {
          file_id: await upload('A kite.'),
        })
        assert.equal(after.status, 'completed')
        assert.deepEqual(await searchTexts(id, 'falcon kite'), ['A kite.'])
        const [file_id = ''] = file_ids
        assert.equal((await client.vectorStores.files.retrieve(file_id, of)).status, 'cancelled')
        // Attaching it again takes it up again.
        await client.vectorStores.files.createAndPoll(id, { file_id })
        assert.deepEqual(await searchTexts(id, 'falcon'), ['A falcon.'])
      })

      it('is written whole or not at all', async () => {
        const { id } = await client.vectorStores.create({})
        const good = await upload('Good.')
        const picture = await upload('x', 'picture.png')
        const { fileBatches } = client.vectorStores
        const bad = await refusal(fileBatches.create(id, { file_ids: [good, picture] }))
        assert.partialDeepStrictEqual(bad, {
          status: 400,
          code: 'unsupported_file',
          param: 'file_ids',
        })
        assert.match(
          bad.message,
          /^Files with extensions \[\.png\] are not supported for retrieval/,
        )
        const gone = await refusal(fileBatches.create(id, { file_ids: [good, 'file-none'] }))
        assert.deepEqual([gone.status, gone.message], [404, 'No such File object: file-none'])
        assert.equal((await countsOf(id)).total, 0)
      })

      it('gives each file what is its own, or all what they share', async () => {
        const { id } = await client.vectorStores.create({})
        const { fileBatches } = client.vectorStores
        const ids = [await upload('One'), await upload('Two')]
        const attributes = { a: 1 }
        const shared = await fileBatches.createAndPoll(id, { file_ids: ids, attributes })
        const of = { vector_store_id: id }
        const { data } = await fileBatches.listFiles(shared.id, of)
        assert.deepEqual(
          data.map((file) => file.attributes),
          [attributes, attributes],
        )
        const both = fileBatches.create(id, { file_ids: ids, files: [{ file_id: ids[0] ?? '' }] })
        assert.equal((await refusal(both)).param, 'files')
        assert.equal((await refusal(fileBatches.create(id, { file_ids: [] }))).code, 'empty_array')
        const neither = fileBatches.create(id, {} as { file_ids: string[] })
        assert.equal((await refusal(neither)).code, 'missing_required_parameter')
      })
    })

    describe('attachments', () => {
      const withFile = (file_id: string, type: 'file_search' | 'code_interpreter') => ({
        role: 'user' as const,
        content: 'Look.',
        attachments: [{ file_id, tools: [{ type }] }],
      })

      it('make the thread a store of its own at the first file, which the next ones join', async () => {
        const { threads } = client.beta
        const thread = await threads.create({ messages: [{ role: 'user', content: 'Hi' }] })
        assert.deepEqual(thread.tool_resources, {})
        const first = withFile(await upload('A newt.'), 'file_search')
        const message = await threads.messages.create(thread.id, first)
        assert.deepEqual(message.attachments, first.attachments)
        const { tool_resources } = await threads.retrieve(thread.id)
        const [id = ''] = tool_resources?.file_search?.vector_store_ids ?? []
        const store = await client.vectorStores.retrieve(id)
        assert.partialDeepStrictEqual(store, {
          name: null,
          expires_after: { anchor: 'last_active_at', days: 7 },
          expires_at: seconds() + 7 * day,
        })
        await threads.messages.create(thread.id, withFile(await upload('A toad.'), 'file_search'))
        await runtime.vectorStores.queue.wait(id, {
          timeoutMs: 60_000,
          signal: AbortSignal.timeout(60_000),
        })
        assert.equal((await countsOf(id)).completed, 2)
        // A store that is gone is replaced.
        await client.vectorStores.delete(id)
        const third = withFile(await upload('An eft.'), 'file_search')
        await threads.messages.create(thread.id, third)
        const [next] =
          (await threads.retrieve(thread.id)).tool_resources?.file_search?.vector_store_ids ?? []
        assert.notEqual(next, id)
        assert.equal((await countsOf(next ?? '')).total, 1)
      })

      it('of a new thread, of messages with a run and of a thread with its run count as well', async () => {
        const { threads } = client.beta
        const storesOf = async (threadId: string) => {
          const { tool_resources } = await threads.retrieve(threadId)
          const [id] = tool_resources?.file_search?.vector_store_ids ?? []
          return id === undefined ? 0 : (await countsOf(id)).total
        }
        const file = await upload('A file.')
        const messages = [withFile(file, 'file_search')]
        const made = await threads.create({ messages })
        assert.equal(made.tool_resources?.file_search?.vector_store_ids?.length, 1)
        assert.equal(await storesOf(made.id), 1)

        const { id: assistant_id } = await client.beta.assistants.create({ model: 'scripted' })
        const thread = await threads.create()
        runtime.model.script('Yes.', 'Yes.')
        const run = await threads.runs.createAndPoll(thread.id, {
          assistant_id,
          additional_messages: messages,
        })
        assert.equal(run.status, 'completed')
        assert.equal(await storesOf(thread.id), 1)
        const whole = await threads.createAndRunPoll({ assistant_id, thread: { messages } })
        assert.equal(await storesOf(whole.thread_id), 1)
      })

      it('for code go onto the list of the thread', async () => {
        const { threads } = client.beta
        const thread = await threads.create()
        const table = await upload('a,b', 'table.csv')
        await threads.messages.create(thread.id, withFile(table, 'code_interpreter'))
        const listOf = async () =>
          (await threads.retrieve(thread.id)).tool_resources?.code_interpreter?.file_ids
        assert.deepEqual(await listOf(), [table])
        await client.files.delete(table)
        assert.deepEqual(await listOf(), [])
      })

      it('for code make room for later ones; files that the thread was given by name stay', async () => {
        const { threads } = client.beta
        const named = await upload('a,b', 'table.csv')
        const tables = await copies(named, 22)
        const tool_resources = { code_interpreter: { file_ids: [named] } }
        const thread = await threads.create({ tool_resources })
        const listOf = async () =>
          (await threads.retrieve(thread.id)).tool_resources?.code_interpreter?.file_ids
        const attach = (...ids: string[]) => {
          const attachments = ids.map((id) => ({
            file_id: id,
            tools: [{ type: 'code_interpreter' as const }],
          }))
          const message = { role: 'user' as const, content: 'Look.', attachments }
          return threads.messages.create(thread.id, message)
        }
        for (const table of tables.slice(0, 20)) await attach(table)
        assert.deepEqual(await listOf(), [named, ...tables.slice(1, 20)])
        // One that comes again is new again, and one that has a name stays one that has.
        await attach(tables[1] ?? '', named)
        await attach(...tables.slice(20))
        const kept = [...tables.slice(4, 20), tables[1], named, ...tables.slice(20)]
        assert.deepEqual(await listOf(), kept)
        const many = refusal(attach(...tables.slice(0, 20)))
        assert.partialDeepStrictEqual(await many, { status: 400, param: 'attachments' })
        assert.deepEqual(await listOf(), kept)
        const messages = tables.map((table) => withFile(table, 'code_interpreter'))
        const whole = await threads.create({ messages })
        assert.deepEqual(whole.tool_resources?.code_interpreter?.file_ids, tables.slice(2))
      })

      it('that cannot be searched leave no message', async () => {
        const { threads } = client.beta
        const thread = await threads.create()
        const table = await upload('a,b', 'table.csv')
        const { code } = await refusal(
          threads.messages.create(thread.id, withFile(table, 'file_search')),
        )
        assert.equal(code, 'unsupported_file')
        assert.deepEqual((await threads.messages.list(thread.id)).data, [])
        assert.deepEqual((await threads.retrieve(thread.id)).tool_resources, {})
      })
    })

    describe('the helper of tool resources', () => {
      it('makes the store of an assistant or a thread with it', async () => {
        const file_ids = [await upload('A gull.')]
        const vector_stores = [{ file_ids, metadata: { a: 'b' } }]
        const tool_resources = { file_search: { vector_stores } }
        const assistant = await client.beta.assistants.create({ model: 'm', tool_resources })
        const thread = await client.beta.threads.create({ tool_resources })
        for (const made of [assistant, thread]) {
          const ids = made.tool_resources?.file_search?.vector_store_ids ?? []
          assert.equal(ids.length, 1)
          const store = await client.vectorStores.retrieve(ids[0] ?? '')
          assert.partialDeepStrictEqual(store, { metadata: { a: 'b' }, file_counts: { total: 1 } })
        }
        const both = { vector_store_ids: ['vs_1'], vector_stores }
        const { param } = await refusal(
          client.beta.threads.create({ tool_resources: { file_search: both } }),
        )
        assert.equal(param, 'tool_resources.file_search')
      })
    })

    describe('a project', () => {
      it('has its vector stores and files, and nobody else’s', async () => {
        const app = runtime.createApp({
          apiKeys: [
            { project: 'class_3', key: 'sk-ours-0123456789' },
            { project: 'class_4', key: 'sk-theirs-01234567' },
          ],
        })
        const ours = createTestClient(app, 'sk-ours-0123456789')
        const theirs = createTestClient(app, 'sk-theirs-01234567')
        const file_id = await upload('A wren.', 'wren.txt', ours)
        const { id } = await ours.vectorStores.create({})
        const of = { vector_store_id: id }
        const batch = await ours.vectorStores.fileBatches.createAndPoll(id, {
          file_ids: [file_id],
        })
        const mine = await theirs.vectorStores.create({})
        assert.deepEqual(
          (await theirs.vectorStores.list()).data.map((store) => store.id),
          [mine.id],
        )
        const tool_resources = { file_search: { vector_store_ids: [id] } }
        const { files, fileBatches } = theirs.vectorStores
        for (const use of [
          () => theirs.vectorStores.retrieve(id),
          () => theirs.vectorStores.update(id, { name: 'x' }),
          () => theirs.vectorStores.search(id, { query: 'wren' }),
          () => theirs.vectorStores.delete(id),
          () => files.list(id),
          () => files.retrieve(file_id, of),
          () => files.content(file_id, of),
          () => files.update(file_id, { ...of, attributes: {} }),
          () => files.delete(file_id, of),
          () => files.create(mine.id, { file_id }),
          () => fileBatches.create(mine.id, { file_ids: [file_id] }),
          () => fileBatches.retrieve(batch.id, of),
          () => fileBatches.cancel(batch.id, of),
          () => fileBatches.listFiles(batch.id, of),
          () => theirs.beta.threads.create({ tool_resources }),
          () => theirs.beta.assistants.create({ model: 'm', tool_resources }),
        ]) {
          assert.equal((await refusal(use())).status, 404)
        }
        assert.equal((await refusal(theirs.vectorStores.list({ after: id }))).status, 400)
        assert.equal((await ours.vectorStores.search(id, { query: 'wren' })).data.length, 1)
      })
    })
  })
}

/** Waits for what happens in the background. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise(setImmediate)
}
