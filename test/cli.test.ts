import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'

import BetterSqlite from 'better-sqlite3'
import OpenAI from 'openai'

import { createPostgresStore } from '../src/assistants/store/postgres.ts'
import { createSqliteStore } from '../src/assistants/store/sqlite.ts'
import type { Store } from '../src/assistants/store/store.ts'
import { createLogger } from '../src/log.ts'
import { exportedMessage, exportedThread, spring, threadId } from './assistants/import/exports.ts'
import { createTestDatabase, withoutServer } from './helpers/postgres.ts'
import { startCommand, type StartScript } from './helpers/start-command.ts'

const cleanUps: (() => Promise<unknown>)[] = []
after(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp()
})

const log = createLogger({ level: 'silent', pretty: false })

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'guagua-cli-'))
  cleanUps.push(() => rm(folder, { recursive: true, force: true }))
  return folder
}

type Env = Record<string, string>

function run(script: StartScript, args: string[], env: Env): ChildProcess {
  const child = spawn(process.execPath, [...startCommand(script), ...args], {
    // Nothing of the tester's own environment may reach it.
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  cleanUps.push(async () => child.kill('SIGKILL'))
  return child
}

/** Runs a command to its end. */
async function guagua(args: string[], env: Env) {
  const child = run('guagua', args, env)
  let out = ''
  let err = ''
  child.stdout?.on('data', (data: Buffer) => (out += data.toString()))
  child.stderr?.on('data', (data: Buffer) => (err += data.toString()))
  const [code] = await once(child, 'close')
  return { code, out, err }
}

async function serve(env: Env) {
  const child = run('serve', [], env)
  assert.ok(child.stdout)
  let baseURL: string | undefined
  for await (const line of createInterface(child.stdout)) {
    baseURL = /OPENAI_BASE_URL=(http:\S+)/.exec(line)?.[1]
    if (baseURL !== undefined) break
  }
  // Or it would stop at a full pipe.
  child.stdout.resume()
  assert.ok(baseURL !== undefined)
  return {
    client: new OpenAI({ baseURL, apiKey: 'any', maxRetries: 0 }),
    stop: async () => {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function exportFile(folder: string, ...objects: unknown[]): Promise<string> {
  const path = join(folder, 'export.jsonl')
  await writeFile(path, objects.map((object) => `${JSON.stringify(object)}\n`).join(''))
  return path
}

/** Cells of a table's line, by its first one. */
function cellsOf(table: string, first: string): string[] {
  const line = table.split('\n').find((each) => each.startsWith(first))
  return line?.trim().split(/ {2,}/).slice(1) ?? []
}

/** A completion and an embedding of today, the first of which has a price. */
async function recordUsage(store: Store): Promise<void> {
  const createdAt = Math.floor(Date.now() / 1000)
  const usage = {
    prompt_tokens: 1200,
    completion_tokens: 34,
    total_tokens: 1234,
    cached_tokens: 200,
  }
  const common = { createdAt, kind: 'completions' as const, project: 'default' }
  await store.recordUsage({
    ...common,
    apiKeyId: 'key_1',
    model: 'a',
    usage: { ...usage, cost: 0.0125 },
  })
  await store.recordUsage({ ...common, kind: 'embeddings', apiKeyId: null, model: 'b', usage })
}

describe('guagua import', () => {
  it('brings history that the server then goes on with', async () => {
    const folder = await newFolder()
    const env = { DATA_DIR: folder }
    const path = await exportFile(folder, exportedThread(), exportedMessage(2), exportedMessage(1))
    const dry = await guagua(['import', path, '--dry-run'], env)
    assert.deepEqual([dry.code, cellsOf(dry.out, 'messages')], [0, ['2', '0', '0']])
    assert.match(dry.out, /Nothing was written/)
    const first = await guagua(['import', path], env)
    assert.deepEqual([first.code, first.err], [0, ''])
    assert.deepEqual(cellsOf(first.out, 'threads'), ['1', '0', '0'])
    assert.deepEqual(cellsOf(first.out, 'messages'), ['2', '0', '0'])
    const again = await guagua(['import', path], env)
    assert.deepEqual([again.code, cellsOf(again.out, 'messages')], [0, ['0', '2', '0']])

    const { client, stop } = await serve(env)
    const { assistants, threads } = client.beta
    const assistant = await assistants.create({ model: 'guagua-demo' })
    const run = await threads.runs.createAndPoll(threadId, { assistant_id: assistant.id })
    assert.equal(run.status, 'completed')
    const { data } = await threads.messages.list(threadId)
    assert.deepEqual(
      data.slice(1).map(({ id }) => id),
      ['msg_2', 'msg_1'],
    )
    await stop()
    // What was read is not left behind.
    const left = (await readdir(folder)).filter(
      (name) => !/^(assistants\.sqlite|export)/.test(name),
    )
    assert.deepEqual(left, [])
  })

  it('tells what it skipped, where and why, in the language of the terminal', async () => {
    const folder = await newFolder()
    const path = await exportFile(
      folder,
      exportedMessage(1),
      exportedMessage(2, { role: 'tool' }),
      {
        object: 'vector_store',
        id: 'vs_1',
      },
    )
    const env = { DATA_DIR: folder, LC_ALL: 'zh_CN.UTF-8' }
    const { code, out } = await guagua(['import', path], env)
    assert.equal(code, 2)
    assert.match(out, /已导入 +已存在 +已跳过/)
    assert.match(
      out,
      /1 {2}不是该 API 返回的样子\n +\S+export\.jsonl:2 {2}msg_2 {2}Invalid value: 'tool'/,
    )
    assert.match(
      out,
      /1 {2}文件和 vector store，不会搬过来\n +\S+export\.jsonl:3 {2}vs_1 {2}vector_store/,
    )
    assert.match(out, /有 1 个 thread 不在文件里/)
  })

  it('reads the files of a folder, and of those below it', async () => {
    const folder = await newFolder()
    const exports = join(folder, 'exports')
    await mkdir(join(exports, 'more'), { recursive: true })
    await exportFile(exports, exportedThread(), exportedMessage(1))
    await exportFile(join(exports, 'more'), exportedMessage(2))
    await writeFile(join(exports, '.hidden.json'), 'nothing')
    await writeFile(join(exports, 'README.md'), 'nothing')
    const env = { DATA_DIR: folder }
    const { code, out } = await guagua(['import', exports], env)
    assert.deepEqual([code, cellsOf(out, 'messages')], [0, ['2', '0', '0']])
    const empty = await guagua(['import', await newFolder()], env)
    assert.equal(empty.code, 1)
    assert.match(empty.err, /^Error: \S+ cannot be read \(no \.json, .* files in it\)\n$/)
  })

  it('shows what others wrote as text in a line, and no more of it than that takes', async () => {
    const folder = await newFolder()
    const id = `msg_\u001b[2J\n${'x'.repeat(10_000)}`
    const path = await exportFile(folder, exportedMessage(1, { id }))
    const { code, out } = await guagua(['import', path], { DATA_DIR: folder })
    assert.equal(code, 2)
    assert.ok(!out.includes('\u001b'))
    assert.match(out, /export\.jsonl:1 {2}msg_ \[2J x+… {2}Invalid 'id'/)
    assert.ok(out.split('\n').every((line) => line.length < 700))
  })

  it('goes on to its end when nobody reads what it says', async () => {
    const folder = await newFolder()
    const path = await exportFile(folder, exportedMessage(1), exportedMessage(2, { role: 'tool' }))
    const child = run('guagua', ['import', path], { DATA_DIR: folder })
    child.stdout?.destroy()
    let err = ''
    child.stderr?.on('data', (data: Buffer) => (err += data.toString()))
    const [code] = await once(child, 'close')
    assert.deepEqual([code, err], [2, ''])
    assert.equal(countMessages(join(folder, 'assistants.sqlite')).size, 1)
  })

  it('says that the server must be stopped first', async () => {
    const folder = await newFolder()
    const path = await exportFile(folder, exportedMessage(1))
    const { stop } = await serve({ DATA_DIR: folder })
    const { code, err } = await guagua(['import', path], { DATA_DIR: folder })
    assert.equal(code, 1)
    assert.match(err, /^Error: .*assistants\.sqlite is in use by a server\. Stop the server/)
    await stop()
  })

  it('is finished by a second one after SIGKILL, and has no half of a thread', async () => {
    const folder = await newFolder()
    const [threads, messages] = [2000, 5]
    const objects = Array.from({ length: threads * messages }, (_, index) =>
      exportedMessage(index, {
        thread_id: `thread_${index % threads}`,
        created_at: spring + index,
      }),
    )
    const path = await exportFile(folder, ...objects)
    const env = { DATA_DIR: folder }
    const child = run('guagua', ['import', path], env)
    const ended = once(child, 'exit')
    const database = join(folder, 'assistants.sqlite')
    while ((countMessages(database).size ?? 0) === 0 && child.exitCode === null)
      await setImmediate()
    child.kill('SIGKILL')
    await ended
    const kept = countMessages(database)
    // It was in the middle of it.
    assert.ok(kept.size > 0 && kept.size < threads, `${kept.size} of ${threads}`)
    for (const count of kept.values()) assert.equal(count, messages)

    const { code, out } = await guagua(['import', path], env)
    assert.equal(code, 0)
    const [imported, known] = cellsOf(out, 'messages').map(Number)
    assert.equal(known, kept.size * messages)
    assert.equal((imported ?? 0) + (known ?? 0), threads * messages)
    assert.equal(countMessages(database).size, threads)
  })
})

/** Messages by thread; none while there is no table. */
function countMessages(path: string): Map<string, number> {
  let database: BetterSqlite.Database | undefined
  try {
    database = new BetterSqlite(path, { readonly: true, fileMustExist: true })
    const rows = database
      .prepare<[], { id: string; count: number }>(
        'select thread_id as id, count(*) as count from messages group by thread_id',
      )
      .all()
    return new Map(rows.map(({ id, count }) => [id, count]))
  } catch {
    return new Map()
  } finally {
    database?.close()
  }
}

describe('guagua usage', () => {
  it('shows tokens and dollars, while the server is running too', async () => {
    const folder = await newFolder()
    const store = await createSqliteStore({ path: join(folder, 'assistants.sqlite'), log })
    await recordUsage(store)
    await store.close()
    const env = { DATA_DIR: folder }
    const { stop } = await serve(env)
    const byModel = await guagua(['usage', '--by', 'model'], env)
    assert.deepEqual([byModel.code, byModel.err], [0, ''])
    assert.deepEqual(cellsOf(byModel.out, 'a '), ['1', '1,200', '200', '34', '$0.012500'])
    assert.deepEqual(cellsOf(byModel.out, 'b '), ['1', '1,200', '200', '34', 'unknown'])
    assert.deepEqual(cellsOf(byModel.out, 'total'), ['2', '2,400', '400', '68', '$0.012500+'])
    assert.match(byModel.out, /1 request is of a model whose price is not known/)
    const today = new Date().toISOString().slice(0, 10)
    const byDay = await guagua(['usage', '--days', '2'], env)
    assert.deepEqual(cellsOf(byDay.out, today).length, 5)
    const byKey = await guagua(['usage', '--by', 'key', '--project', 'default'], env)
    assert.deepEqual(cellsOf(byKey.out, 'key_1')[0], '1')
    assert.deepEqual(cellsOf(byKey.out, '(none)')[0], '1')
    const ofOther = await guagua(['usage', '--project', 'other'], env)
    assert.match(ofOther.out, /No model has been used/)
    await stop()
  })

  it('names assistants, with what a run really took', async () => {
    const folder = await newFolder()
    const env = { DATA_DIR: folder }
    const { client, stop } = await serve(env)
    const { id } = await client.beta.assistants.create({ model: 'guagua-demo', name: '瓜瓜' })
    const run = await client.beta.threads.createAndRunPoll({
      assistant_id: id,
      thread: { messages: [{ role: 'user', content: 'hello' }] },
    })
    assert.ok(run.usage)
    const { out } = await guagua(['usage', '--by', 'assistant'], { ...env, LANG: 'zh_CN.UTF-8' })
    assert.match(out, /输入 token/)
    const cells = cellsOf(out, `${id} 瓜瓜`)
    assert.equal(Number(cells[1]?.replace(',', '')), run.usage.prompt_tokens)
    await stop()
  })

  it('keeps a table a table, whatever models are called', async () => {
    const folder = await newFolder()
    const env = { DATA_DIR: folder }
    const path = join(folder, 'assistants.sqlite')
    const store = await createSqliteStore({ path, log })
    const createdAt = Math.floor(Date.now() / 1000)
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
    const costs = { '🎓 tutor': 12_345.678, 通义千问: 1e-9, 'a\u001b[2J\nb': 0 }
    for (const [model, cost] of Object.entries(costs)) {
      await store.recordUsage({
        createdAt,
        kind: 'completions',
        project: 'default',
        apiKeyId: null,
        model,
        usage: { ...usage, cost },
      })
    }
    await store.close()
    const { out } = await guagua(['usage', '--by', 'model'], env)
    const [, tutor, chinese, strange] = out.split('\n')
    // In places of a terminal, in which these are two wide.
    assert.equal(tutor?.replace('🎓', 'xx').length, strange?.length)
    assert.equal(chinese?.replace('通义千问', 'xxxxxxxx').length, strange?.length)
    assert.match(tutor ?? '', / \$12,345\.68$/)
    assert.match(chinese ?? '', / <\$0\.000001$/)
    assert.match(strange ?? '', /^a \[2J b .* \$0\.000000$/)

    const database = new BetterSqlite(path)
    database.exec(`
      with recursive n (i) as (select 1 union all select i + 1 from n where i < 10001)
      insert into usage_records (created_at, kind, project, model, thread_id, prompt_tokens,
        cached_tokens, completion_tokens, reasoning_tokens)
      select ${createdAt}, 'completions', 'default', 'm', 'thread_' || i, 1, 0, 1, 0 from n`)
    database.close()
    const tooMany = await guagua(['usage', '--by', 'thread'], env)
    assert.deepEqual([tooMany.code, tooMany.out], [1, ''])
    assert.match(tooMany.err, /^Error: there would be more than 10,000 lines.*\n$/)
  })

  it('says so if there is no store', async () => {
    const { code, err } = await guagua(['usage'], { DATA_DIR: await newFolder() })
    assert.equal(code, 1)
    assert.match(err, /^Error: .*assistants\.sqlite cannot be read .* Has the server been started/)
  })
})

describe('guagua on Postgres', { skip: withoutServer }, () => {
  it('imports and counts while servers go on', async () => {
    const database = await createTestDatabase()
    cleanUps.push(() => database.drop())
    const folder = await newFolder()
    const env = { DATA_DIR: folder, DATABASE_URL: database.url }
    const { client, stop } = await serve(env)
    const path = await exportFile(folder, exportedThread(), exportedMessage(1))
    const imported = await guagua(['import', path], env)
    assert.deepEqual([imported.code, cellsOf(imported.out, 'messages')], [0, ['1', '0', '0']])
    const { data } = await client.beta.threads.messages.list(threadId)
    assert.equal(data[0]?.id, 'msg_1')
    const store = await createPostgresStore({ url: database.url, log })
    await recordUsage(store)
    await store.close()
    const { out } = await guagua(['usage', '--by', 'model'], env)
    assert.deepEqual(cellsOf(out, 'total'), ['2', '2,400', '400', '68', '$0.012500+'])
    await stop()
  })
})

describe('guagua', () => {
  it('explains itself', async () => {
    const help = await guagua(['--help'], {})
    assert.equal(help.code, 0)
    assert.match(help.out, /Usage: guagua [^]*import [^]*usage /)
    const chinese = await guagua(['import', '--help'], { LANG: 'zh_CN.UTF-8' })
    assert.match(chinese.out, /用法： guagua import [^]*参数：[^]*选项：[^]*默认 default/)
    const alone = await guagua([], {})
    assert.equal(alone.code, 1)
    assert.match(alone.err, /Usage: guagua/)
  })

  const wrong: [string[], RegExp][] = [
    [['exprot'], /there is no such command/],
    [['import'], /something is missing: file/],
    [['import', '/nowhere/export.json'], /\/nowhere\/export\.json cannot be read \(ENOENT\)/],
    [['import', '--fast', 'x'], /there is no such option: --fast/],
    [['import', '--project', 'a b', 'x'], /that value cannot be used: --project/],
    [['usage', '--by', 'colour'], /that value cannot be used: --by/],
    [['usage', '--days', '0'], /that value cannot be used: --days/],
    [['usage', 'much'], /too many arguments/],
  ]
  it('says in one line what is wrong with a command', async () => {
    const DATA_DIR = await newFolder()
    await Promise.all(
      wrong.map(async ([args, line]) => {
        const { code, out, err } = await guagua(args, { DATA_DIR })
        assert.deepEqual([code, out], [1, ''], args.join(' '))
        assert.match(err, line)
        assert.match(err, /^Error: .*\n(See guagua --help\.\n)?$/)
      }),
    )
  })

  it('lists the problems of the configuration, and an unreachable database', async () => {
    const wrongPort = await guagua(['usage'], { PORT: 'abc' })
    assert.equal(wrongPort.code, 1)
    assert.match(wrongPort.err, /PORT: expected a whole number/)
    const away = await guagua(['usage'], { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing' })
    assert.equal(away.code, 1)
    assert.match(
      away.err,
      /^Error: the database at DATABASE_URL cannot be reached \(connect ECONNREFUSED [^)]*\)\n$/,
    )
  })
})
