import assert from 'node:assert/strict'
import { createReadStream } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'

import OpenAI, { toFile } from 'openai'

import { createDiskBlobs } from '../../../src/assistants/files/disk-blobs.ts'
import { createSqlStore } from '../../../src/assistants/store/sql-store.ts'
import type { Store } from '../../../src/assistants/store/store.ts'
import { startHttpServer, type HttpServer } from '../../../src/http-server.ts'
import { newId } from '../../../src/ids.ts'
import type { Logger } from '../../../src/log.ts'
import { createTestFiles } from '../../helpers/files.ts'
import { createTestClient, createTestRuntime, type TestRuntime } from '../runtime.ts'
import { createTestPGlite, pgliteDialect, type TestPGlite } from '../store/pglite.ts'

const bytesOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer())
const page = { limit: 100, order: 'asc' } as const

let pglite: TestPGlite
before(async () => (pglite = await createTestPGlite()))
after(() => pglite.close())

const databases: Record<string, ((log: Logger) => Promise<Store>) | undefined> = {
  SQLite: undefined,
  Postgres: async (log) => {
    await pglite.empty()
    return createSqlStore({ db: pglite.connect(), dialect: pgliteDialect, log })
  },
}

for (const [name, createStore] of Object.entries(databases)) {
  describe(`files on ${name}`, () => {
    let clock: number
    let folder: string
    let runtime: TestRuntime
    let server: HttpServer
    let client: OpenAI
    let other: OpenAI
    before(async () => {
      clock = Date.UTC(2026, 10, 1)
      const now = () => clock
      runtime = await createTestRuntime({ now, ...(createStore && { createStore }) })
      folder = await mkdtemp(join(tmpdir(), 'guagua-upload-'))
      const files = createTestFiles({
        store: runtime.store,
        blobs: createDiskBlobs({ folder }),
        newId,
        now,
        every: () => () => {},
        maxBytes: 1_000_000,
        log: runtime.log,
      })
      after(() => files.close())
      const apiKeys = [
        { project: 'default', key: 'sk-default' },
        { project: 'other', key: 'sk-other' },
      ]
      const app = runtime.createApp({ apiKeys, files })
      server = await startHttpServer({
        host: '127.0.0.1',
        port: 0,
        authenticated: true,
        mount: (root) => void root.route('/', app),
        healthCheck: () => Promise.resolve(),
        log: runtime.log,
      })
      const sdk = (apiKey: string) =>
        new OpenAI({ apiKey, baseURL: `${server.origin}/v1`, maxRetries: 0 })
      client = sdk('sk-default')
      other = sdk('sk-other')
    })
    after(async () => {
      await server.close(0)
      await runtime.close()
      await rm(folder, { recursive: true })
    })
    const left = async () => (await readdir(join(folder, 'incoming'))).length

    const upload = (text = 'hello', filename = 'a.txt') =>
      toFile(Buffer.from(text), filename).then((file) =>
        client.files.create({ file, purpose: 'assistants' }),
      )
    const content = async (id: string) => bytesOf(await client.files.content(id))

    /** A form as bytes, from parts that are written out. */
    async function post(parts: string[], headers: Record<string, string> = {}, end = '--XX--\r\n') {
      const body = [...parts.map((part) => `--XX\r\n${part}\r\n`), end].join('')
      const answer = await fetch(`${server.origin}/v1/files`, {
        method: 'POST',
        headers: {
          authorization: 'Bearer sk-default',
          'content-type': 'multipart/form-data; boundary=XX',
          ...headers,
        },
        body,
      })
      return { status: answer.status, body: (await answer.json()) as Answer }
    }

    describe('POST /v1/files', () => {
      it('takes streams, blobs and buffers, and gives back the same bytes', async () => {
        const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251))
        const path = join(folder, '讲义 1.bin')
        await writeFile(path, bytes)
        const given = [
          createReadStream(path),
          new File([bytes], '讲义 1.bin'),
          await toFile(bytes, '讲义 1.bin'),
          await toFile(createReadStream(path), '讲义 1.bin'),
        ]
        for (const file of given) {
          const made = await client.files.create({ file, purpose: 'user_data' })
          assert.match(made.id, /^file-\w{24}$/)
          const { id } = made
          assert.deepEqual<object>(made, {
            id,
            object: 'file',
            bytes: bytes.length,
            created_at: clock / 1000,
            expires_at: null,
            filename: '讲义 1.bin',
            purpose: 'user_data',
            status: 'processed',
            status_details: null,
          })
          assert.deepEqual(await client.files.retrieve(id), made)
          assert.deepEqual(await content(id), bytes)
        }
        assert.equal(await left(), 0)
      })

      it('takes forms from inside the process', async () => {
        const inside = createTestClient(runtime.app)
        const file = new File(['inside'], 'in.md')
        const { id } = await inside.files.create({ file, purpose: 'vision' })
        assert.equal((await bytesOf(await inside.files.content(id))).toString(), 'inside')
      })

      it('takes an empty file', async () => {
        const { id, bytes } = await upload('')
        assert.equal(bytes, 0)
        assert.equal((await content(id)).length, 0)
      })

      it('takes the fields after the file as well', async () => {
        const { status, body } = await post([
          filePart('filename="late.txt"'),
          field('purpose', 'batch'),
          field('expires_after[anchor]', 'created_at'),
          field('expires_after[seconds]', '3600'),
        ])
        assert.equal(status, 200)
        assert.partialDeepStrictEqual(body, {
          filename: 'late.txt',
          purpose: 'batch',
          expires_at: clock / 1000 + 3600,
        })
      })

      for (const [header, filename] of [
        [`filename*=UTF-8''%E8%AE%B2%E4%B9%89.pdf`, '讲义.pdf'],
        ['filename="讲义.pdf"', '讲义.pdf'],
        ['filename=plain.txt', 'plain.txt'],
        [String.raw`filename="a\"b\\c.txt"`, String.raw`a"b\c.txt`],
        ['filename="a%22b.txt"', 'a"b.txt'],
        ['filename="../../etc/passwd"', '../../etc/passwd'],
        [String.raw`filename="C:\dir\a.txt"`, String.raw`C:\dir\a.txt`],
        ['filename="a\u0000b\u0007.txt"', 'a\uFFFDb\u0007.txt'],
        ['filename="100%25.txt"', '100%25.txt'],
      ] as const) {
        it(`keeps the name in ${header}, and never as a path`, async () => {
          const { status, body } = await post([filePart(header), field('purpose', 'assistants')])
          assert.equal(status, 200, JSON.stringify(body))
          assert.equal(body.filename, filename)
          const id = String(body.id)
          assert.equal((await client.files.retrieve(id)).filename, filename)
          assert.equal((await content(id)).toString(), 'content')
        })
      }

      for (const { what, parts, error, code = 400 } of [
        {
          what: 'no purpose',
          parts: [filePart('filename="a"')],
          error: {
            message: "Missing required parameter: 'purpose'.",
            param: 'purpose',
            code: 'missing_required_parameter',
          },
        },
        {
          what: 'no file',
          parts: [field('purpose', 'assistants')],
          error: { message: "Missing required parameter: 'file'.", param: 'file' },
        },
        {
          what: 'another purpose',
          parts: [filePart('filename="a"'), field('purpose', 'x')],
          error: {
            message:
              "'x' is not one of ['assistants', 'batch', 'fine-tune', 'vision', 'user_data', 'evals'] - 'purpose'",
            param: 'purpose',
            code: null,
          },
        },
        {
          what: 'two files',
          parts: [filePart('filename="a"'), filePart('filename="b"'), field('purpose', 'batch')],
          error: { message: 'Expected one file in the form, but got several.', param: 'file' },
        },
        {
          what: 'a file that is a text',
          parts: [field('file', 'text'), field('purpose', 'batch')],
          error: { param: 'file', code: 'invalid_type' },
        },
        {
          what: 'a file in another field',
          parts: [filePart('filename="a"', 'image'), field('purpose', 'batch')],
          error: { message: "Unknown parameter: 'image'.", param: 'image' },
        },
        {
          what: 'an unknown field',
          parts: [filePart('filename="a"'), field('purpose', 'batch'), field('colour', 'red')],
          error: { message: "Unknown parameter: 'colour'.", param: 'colour' },
        },
        {
          what: 'a life that is too short',
          parts: [
            filePart('filename="a"'),
            field('purpose', 'batch'),
            field('expires_after[anchor]', 'created_at'),
            field('expires_after[seconds]', '3599'),
          ],
          error: { param: 'expires_after.seconds', code: 'integer_below_min_value' },
        },
        {
          what: 'a name that is no name',
          parts: [filePart(`filename="${'x'.repeat(1001)}"`), field('purpose', 'batch')],
          error: { param: 'filename', code: 'string_above_max_length' },
        },
        {
          what: 'more than the largest file',
          parts: [
            filePart('filename="a"', 'file', 'y'.repeat(1_000_001)),
            field('purpose', 'batch'),
          ],
          error: { code: 'request_too_large', param: 'file' },
          code: 413,
        },
      ]) {
        it(`refuses ${what}, and leaves nothing`, async () => {
          const before = await runtime.store.files('default').listFiles(page, 0)
          const { status, body } = await post(parts)
          assert.equal(status, code, JSON.stringify(body))
          assert.partialDeepStrictEqual(body.error, error)
          const now = await runtime.store.files('default').listFiles(page, 0)
          assert.equal(now.data.length, before.data.length)
          assert.equal(await left(), 0)
        })
      }

      it('refuses a form that is cut off, wherever', async () => {
        const parts = [filePart('filename="a"'), field('purpose', 'batch')]
        for (const end of ['--XX', '--XX\r\nContent-Dis', '', `--XX\r\n${field('x', 'y')}`]) {
          const { status, body } = await post(parts, {}, end)
          assert.equal(status, 400, end)
          assert.equal(
            body.error?.message,
            'The form is not valid, or it broke off before its end.',
          )
        }
        const { status } = await post([filePart('filename="a"')], {}, '')
        assert.equal(status, 400)
        assert.equal(await left(), 0)
      })

      it('refuses what is no form', async () => {
        for (const type of ['application/json', 'multipart/form-data', 'text/plain']) {
          const { status, body } = await post([], { 'content-type': type })
          assert.equal(status, 400)
          assert.match(body.error?.message ?? '', /form/)
        }
      })

      it('leaves nothing of an upload that is broken off', async () => {
        const request = httpRequest(`${server.origin}/v1/files`, {
          method: 'POST',
          headers: {
            authorization: 'Bearer sk-default',
            'content-type': 'multipart/form-data; boundary=XX',
          },
        })
        request.on('error', () => {})
        request.write(`--XX\r\n${filePart('filename="a"')}`)
        await until(async () => (await left()) === 1)
        request.destroy()
        await until(async () => (await left()) === 0)
      })
    })

    describe('GET /v1/files', () => {
      beforeEach(async () => {
        for (const { id } of (await client.files.list()).data) await client.files.delete(id)
      })

      it('lists in pages, by purpose, and in both directions', async () => {
        const ids: string[] = []
        for (const purpose of ['assistants', 'batch', 'assistants'] as const) {
          const file = new File([purpose], 'a')
          ids.push((await client.files.create({ file, purpose })).id)
        }
        const list = async (query?: OpenAI.FileListParams) =>
          (await client.files.list(query)).data.map(({ id }) => ids.indexOf(id))
        assert.deepEqual(await list(), [2, 1, 0])
        assert.deepEqual(await list({ order: 'asc', limit: 2 }), [0, 1])
        assert.deepEqual(await list({ order: 'asc', after: ids[1] ?? '' }), [2])
        assert.deepEqual(await list({ purpose: 'assistants' }), [2, 0])
        assert.deepEqual(await list({ purpose: 'vision' }), [])
        const all: string[] = []
        for await (const { id } of client.files.list({ limit: 1 })) all.push(id)
        assert.deepEqual(all, ids.toReversed())
        await assert.rejects(list({ limit: 10_001 }), { status: 400, param: 'limit' })
        await assert.rejects(list({ after: 'file-none' }), { status: 400, param: 'after' })
      })
    })

    describe('GET /v1/files/:file_id/content', () => {
      let id: string
      const get = (headers: Record<string, string>, method = 'GET') =>
        fetch(`${server.origin}/v1/files/${id}/content`, {
          method,
          headers: { authorization: 'Bearer sk-default', ...headers },
        })
      before(async () => ({ id } = await upload('0123456789', '讲 "义".html')))

      it('says what it is, and nothing that a browser would run', async () => {
        const answer = await get({})
        assert.equal(answer.headers.get('content-type'), 'application/octet-stream')
        assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
        assert.equal(answer.headers.get('content-length'), '10')
        assert.match(
          answer.headers.get('content-disposition') ?? '',
          /^attachment; filename=".*"; filename\*=UTF-8''%E8%AE%B2%20%22%E4%B9%89%22.html$/,
        )
        assert.equal(await answer.text(), '0123456789')
      })

      for (const [range, status, text, shown] of [
        ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
        ['bytes=7-', 206, '789', 'bytes 7-9/10'],
        ['bytes=-2', 206, '89', 'bytes 8-9/10'],
        ['bytes=0-99', 206, '0123456789', 'bytes 0-9/10'],
        ['bytes=0-0,3-4', 200, '0123456789', null],
        ['bytes=5-2', 200, '0123456789', null],
        ['lines=1-2', 200, '0123456789', null],
      ] as const) {
        it(`answers ${range} with ${status}`, async () => {
          const answer = await get({ range })
          assert.equal(answer.status, status)
          assert.equal(answer.headers.get('content-range'), shown)
          assert.equal(await answer.text(), text)
        })
      }

      it('answers 416 beyond its end', async () => {
        for (const range of ['bytes=10-', 'bytes=-0']) {
          const answer = await get({ range })
          assert.equal(answer.status, 416)
          assert.equal(answer.headers.get('content-range'), 'bytes */10')
          assert.equal(((await answer.json()) as Answer).error?.code, 'range_not_satisfiable')
        }
      })

      it('answers 304 to who has it, and all of it to who has a part of another', async () => {
        const etag = (await get({}, 'HEAD')).headers.get('etag') ?? ''
        assert.match(etag, /^"[0-9a-f]{64}"$/)
        assert.equal((await get({ 'if-none-match': `"x", W/${etag}` })).status, 304)
        assert.equal((await get({ 'if-none-match': '"x"' })).status, 200)
        const range = 'bytes=0-1'
        assert.equal((await get({ range, 'if-range': etag })).status, 206)
        assert.equal((await get({ range, 'if-range': '"x"' })).status, 200)
      })

      it('answers HEAD without its bytes', async () => {
        const answer = await get({}, 'HEAD')
        assert.equal(answer.status, 200)
        assert.equal(answer.headers.get('content-length'), '10')
        assert.equal(await answer.text(), '')
      })
    })

    it('belong to the project of their key', async () => {
      const { id } = await upload()
      const missing = { status: 404, message: `404 No such File object: ${id}`, param: 'id' }
      await assert.rejects(other.files.retrieve(id), missing)
      await assert.rejects(other.files.content(id), missing)
      await assert.rejects(other.files.delete(id), missing)
      assert.deepEqual((await other.files.list()).data, [])
      await assert.rejects(other.files.list({ after: id }), { status: 400 })
      const code_interpreter = { file_ids: [id] }
      const tool_resources = { code_interpreter }
      await assert.rejects(
        other.beta.assistants.create({ model: 'scripted', tool_resources }),
        missing,
      )
      await assert.rejects(other.beta.threads.create({ tool_resources }), missing)
      const content = [{ type: 'image_file' as const, image_file: { file_id: id } }]
      const messages = [{ role: 'user' as const, content }]
      await assert.rejects(other.beta.threads.create({ messages }), missing)
    })

    it('are deleted once, and leave every list that names them', async () => {
      const [gone, stays] = [await upload(), await upload('other')]
      const code_interpreter = { file_ids: [gone.id, stays.id] }
      const tool_resources = { code_interpreter }
      const { assistants, threads } = client.beta
      const assistant = await assistants.create({ model: 'scripted', tool_resources })
      const thread = await threads.create({ tool_resources })
      const changed = await threads.create({})
      await threads.update(changed.id, { tool_resources })
      const former = await assistants.create({ model: 'scripted', tool_resources })
      await assistants.update(former.id, { tool_resources: {} })
      await assistants.update(former.id, { name: 'kept' })
      assert.deepEqual(await client.files.delete(gone.id), {
        id: gone.id,
        object: 'file',
        deleted: true,
      })
      const missing = { status: 404, message: `404 No such File object: ${gone.id}` }
      await assert.rejects(client.files.delete(gone.id), missing)
      await assert.rejects(client.files.content(gone.id), missing)
      const listed = { code_interpreter: { file_ids: [stays.id] } }
      for (const { tool_resources: now } of [
        await assistants.retrieve(assistant.id),
        await threads.retrieve(thread.id),
        await threads.retrieve(changed.id),
      ]) {
        assert.deepEqual(now, listed)
      }
      assert.deepEqual((await assistants.retrieve(former.id)).tool_resources, {})
      await assert.rejects(assistants.update(former.id, { tool_resources }), missing)
      await assert.rejects(threads.update(thread.id, { tool_resources }), missing)
      await client.files.delete(stays.id)
      const { tool_resources: empty } = await threads.retrieve(thread.id)
      assert.deepEqual(empty, { code_interpreter: { file_ids: [] } })
    })

    it('are missing from the moment at which their time is over', async () => {
      const { id, expires_at } = await client.files.create({
        file: new File(['short'], 'a'),
        purpose: 'assistants',
        expires_after: { anchor: 'created_at', seconds: 3600 },
      })
      assert.equal(expires_at, clock / 1000 + 3600)
      const tool_resources = { code_interpreter: { file_ids: [id] } }
      const thread = await client.beta.threads.create({ tool_resources })
      clock += 3_599_000
      assert.equal((await client.files.retrieve(id)).id, id)
      clock += 1000
      await assert.rejects(client.files.retrieve(id), { status: 404 })
      await assert.rejects(client.files.content(id), { status: 404 })
      await assert.rejects(client.files.delete(id), { status: 404 })
      assert.ok(!(await client.files.list()).data.some((file) => file.id === id))
      await assert.rejects(client.beta.threads.create({ tool_resources }), { status: 404 })
      await assert.rejects(client.beta.threads.update(thread.id, { tool_resources }), {
        status: 404,
      })
      await runtime.files.expire()
      const { tool_resources: now } = await client.beta.threads.retrieve(thread.id)
      assert.deepEqual(now, { code_interpreter: { file_ids: [] } })
    })

    it('must be there where a message shows them', async () => {
      const { id } = await upload('picture', 'a.png')
      const content = (file_id: string) => [
        { type: 'image_file' as const, image_file: { file_id } },
      ]
      const { threads, assistants } = client.beta
      const thread = await threads.create({ messages: [{ role: 'user', content: content(id) }] })
      const { id: assistant_id } = await assistants.create({ model: 'scripted' })
      const missing = { status: 404, message: '404 No such File object: file-none' }
      const message = { role: 'user' as const, content: content('file-none') }
      await assert.rejects(threads.messages.create(thread.id, message), missing)
      const additional_messages = [message]
      await assert.rejects(
        threads.runs.create(thread.id, { assistant_id, additional_messages }),
        missing,
      )
      await assert.rejects(
        threads.createAndRun({ assistant_id, thread: { messages: [message] } }),
        missing,
      )
      await assert.rejects(
        threads.messages.create(thread.id, { role: 'user', content: content('x') }),
        { status: 400, message: /Expected an ID that begins with 'file'/ },
      )
      assert.equal((await threads.messages.list(thread.id)).data.length, 1)
    })
  })
}

interface Answer {
  id?: string
  filename?: string
  error?: { message: string; param: string | null; code: string | null }
}

function field(name: string, value: string): string {
  return `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}`
}

function filePart(filename: string, name = 'file', content = 'content'): string {
  return `Content-Disposition: form-data; name="${name}"; ${filename}\r\nContent-Type: text/plain\r\n\r\n${content}`
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve))
}
