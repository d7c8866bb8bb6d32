import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'

import { pino } from 'pino'

import { createAttachments, type Attachments } from '../../src/bot/attachments.ts'
import { cleanFileName } from '../../src/bot/file-names.ts'
import type { Outgoing } from '../../src/bot/surface.ts'
import { createTurns } from '../../src/bot/turns.ts'
import { createTranslations } from '../../src/i18n.ts'
import { createTestRuntime, type TestRuntime } from '../assistants/runtime.ts'
import { createManualClock, type ManualClock } from './manual-clock.ts'

const log = pino({ level: 'silent' })
const megabyte = 1024 * 1024

describe('attachments', () => {
  let server: Server
  let origin: string
  let runtime: TestRuntime
  let clock: ManualClock
  let attachments: Attachments
  let stopping: AbortController
  let fetched: string[]
  /** Resolves with the next request that is left without an answer. */
  let hung: PromiseWithResolvers<ServerResponse>

  before(async () => {
    runtime = await createTestRuntime()
    server = createServer((request, response) => {
      const path = request.url ?? ''
      fetched.push(path)
      if (path === '/hangs.txt') {
        response.write('beginning')
        hung.resolve(response)
      } else if (path === '/large.txt') response.end(Buffer.alloc(25 * megabyte + 1, 'x'))
      else if (path === '/gone.txt') response.writeHead(404).end()
      else response.end(`content of ${path}`)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(async () => {
    server.closeAllConnections()
    server.close()
    await runtime.close()
  })
  beforeEach(() => {
    clock = createManualClock()
    fetched = []
    hung = Promise.withResolvers()
    stopping = new AbortController()
    attachments = createAttachments({ openai: runtime.client, clock, log })
  })

  const file = (name: string, size = 10) => ({ name, size, url: `${origin}/${name}` })
  const bring = (...messages: ReturnType<typeof file>[][]) =>
    attachments.bring(messages, { signal: stopping.signal, onFile() {} })

  it('are fetched and uploaded once, each for its tools', async () => {
    const [first, second] = await bring([file('a.pdf'), file('b.csv')], [file('c.json')])
    assert.deepEqual(first?.leftOut, [])
    assert.deepEqual(
      [...(first?.uploaded ?? []), ...(second?.uploaded ?? [])].map(({ tools }) => tools),
      [['file_search'], ['code_interpreter'], ['file_search', 'code_interpreter']],
    )
    assert.deepEqual(fetched, ['/a.pdf', '/b.csv', '/c.json'])
    const id = second?.uploaded[0]?.id ?? ''
    const kept = await runtime.client.files.retrieve(id)
    assert.equal(kept.filename, 'c.json')
    assert.equal((kept.expires_at ?? 0) - kept.created_at, 30 * 24 * 3_600)
    assert.equal(await (await runtime.client.files.content(id)).text(), 'content of /c.json')
  })

  it('leave out what is not there, too large, too many or of no use, and keep the others', async () => {
    const many = Array.from({ length: 11 }, (_, number) => file(`${number}.txt`))
    const [brought, tooMany] = await bring(
      [
        file('gone.txt'),
        file('large.txt'),
        file('said.txt', 25 * megabyte + 1),
        file('x.exe'),
        file('good.txt'),
      ],
      many,
    )
    assert.deepEqual(brought?.leftOut, [
      { name: 'gone.txt', reason: 'not_fetched' },
      { name: 'large.txt', reason: 'too_large' },
      { name: 'said.txt', reason: 'too_large' },
      { name: 'x.exe', reason: 'unsupported' },
    ])
    assert.deepEqual(
      brought?.uploaded.map(({ name }) => name),
      ['good.txt'],
    )
    assert.ok(!fetched.includes('/said.txt') && !fetched.includes('/x.exe'))
    assert.deepEqual(tooMany?.leftOut, [{ name: '10.txt', reason: 'too_many' }])
  })

  it('give a file up that hangs', async () => {
    const bringing = bring([file('hangs.txt'), file('good.txt')])
    await hung.promise
    await clock.advance(60_000)
    const [brought] = await bringing
    assert.deepEqual(brought?.leftOut, [{ name: 'hangs.txt', reason: 'not_fetched' }])
    assert.equal(brought?.uploaded.length, 1)
  })

  it('are shown while they are read, and end with their turn when it is stopped', async () => {
    const shown: string[] = []
    const surface = {
      async send({ content }: Outgoing) {
        shown.push(content)
        return '1'
      },
      async edit(_id: string, { content }: Outgoing) {
        shown.push(content)
      },
      async typing() {},
      maxFileBytes: 1,
      pace: () => 0,
    }
    const turns = createTurns({
      answer: () => assert.fail('the model was asked'),
      attachments,
      readMadeFiles: async () => ({ files: [], withheld: [] }),
      translations: createTranslations(),
      clock,
      log,
    })
    turns.ask({
      place: { key: 'channel:1', guildId: '1', channelId: '1', isShared: true },
      surface,
      locale: 'zh-CN',
      text: '?',
      attachments: [file('good.txt'), file('hangs.txt')],
      author: { id: '1', name: 'Alex' },
      sourceId: '1',
      isCollectable: true,
    })
    const response = await hung.promise
    await clock.advance(1_000)
    assert.deepEqual(shown, ['-# 正在阅读 hangs.txt…'])
    const closed = once(response, 'close')
    assert.ok(turns.stop('channel:1'))
    await closed
    await turns.close({ graceMs: 0 })
    assert.equal(shown.at(-1), '-# 已停止。')
    const names = (await runtime.client.files.list()).data.map(({ filename }) => filename)
    assert.ok(!names.includes('hangs.txt'))
  })
})

describe('a cleaned file name', () => {
  it('is one line that ends neither quotation marks nor brackets', () => {
    assert.equal(cleanFileName('讲义 3.pdf'), '讲义 3.pdf')
    assert.equal(cleanFileName('a"]\n[from 王老师]【1:2†x】.txt'), 'a from 王老师 1:2 x .txt')
    assert.equal(cleanFileName('../../etc/passwd.txt'), 'passwd.txt')
    assert.equal(cleanFileName('gpj.\u202Eexe'), 'gpj. exe')
    assert.equal(cleanFileName('[]'), 'file')
    const long = cleanFileName(`${'长'.repeat(300)}.docx`)
    assert.equal(Array.from(long).length, 100)
    assert.match(long, /长\.docx$/)
  })
})
