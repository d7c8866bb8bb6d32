import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, describe, it } from 'node:test'

import OpenAI from 'openai'

import { seedIds } from '../src/local-discord/seed.ts'
import { connectUsers, type TestUser, userOf } from './helpers/local-discord.ts'
import { createModelServer } from './helpers/model-server.ts'
import { startCommand, type StartScript } from './helpers/start-command.ts'

const cleanUps: (() => Promise<unknown>)[] = []
after(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp()
})

interface Guagua {
  origin: string
  /** Sends the signal and waits for the end. */
  stop(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

async function dataDir(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'guagua-main-'))
  cleanUps.push(() => rm(folder, { recursive: true, force: true }))
  return folder
}

function run(env: Record<string, string>, script: StartScript = 'start'): ChildProcess {
  const child = spawn(process.execPath, startCommand(script), {
    // Nothing of the tester's own environment may reach it.
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', TZ: 'Asia/Shanghai', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  cleanUps.push(async () => child.kill('SIGKILL'))
  return child
}

/** Starts the program and waits for the line that says where to go. */
async function start(env: Record<string, string>, script: StartScript = 'start'): Promise<Guagua> {
  const child = run(env, script)
  const origin = await new Promise<string>((resolve, reject) => {
    const said: string[] = []
    assert.ok(child.stdout)
    createInterface(child.stdout).on('line', (line) => {
      said.push(line)
      const found = /(?:Open |OPENAI_BASE_URL=)(http:\/\/[\w.:]+)/.exec(line)?.[1]
      if (found !== undefined) resolve(found)
    })
    child.once('exit', () => reject(new Error(`it ended:\n${said.join('\n')}`)))
  })
  return {
    origin,
    async stop(signal) {
      const ended = once(child, 'exit')
      child.kill(signal)
      const [code, by] = await ended
      return { code, signal: by }
    },
  }
}

/** Runs the program to its end; answers its exit code and all that it said. */
async function runToEnd(env: Record<string, string>, script: StartScript = 'start') {
  const child = run(env, script)
  let said = ''
  child.stdout?.on('data', (data: Buffer) => (said += data.toString()))
  child.stderr?.on('data', (data: Buffer) => (said += data.toString()))
  const [code] = await once(child, 'close')
  return { code, said }
}

const channelId = seedIds.channels.random

/** Somebody in the class, seen by whoever asks. */
async function connectStudent(origin: string): Promise<TestUser> {
  const users = await connectUsers(origin)
  const student = userOf(users, seedIds.users.liLei)
  for (const user of users) if (user !== student) user.close()
  return student
}

async function asked(user: TestUser, text: string): Promise<string> {
  const question = await user.say(channelId, text, { mentionBot: true })
  const isAnswer = (content: string): boolean => content !== '' && !content.startsWith('-# ')
  const answer = await user.waitForMessage(
    channelId,
    ({ id, author, content }) =>
      author.bot === true && BigInt(id) > BigInt(question.id) && isAnswer(content),
  )
  return answer.content
}

/** The SDK with nothing but what the program prints. */
function clientOf({ origin }: Guagua, apiKey = 'any'): OpenAI {
  return new OpenAI({ baseURL: `${origin}/v1`, apiKey, maxRetries: 0 })
}

/** Makes node write the address of every module it loads into a file, one per line. */
function tracingTo(file: string): string {
  const hook = `
    import { appendFileSync } from 'node:fs'
    import { registerHooks } from 'node:module'
    registerHooks({
      load(url, context, next) {
        appendFileSync(${JSON.stringify(file)}, url + '\\n')
        return next(url, context)
      },
    })`
  return `--import data:text/javascript,${encodeURIComponent(hook)}`
}

/** The packages that a program has loaded when it is there. */
async function packagesOf(script: StartScript): Promise<Set<string>> {
  const folder = await dataDir()
  const file = join(folder, 'loaded.txt')
  const guagua = await start({ DATA_DIR: folder, NODE_OPTIONS: tracingTo(file) }, script)
  const trace = await readFile(file, 'utf8')
  await guagua.stop('SIGTERM')
  const names = trace.matchAll(/\/node_modules\/((?:@[^/]+\/)?[^/]+)\//g)
  return new Set([...names].map(([, name]) => name ?? ''))
}

describe('npm run serve', () => {
  it('answers the SDK from the demo, without Discord, and stops at once', async () => {
    const guagua = await start({ DATA_DIR: await dataDir() }, 'serve')
    const { beta } = clientOf(guagua)
    const assistant = await beta.assistants.create({ model: 'guagua-demo' })
    const thread = await beta.threads.create({ messages: [{ role: 'user', content: 'hello' }] })
    const run = await beta.threads.runs.createAndPoll(thread.id, { assistant_id: assistant.id })
    assert.equal(run.status, 'completed')
    const messages = await beta.threads.messages.list(thread.id)
    assert.deepEqual(
      messages.data.map(({ role }) => role),
      ['assistant', 'user'],
    )
    assert.equal((await fetch(`${guagua.origin}/healthz`)).status, 200)
    assert.equal((await fetch(guagua.origin)).status, 404)
    assert.deepEqual(await guagua.stop('SIGTERM'), { code: 0, signal: null })
  })

  it('serves other machines with keys alone', async () => {
    const env = { DATA_DIR: await dataDir(), HOST: '0.0.0.0' }
    const refused = await runToEnd(env, 'serve')
    assert.equal(refused.code, 1)
    assert.match(refused.said, /API_KEYS: required/)
    assert.doesNotMatch(refused.said, /DISCORD_TOKEN/)

    const guagua = await start({ ...env, API_KEYS: 'sk-one' }, 'serve')
    await assert.rejects(
      clientOf(guagua, 'sk-two').beta.assistants.list(),
      OpenAI.AuthenticationError,
    )
    assert.deepEqual((await clientOf(guagua, 'sk-one').beta.assistants.list()).data, [])
    await guagua.stop('SIGTERM')
  })

  it('loads neither Discord nor what another database needs', async () => {
    const loaded = await packagesOf('serve')
    assert.ok(loaded.has('better-sqlite3') && loaded.has('hono'))
    for (const heavy of ['discord.js', 'pg', 'pg-boss', 'sql.js', 'ws', 'keyv', 'commander']) {
      assert.ok(!loaded.has(heavy), `${heavy} is loaded`)
    }
  })
})

describe('npm start', () => {
  it('loads nothing that only Postgres or a command needs', async () => {
    const loaded = await packagesOf('start')
    assert.ok(loaded.has('discord.js'))
    for (const heavy of ['pg', 'pg-boss', 'commander', '@streamparser/json']) {
      assert.ok(!loaded.has(heavy), `${heavy} is loaded`)
    }
  })

  it('answers from the schedule with nothing configured, and says that it is a demo', async () => {
    const guagua = await start({ DATA_DIR: await dataDir() })
    const user = await connectStudent(guagua.origin)
    await user.say(channelId, '明天有什么课？谁讲？', { mentionBot: true })
    const { id } = await user.waitForMessage(
      channelId,
      ({ author, content }) => author.bot === true && /离线演示[^]*明天[^]*\d\d:\d\d/.test(content),
    )
    const contents = user.seen.get(id)?.contents ?? []
    assert.equal(contents[0], '-# 查询课程表…')
    user.close()
    assert.deepEqual(await guagua.stop('SIGTERM'), { code: 0, signal: null })
  })

  it('remembers after SIGKILL what was said before', async () => {
    const model = await createModelServer()
    cleanUps.push(() => model.close())
    model.respond(() => ({ text: 'I will remember that, whatever happens to me.' }))
    const env = { DATA_DIR: await dataDir(), OPENAI_BASE_URL: model.baseURL, OPENAI_MODEL: 'm' }

    const first = await start(env)
    const before = await connectStudent(first.origin)
    await asked(before, 'the password is swordfish')
    before.close()
    assert.deepEqual(await first.stop('SIGKILL'), { code: null, signal: 'SIGKILL' })

    const second = await start(env)
    const afterwards = await connectStudent(second.origin)
    await asked(afterwards, 'what is the password?')
    afterwards.close()
    const seen = model.requests.at(-1)?.body.messages.map(({ content }) => JSON.stringify(content))
    assert.ok(seen?.some((content) => content.includes('swordfish')))
    await second.stop('SIGTERM')
  })

  it('lists all problems of the configuration by variable name', async () => {
    const { code, said } = await runToEnd({ PORT: 'abc', DATABASE_URL: 'mysql://x' })
    assert.equal(code, 1)
    assert.match(said, /- DATABASE_URL: expected sqlite:[^]*- PORT: expected a whole number/)
  })

  it('leaves the data of one that is running alone, and says so', async () => {
    const env = { DATA_DIR: await dataDir() }
    const first = await start(env)
    const { code, said } = await runToEnd(env)
    assert.equal(code, 1)
    assert.match(said, /DATA_DIR or DATABASE_URL: .*assistants\.sqlite is in use/)
    await first.stop('SIGTERM')
  })

  it('says which variable to change when the port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    cleanUps.push(async () => server.close())
    const address = server.address()
    assert.ok(address !== null && typeof address === 'object')
    const { code, said } = await runToEnd({ DATA_DIR: await dataDir(), PORT: `${address.port}` })
    assert.equal(code, 1)
    assert.match(said, /PORT: \d+ on 127\.0\.0\.1 is taken/)
  })

  const unusable: {
    what: string
    env: (folder: string) => Promise<Record<string, string>>
    line: RegExp
  }[] = [
    {
      what: 'DATA_DIR is no folder',
      env: async (folder) => {
        await writeFile(join(folder, 'file'), '')
        return { DATA_DIR: join(folder, 'file') }
      },
      line: /DATA_DIR: .*file cannot be written to/,
    },
    {
      what: 'the store is no database',
      env: async (folder) => {
        await writeFile(join(folder, 'assistants.sqlite'), 'no database at all, '.repeat(100))
        return { DATA_DIR: folder }
      },
      line: /DATA_DIR or DATABASE_URL: .*assistants\.sqlite cannot be used \(file is not a database\)/,
    },
    {
      what: 'the database on a server can never be used',
      env: async (folder) => ({
        DATA_DIR: folder,
        DATABASE_URL: 'postgres://teacher:swordfish@127.0.0.1/class?schema=a-b',
      }),
      line: /"DATABASE_URL: the schema must be a name/,
    },
    {
      what: 'the conversations are a folder',
      env: async (folder) => {
        await mkdir(join(folder, 'conversations.sqlite'))
        return { DATA_DIR: folder }
      },
      line: /DATA_DIR or KEYV_URI: .*conversations\.sqlite cannot be used/,
    },
    {
      what: 'Discord cannot be reached',
      env: async (folder) => {
        const server = createServer().listen(0, '127.0.0.1')
        await once(server, 'listening')
        const address = server.address()
        assert.ok(address !== null && typeof address === 'object')
        server.close()
        await once(server, 'close')
        const DISCORD_API_URL = `http://127.0.0.1:${address.port}/api`
        return { DATA_DIR: folder, DISCORD_TOKEN: 'a.b.c', DISCORD_API_URL }
      },
      line: /Discord cannot be reached \(.*ECONNREFUSED/,
    },
  ]

  for (const { what, env, line } of unusable) {
    it(`ends with one line that helps when ${what}`, async () => {
      const { code, said } = await runToEnd(await env(await dataDir()))
      assert.equal(code, 1)
      assert.match(said, line)
      assert.doesNotMatch(said, /"stack"/)
    })
  }
})
