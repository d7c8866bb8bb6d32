import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, describe, it } from 'node:test'

import { startHttpServer, type HttpServer, type HttpServerOptions } from '../src/http-server.ts'
import { createLogger } from '../src/log.ts'

const servers: HttpServer[] = []
after(() => Promise.all(servers.map((server) => server.close(0))))

async function start(options: Partial<HttpServerOptions> = {}): Promise<HttpServer> {
  const server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    authenticated: false,
    mount: (app) => app.get('/', (context) => context.text('hello')),
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

  it('leaves the choice to the keys where there are keys', async () => {
    const { origin } = await start({ authenticated: true })
    assert.equal(
      await statusWith(origin, { host: 'guagua.example', origin: 'https://a.example' }),
      200,
    )
  })

  it('refuses an upgrade from another site', async () => {
    const { origin } = await start({ upgrade: () => assert.fail('must not be reached') })
    const upgrade = { connection: 'upgrade', upgrade: 'websocket', origin: 'https://evil.example' }
    assert.equal(await statusWith(origin, upgrade), 403)
  })

  it('says on /healthz whether it can work', async () => {
    const healthy = await start()
    assert.equal((await fetch(`${healthy.origin}/healthz`)).status, 200)
    const ill = await start({ healthCheck: () => Promise.reject(new Error('no database')) })
    const answer = await fetch(`${ill.origin}/healthz`)
    assert.equal(answer.status, 503)
    assert.deepEqual(await answer.json(), { status: 'unavailable' })
  })

  it('rejects when the port is taken', async () => {
    const { origin } = await start()
    await assert.rejects(start({ port: Number(new URL(origin).port) }), { code: 'EADDRINUSE' })
  })
})
