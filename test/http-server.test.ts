import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { after, describe, it } from 'node:test'

import type { Hono } from 'hono'

import { AppError } from '../src/errors.ts'
import { startHttpServer, type HttpServer, type HttpServerOptions } from '../src/http-server.ts'
import { createLogger } from '../src/log.ts'

const servers: HttpServer[] = []
after(() => Promise.all(servers.map((server) => server.close(0))))

async function start(options: Partial<HttpServerOptions> = {}): Promise<HttpServer> {
  const server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    authenticated: false,
    mount: (app) => {
      app.get('/', (context) => context.text('hello'))
      app.all('/v1/models', (context) => context.text('models'))
    },
    healthCheck: async () => {},
    log: createLogger({ level: 'silent', pretty: false }),
    ...options,
  })
  servers.push(server)
  return server
}

/** fetch() does not let a caller choose Host and Origin, so this speaks plain HTTP. */
function statusWith(origin: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const outgoing = request(origin, { headers }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}

describe('startHttpServer', () => {
  it('answers programs on this machine and its own page', async () => {
    const { origin } = await start()
    assert.equal(await (await fetch(origin)).text(), 'hello')
    assert.equal(await statusWith(origin, { origin }), 200)
    assert.equal(await statusWith(origin, { host: `localhost:${new URL(origin).port}` }), 200)
  })

  it('refuses pages of other sites and names that were pointed at this machine', async () => {
    const { origin } = await start()
    assert.equal(await statusWith(origin, { origin: 'https://evil.example' }), 403)
    assert.equal(await statusWith(origin, { origin: 'null' }), 403)
    assert.equal(await statusWith(origin, { host: 'evil.example' }), 403)
  })

  it('leaves the API to the keys where there are keys, and nothing else', async () => {
    const { origin } = await start({ authenticated: true })
    const headers = { host: 'guagua.example', origin: 'https://a.example' }
    assert.equal(await statusWith(`${origin}/v1/models`, headers), 200)
    assert.equal(await statusWith(origin, headers), 404)
    assert.equal(await statusWith(origin, {}), 200)
  })

  it('answers open routes from anywhere, and no others', async () => {
    for (const authenticated of [true, false]) {
      const { origin } = await start({
        authenticated,
        mountOpen: (app) => app.get('/calendar/:secret', (context) => context.text('calendar')),
        mount: (app) => app.get('*', (context) => context.text('ours')),
      })
      const from = (path: string) =>
        statusWith(origin + path, { host: 'guagua.example', origin: 'https://a.example' })
      assert.equal(await from('/calendar/secret.ics'), 200)
      assert.equal(await from('/calendar/secret.ics/x'), authenticated ? 404 : 403)
    }
  })

  it('lets pages of the named origins call the API, and nothing else', async () => {
    const { origin } = await start({ corsOrigins: ['https://a.example'] })
    const from = (site: string, path: string, host = new URL(origin).host) =>
      statusWith(origin + path, { origin: site, host })
    assert.equal(await from('https://a.example', '/v1/models'), 200)
    assert.equal(await from('https://a.example', '/'), 403)
    assert.equal(await from('https://a.example', '/v1models'), 403)
    assert.equal(await from('https://b.example', '/v1/models'), 403)
    assert.equal(await from('http://a.example', '/v1/models'), 403)
    assert.equal(await from('https://a.example', '/v1/models', 'evil.example'), 403)
  })

  it('tells a client that left the path out of its base URL', async () => {
    for (const authenticated of [true, false]) {
      const { origin } = await start({ authenticated })
      const answer = await fetch(`${origin}/chat/completions`, { method: 'POST' })
      assert.equal(answer.status, 404)
      assert.equal(await answer.text(), 'Not found. The API is under /v1.')
    }
  })

  it('answers what is no HTTP, and headers without end', async () => {
    const { origin } = await start()
    const port = Number(new URL(origin).port)
    const statusOf = async (text: string) => {
      const socket = connect(port, '127.0.0.1')
      socket.end(text)
      return Buffer.concat(await socket.toArray())
        .toString('utf8')
        .split('\r\n')[0]
    }
    assert.equal(await statusOf('hello\r\n\r\n'), 'HTTP/1.1 400 Bad Request')
    const large = `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`
    assert.equal(await statusOf(large), 'HTTP/1.1 431 Request Header Fields Too Large')
  })

  it('refuses an upgrade from another site', async () => {
    const { origin } = await start({ upgrade: () => assert.fail('must not be reached') })
    const upgrade = { connection: 'upgrade', upgrade: 'websocket', origin: 'https://evil.example' }
    assert.equal(await statusWith(origin, upgrade), 403)
    const keys = await start({ authenticated: true, upgrade: () => assert.fail('nor this one') })
    assert.equal(await statusWith(keys.origin, upgrade), 403)
  })

  it('outlives a client that resets the connection of a refused upgrade', async () => {
    const { origin } = await start({ upgrade: () => assert.fail('must not be reached') })
    const { host, port } = new URL(origin)
    for (let count = 0; count < 20; count += 1) {
      const socket = connect(Number(port), '127.0.0.1')
      await once(socket, 'connect')
      socket.write(
        `GET / HTTP/1.1\r\nHost: ${host}\r\nOrigin: https://evil.example\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n`,
      )
      socket.resetAndDestroy()
      assert.equal(await statusWith(origin, {}), 200)
    }
  })

  it('answers a client that offers another protocol, as those of Java do, in this one', async () => {
    const offer = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AA' }
    const plain = await start()
    assert.equal(await statusWith(`${plain.origin}/v1/models`, offer), 200)
    assert.equal(await statusWith(plain.origin, { ...offer, upgrade: 'websocket' }), 200)
    const other = await start({ upgrade: () => assert.fail('no WebSocket was asked for') })
    assert.equal(await statusWith(`${other.origin}/v1/models`, offer), 200)
  })

  it('writes nothing into an answer when its connection goes wrong', async () => {
    const { promise: end, resolve } = Promise.withResolvers<void>()
    async function* pieces() {
      yield Buffer.from('one')
      await end
    }
    const { origin } = await start({
      mount: (app) => void app.get('/slow', () => new Response(ReadableStream.from(pieces()))),
    })
    const socket = connect(Number(new URL(origin).port), '127.0.0.1')
    socket.write(`GET /slow HTTP/1.1\r\nHost: ${new URL(origin).host}\r\n\r\n`)
    let answer = ''
    for await (const piece of socket) {
      answer += String(piece)
      if (answer.includes('one')) socket.write('no HTTP\r\n\r\n')
    }
    resolve()
    assert.equal(answer.match(/HTTP\/1\.1/g)?.length, 1)
  })

  it('does not wait for a request that never ends', async () => {
    const patience = { headersMs: 1, requestMs: 1, checkMs: 1 }
    const { origin } = await start({ patience })
    for (const begin of ['GET / HTTP/1.1\r\nHost:', 'POST /v1/models HTTP/1.1\r\nHost: a\r\n']) {
      const socket = connect(Number(new URL(origin).port), '127.0.0.1')
      socket.write(begin)
      const answer = Buffer.concat(await socket.toArray()).toString('utf8')
      assert.match(answer, /^HTTP\/1\.1 408 Request Timeout/)
    }
  })

  it('waits longer for a file than for any other body', async () => {
    const patience = { headersMs: 60_000, requestMs: 1, checkMs: 1 }
    const echo = (app: Hono) =>
      app.post('*', async (context) => context.text(await context.req.text()))
    const { origin } = await start({ patience, mount: (app) => void echo(app) })
    const { port } = new URL(origin)
    const head = (path: string) =>
      `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 4\r\nConnection: close\r\n\r\nha`
    const upload = connect(Number(port), '127.0.0.1')
    upload.write(head('/v1/files?a=b'))
    for (const path of ['/v1/filesystem', '/v1/threads', '/files']) {
      const socket = connect(Number(port), '127.0.0.1')
      socket.write(head(path))
      const chunks = await socket.toArray().catch(() => [])
      assert.equal(Buffer.concat(chunks).toString('utf8'), '')
    }
    upload.write('lf')
    const answer = Buffer.concat(await upload.toArray()).toString('utf8')
    assert.match(answer, /^HTTP\/1\.1 200 OK[^]*half$/)
  })

  it('says on /healthz whether it can work', async () => {
    const healthy = await start()
    assert.equal((await fetch(`${healthy.origin}/healthz`)).status, 200)
    const ill = await start({ healthCheck: () => Promise.reject(new Error('no database')) })
    const answer = await fetch(`${ill.origin}/healthz`)
    assert.equal(answer.status, 503)
    assert.deepEqual(await answer.json(), { status: 'unavailable' })
    const error = new AppError('unavailable', 'The database cannot be reached.')
    const lame = await start({ healthCheck: () => Promise.reject(error) })
    const told = await (await fetch(`${lame.origin}/healthz`)).json()
    assert.deepEqual(told, { status: 'unavailable', reason: 'The database cannot be reached.' })
  })

  it('rejects when the port is taken', async () => {
    const { origin } = await start()
    await assert.rejects(start({ port: Number(new URL(origin).port) }), { code: 'EADDRINUSE' })
  })
})
