import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { after, describe, it } from 'node:test'

import { seedIds } from '../src/local-discord/seed.ts'
import { openScheduleDatabase } from '../src/schedule/store/open-database.ts'
import { createScheduleStore } from '../src/schedule/store/sql-schedule-store.ts'
import { startCommand } from './helpers/start-command.ts'

const cleanUps: (() => Promise<unknown>)[] = []
after(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp()
})

/** A folder of data in which Li Lei has an address for his calendar program. */
async function dataWithFeed(): Promise<{ folder: string; path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'guagua-feed-'))
  cleanUps.push(() => rm(folder, { recursive: true, force: true }))
  const db = await openScheduleDatabase(join(folder, 'schedules.sqlite'))
  const store = createScheduleStore({ db, now: Date.now, timeZone: 'Asia/Shanghai' })
  const token = await store.feedToken(seedIds.guild, seedIds.users.liLei)
  await store.close()
  return { folder, path: `/calendar/${token}.ics` }
}

function run(env: Record<string, string>) {
  const child = spawn(process.execPath, startCommand(), {
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  cleanUps.push(async () => child.kill('SIGKILL'))
  return child
}

async function start(env: Record<string, string>): Promise<{ port: number }> {
  const { stdout } = run(env)
  for await (const line of createInterface(stdout)) {
    const port = /Open http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1]
    if (port !== undefined) {
      // What nobody reads would stop the program.
      stdout.resume()
      return { port: Number(port) }
    }
  }
  throw new Error('it ended')
}

/** fetch() does not let a caller choose Host and Origin. */
async function get(port: number, path: string, headers: Record<string, string> = {}) {
  const asked = request({ host: '127.0.0.1', port, path, headers })
  asked.end()
  // What `response` is emitted with.
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  return {
    status: response.statusCode,
    type: response.headers['content-type'],
    retryAfter: response.headers['retry-after'],
    body: await text(response),
  }
}

describe('the calendar feed behind a reverse proxy', () => {
  const foreign = { Host: 'guagua.example.com' }
  const rebound = { Host: 'evil.example', Origin: 'http://evil.example' }
  const variants: { name: string; env: Record<string, string>; refused: number }[] = [
    { name: 'without API keys', env: {}, refused: 403 },
    { name: 'with API keys', env: { API_KEYS: 'sk-one' }, refused: 404 },
  ]
  for (const { name, env, refused } of variants) {
    it(`is reached by any name ${name}, and nothing else is`, async () => {
      const { folder, path } = await dataWithFeed()
      const { port } = await start({
        DATA_DIR: folder,
        PUBLIC_URL: 'https://guagua.example.com',
        ...env,
      })
      for (const headers of [{}, foreign, { ...foreign, Origin: 'https://calendar.example' }]) {
        const { status, type, body } = await get(port, path, headers)
        assert.equal(status, 200)
        assert.equal(type, 'text/calendar; charset=utf-8')
        assert.match(body, /^BEGIN:VCALENDAR\r\n/)
      }
      for (const headers of [foreign, rebound]) {
        for (const other of ['/', '/calendar', '/api/v10/users/@me', `/${path}`]) {
          assert.equal((await get(port, other, headers)).status, refused, other)
        }
        const { status } = await get(port, '/v1/models', headers)
        assert.equal(status, env['API_KEYS'] === undefined ? 403 : 401)
      }
      assert.equal((await get(port, '/')).status, 200)
    })
  }
})

describe('the calendar feed while the bot is not connected', () => {
  it('asks programs to come again, and forgets no calendar', async () => {
    const { folder, path } = await dataWithFeed()
    // Discord takes the connection and never answers.
    const discord = createServer(() => {})
    const asked = once(discord, 'request')
    discord.listen(0, '127.0.0.1')
    await once(discord, 'listening')
    cleanUps.push(async () => {
      discord.close()
      discord.closeAllConnections()
    })
    const port = await freePort()
    const child = run({
      DATA_DIR: folder,
      PORT: `${port}`,
      DISCORD_TOKEN: 'a.b.c',
      DISCORD_API_URL: `http://127.0.0.1:${portOf(discord)}/api`,
    })
    child.stdout.resume()
    await asked
    const { status, retryAfter } = await get(port, path)
    assert.equal(status, 503)
    assert.equal(retryAfter, '60')
    assert.equal((await get(port, `/calendar/${'A'.repeat(43)}.ics`)).status, 404)
  })
})

/** A server that listens on TCP has an address of this shape. */
const portOf = (server: ReturnType<typeof createServer>) => (server.address() as AddressInfo).port

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server)
  server.close()
  await once(server, 'close')
  return port
}
