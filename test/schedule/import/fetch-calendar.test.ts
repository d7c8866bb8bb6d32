import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'

import { fetchCalendar, toCalendarUrl } from '../../../src/schedule/import/fetch-calendar.ts'
import {
  createPublicAgent,
  isPublicAddress,
  type Resolve,
} from '../../../src/schedule/import/public-connection.ts'

const signal = new AbortController().signal
const fresh = { etag: null, lastModified: null, signal }

async function serve(t: TestContext, listener: RequestListener): Promise<number> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** Names of this machine: `public.test` may be connected to, `private.test` may not. */
const resolve: Resolve = (host, onFound) => {
  const address = { 'public.test': '127.0.0.1', 'private.test': '127.0.0.2' }[host]
  if (address === undefined) onFound(new Error(`no such host: ${host}`), [])
  else onFound(null, [{ address, family: 4 }])
}

function openAgent(t: TestContext) {
  const agent = createPublicAgent({ resolve, isAllowed: (address) => address === '127.0.0.1' })
  t.after(() => agent.destroy())
  return agent
}

describe('the address of a calendar', () => {
  it('is http, https or webcal', () => {
    assert.equal(toCalendarUrl(' webcal://example.org/a.ics#x'), 'https://example.org/a.ics')
    assert.equal(toCalendarUrl('http://example.org/a'), 'http://example.org/a')
    for (const text of [
      'file:///etc/passwd',
      'ftp://example.org',
      'https://u:p@example.org',
      'x',
      '',
    ]) {
      assert.throws(() => toCalendarUrl(text), { reason: 'address' }, text)
    }
  })

  for (const address of [
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.100.100.200',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    'not an address',
  ]) {
    it(`is not public: ${address}`, () => assert.equal(isPublicAddress(address), false))
  }
  for (const address of ['1.1.1.1', '93.184.215.14', '2606:4700:4700::1111']) {
    it(`is public: ${address}`, () => assert.equal(isPublicAddress(address), true))
  }
})

describe('fetching a calendar', () => {
  for (const host of [
    '127.0.0.1',
    'localhost',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '2130706433',
    '0x7f.1',
  ]) {
    it(`does not connect to ${host}`, async (t) => {
      let requests = 0
      const port = await serve(t, () => (requests += 1))
      const agent = createPublicAgent()
      t.after(() => agent.destroy())
      const fetched = fetchCalendar({ url: `http://${host}:${port}/`, ...fresh }, { agent })
      await assert.rejects(fetched, { reason: 'private' })
      assert.equal(requests, 0)
    })
  }

  it('checks the address behind a name, and behind each redirect', async (t) => {
    const port = await serve(t, (_request, response) => {
      response.writeHead(302, { location: `http://private.test:${port}/` }).end()
    })
    const agent = openAgent(t)
    const fetched = (host: string) =>
      fetchCalendar({ url: `http://${host}:${port}/`, ...fresh }, { agent })
    await assert.rejects(fetched('private.test'), { reason: 'private' })
    await assert.rejects(fetched('public.test'), { reason: 'private' })
  })

  it('does not follow redirects to files, nor for ever', async (t) => {
    const port = await serve(t, (request, response) => {
      const location = request.url === '/file' ? 'file:///etc/passwd' : '/again'
      response.writeHead(302, { location }).end()
    })
    const agent = openAgent(t)
    const fetched = (path: string) =>
      fetchCalendar({ url: `http://public.test:${port}${path}`, ...fresh }, { agent })
    await assert.rejects(fetched('/file'), { reason: 'address' })
    await assert.rejects(fetched('/again'), { reason: 'redirects' })
  })

  it('asks only for what is new', async (t) => {
    const port = await serve(t, (request, response) => {
      if (request.headers['if-none-match'] === '"1"') response.writeHead(304).end()
      else
        response
          .writeHead(200, { etag: '"1"', 'last-modified': 'yesterday' })
          .end('BEGIN:VCALENDAR')
    })
    const agent = openAgent(t)
    const url = `http://public.test:${port}/`
    const first = await fetchCalendar({ url, ...fresh }, { agent })
    assert.equal(first.type, 'changed')
    if (first.type !== 'changed') return
    assert.equal(Buffer.from(first.bytes).toString(), 'BEGIN:VCALENDAR')
    const { etag, lastModified } = first
    assert.deepEqual([etag, lastModified], ['"1"', 'yesterday'])
    assert.deepEqual(await fetchCalendar({ url, etag, lastModified, signal }, { agent }), {
      type: 'unchanged',
    })
  })

  it('stops at 10 MB, counted after unpacking', async (t) => {
    const bomb = gzipSync(Buffer.alloc(11 * 1024 * 1024))
    const port = await serve(t, (_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb)
    })
    const fetched = fetchCalendar(
      { url: `http://public.test:${port}/`, ...fresh },
      { agent: openAgent(t) },
    )
    await assert.rejects(fetched, { reason: 'too_large' })
  })

  it('says what the server answers, and when it does not', async (t) => {
    const port = await serve(t, (request, response) => {
      if (request.url === '/404') response.writeHead(404).end()
    })
    const agent = openAgent(t)
    const url = `http://public.test:${port}`
    await assert.rejects(fetchCalendar({ url: `${url}/404`, ...fresh }, { agent }), {
      reason: 'status',
      message: 'The server answers with status 404.',
    })
    await assert.rejects(fetchCalendar({ url: 'http://nowhere.test/', ...fresh }, { agent }), {
      reason: 'unreachable',
    })
    const startTimer = (_delayMs: number, onEnd: () => void) => {
      setImmediate(onEnd)
      return () => {}
    }
    await assert.rejects(fetchCalendar({ url: `${url}/slow`, ...fresh }, { agent, startTimer }), {
      reason: 'too_slow',
    })
  })
})
