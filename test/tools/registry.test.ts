import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createLogger } from '../../src/log.ts'
import { createToolRegistry } from '../../src/tools/registry.ts'
import type { Tool } from '../../src/tools/tool.ts'

/** Answers its arguments. */
const echo: Tool = {
  definition: async ({ guildId }) => ({ name: 'echo', description: `for ${guildId}` }),
  run: async (args) => JSON.stringify(args),
}

function open(tools: Record<string, Tool> = { echo }) {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  const log = createLogger({ level: 'info', pretty: false, destination })
  const registry = createToolRegistry({ tools, log })
  const run = (call: { name: string; arguments: string }, signal = new AbortController().signal) =>
    registry.run(call, { guildId: '1', conversation: 'c', signal })
  return { registry, run, lines }
}

describe('createToolRegistry', () => {
  it('defines its tools as functions under their names', async () => {
    const { registry } = open({ echo, again: echo })
    assert.deepEqual(await registry.definitions({ guildId: '7' }), [
      { type: 'function', function: { name: 'echo', description: 'for 7' } },
      { type: 'function', function: { name: 'again', description: 'for 7' } },
    ])
  })

  it('runs a tool with the parsed arguments', async () => {
    const { run } = open()
    assert.equal(await run({ name: 'echo', arguments: ' {"a": [1, "课"]} ' }), '{"a":[1,"课"]}')
    assert.equal(await run({ name: 'echo', arguments: '' }), '{}')
  })

  for (const { call, answer } of [
    {
      call: { name: 'ask_databse', arguments: '{}' },
      answer: /^\{"error":"There is no function \\"ask_databse\\"\. Known functions: echo\."\}$/,
    },
    { call: { name: 'constructor', arguments: '{}' }, answer: /There is no function/ },
    { call: { name: '__proto__', arguments: '{}' }, answer: /There is no function/ },
    { call: { name: '\ud800'.repeat(1000), arguments: '{}' }, answer: /^.{50,200}$/ },
    {
      call: { name: 'echo', arguments: '{"query": "SELECT 1"' },
      answer: /^\{"error":"The arguments are not valid JSON: .+ Send one JSON object\."\}$/,
    },
    { call: { name: 'echo', arguments: 'SELECT 1' }, answer: /not valid JSON/ },
    {
      call: { name: 'echo', arguments: `"${'x'.repeat(100_000)}"` },
      answer: /The arguments have 100002 characters; at most 100000 are allowed\./,
    },
    { call: { name: 'echo', arguments: '['.repeat(90_000) }, answer: /not valid JSON/ },
  ]) {
    const shown = `${call.name.slice(0, 20)}(${call.arguments.slice(0, 30)})`
    it(`answers ${JSON.stringify(shown)} to the model`, async () => {
      const { run, lines } = open()
      assert.match(await run(call), answer)
      assert.deepEqual(lines, [])
    })
  }

  it('says that there are no functions when there are none', async () => {
    const { run } = open({})
    assert.match(await run({ name: 'x', arguments: '' }), /There are none\./)
  })

  it('logs a tool that throws and answers without its error', async () => {
    const broken: Tool = { ...echo, run: () => Promise.reject(new Error('secret detail')) }
    const { run, lines } = open({ broken })
    const answer = await run({ name: 'broken', arguments: '{}' })
    assert.match(answer, /^\{"error":"The function failed/)
    assert.ok(!answer.includes('secret'))
    assert.equal(lines.length, 1)
    assert.match(lines[0] ?? '', /secret detail.*tool failed/)
  })

  it('throws the reason of an aborted turn, before and while a tool runs', async () => {
    const turn = new AbortController()
    const stopped = new Error('stopped')
    const aborting: Tool = {
      ...echo,
      run: async () => {
        turn.abort(stopped)
        throw new Error('consequence')
      },
    }
    const { run, lines } = open({ aborting, echo })
    await assert.rejects(run({ name: 'aborting', arguments: '{}' }, turn.signal), stopped)
    await assert.rejects(run({ name: 'echo', arguments: '{}' }, turn.signal), stopped)
    assert.deepEqual(lines, [])
  })

  for (const character of ['x', '课', '😀']) {
    it(`cuts an endless output of ${character} between characters`, async () => {
      const long: Tool = { ...echo, run: async () => character.repeat(70_000) }
      const output = await open({ long }).run({ name: 'long', arguments: '{}' })
      assert.ok(Buffer.byteLength(output) <= 65_536)
      assert.ok(Buffer.byteLength(output) > 65_500)
      assert.ok(output.isWellFormed())
      assert.match(output, /\[cut: the output was longer than 64 kB\]$/)
    })
  }
})
