import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'

import OpenAI from 'openai'

import type { Reply } from '../../helpers/model-server.ts'
import {
  createFakeTools,
  insertVectorStore,
  passage,
  whenAborted,
  type FakeTools,
} from '../runs/tool-fakes.ts'
import { readStream, toEvents, type WireEvent } from './events.ts'
import { streamHelpers } from './sdks.ts'
import { createConformanceServer, type ConformanceServer } from './server.ts'

type Run = OpenAI.Beta.Threads.Run
type Step = OpenAI.Beta.Threads.Runs.RunStep
type Message = OpenAI.Beta.Threads.Message

const content = 'step_details.tool_calls[*].file_search.results[*].content'
const tools: OpenAI.Beta.AssistantTool[] = [
  { type: 'file_search' },
  { type: 'code_interpreter' },
  { type: 'function', function: { name: 'first' } },
]
const ranking_options = { ranker: 'default_2024_08_21', score_threshold: 0 }
const search = (query: string, id = 'call_s') => ({
  id,
  name: 'file_search',
  arguments: JSON.stringify({ queries: [query] }),
})
const python = (code: string, id = 'call_p') => ({
  id,
  name: 'python',
  arguments: JSON.stringify({ code }),
})
const stepOpens = ['run.step.created', 'run.step.in_progress']
const opening = ['run.created', 'run.queued', 'run.in_progress']
const messageOpens = [...stepOpens, 'message.created', 'message.in_progress']
const messageCloses = ['message.completed', 'run.step.completed', 'run.completed', 'done']

let server: ConformanceServer
let fake: FakeTools
let assistant_id: string
let thread_id: string
let storeId: string
before(async () => {
  server = await createConformanceServer({}, { createTools: (deps) => created(deps) })
  const { assistants } = server.sdk.beta
  assistant_id = (await assistants.create({ model: 'scripted', tools, instructions: 'i' })).id
  storeId = await insertVectorStore(server.store)
})
after(() => server.close())
beforeEach(async () => {
  Object.assign(fake, createFakeTools(), { create: fake.create })
  thread_id = await newThread()
})
afterEach(async () => assert.deepEqual(await server.problems(), []))

function created(deps: Parameters<FakeTools['create']>[0]) {
  fake = createFakeTools()
  return fake.create(deps)
}

/** With a vector store, which the fake search does not look at. */
async function newThread(): Promise<string> {
  const { id } = await server.sdk.beta.threads.create({
    messages: [{ role: 'user', content: 'hi' }],
  })
  const tool_resources = { file_search: { vector_store_ids: [storeId] } }
  await server.store.updateThread(id, { tool_resources })
  return id
}

interface Seen {
  text: string
  events: WireEvent[]
  names: string[]
  run: Run
}

/** A streamed run of what the model will answer, as the helpers of every SDK read it too. */
async function stream(replies: Reply[], settings: object = {}, query = ''): Promise<Seen> {
  server.model.script(...replies)
  const body = { assistant_id, stream: true, ...settings }
  const path = `/threads/${thread_id}/runs${query}`
  const text = await readStream(await server.send('POST', path, { body })).whole()
  return seen(text)
}

async function seen(text: string): Promise<Seen> {
  const events = toEvents(text)
  const last = events.findLast(({ event }) => /^thread\.run\.[a-z_]+$/.test(event))
  assert.ok(last)
  const run = last.data as Run
  const messages = dataOf<Message>(events, 'message.completed')
  for (const [version, read] of Object.entries(streamHelpers)) {
    const result = await read(text)
    assert.equal(result.run.status, run.status, version)
    assert.equal(result.messages.length, messages.length, version)
  }
  for (const message of messages) {
    const { id, thread_id: of } = message
    assert.deepEqual(
      await server.sdk.beta.threads.messages.retrieve(id, { thread_id: of }),
      message,
    )
  }
  const names = events.map(({ event }) => event.replace(/^thread\./, ''))
  return { text, events, names, run }
}

function dataOf<T>(events: WireEvent[], name: string): T[] {
  // The server has held every event against its schema.
  return events.flatMap(({ event, data }) => (event === `thread.${name}` ? [data as T] : []))
}

function toolDeltas(events: WireEvent[]): unknown[] {
  return dataOf<OpenAI.Beta.Threads.Runs.RunStepDeltaEvent>(events, 'run.step.delta').flatMap(
    ({ delta }) =>
      delta.step_details?.type === 'tool_calls' ? (delta.step_details.tool_calls ?? []) : [],
  )
}

function contentDeltas(events: WireEvent[]): unknown[] {
  const deltas = dataOf<OpenAI.Beta.Threads.MessageDeltaEvent>(events, 'message.delta')
  return deltas.flatMap(({ delta }) => delta.content ?? [])
}

function callsOf(step: Step | undefined): OpenAI.Beta.Threads.Runs.ToolCall[] {
  assert.equal(step?.step_details.type, 'tool_calls')
  return step.step_details.tool_calls
}

/** What the model was told last, by tool call. */
function toldAt(request: number): Record<string, string> {
  const messages = server.model.requests[request]?.body.messages ?? []
  return Object.fromEntries(
    messages.flatMap((message) =>
      message.role === 'tool' && typeof message.content === 'string'
        ? [[message.tool_call_id, message.content]]
        : [],
    ),
  )
}

describe('file_search in a run (4.6)', () => {
  it('streams in the order of the hosted API, with the citation in its delta', async () => {
    fake.search = () => [
      passage('The exam is 【0:9†x】 on Friday.', { page: 12, heading: 'Dates' }),
      passage('Bring a pen.', { fileId: 'file-2', filename: '讲义3.pdf', attributes: { week: 3 } }),
    ]
    const first = server.model.requests.length
    const { events, names, run } = await stream([
      { toolCalls: [search('exam')] },
      { text: ['𝔸 Friday【0', ':0†notes', '.pdf】【0:1†讲义3.pdf】', ', not 【9:9†x】.'] },
    ])
    assert.deepEqual(names, [
      ...opening,
      ...stepOpens,
      'run.step.delta',
      'run.step.completed',
      ...messageOpens,
      ...Array<string>(4).fill('message.delta'),
      ...messageCloses,
    ])
    assert.deepEqual(toolDeltas(events), [
      {
        index: 0,
        id: 'call_s',
        type: 'file_search',
        file_search: { ranking_options, results: [] },
      },
    ])
    const [step] = dataOf<Step>(events, 'run.step.completed')
    const results = [
      { file_id: 'file-notes', file_name: 'notes.pdf', score: 0.5 },
      { file_id: 'file-2', file_name: '讲义3.pdf', score: 0.5, attributes: { week: 3 } },
    ]
    assert.deepEqual(callsOf(step), [
      { id: 'call_s', type: 'file_search', file_search: { ranking_options, results } },
    ])
    assert.equal(step?.usage?.total_tokens, 25)
    assert.equal(run.usage?.total_tokens, 50)

    const value = '𝔸 Friday【0:0†notes.pdf】【0:1†讲义3.pdf】, not 【9:9†x】.'
    const citation = (text: string, file_id: string) => {
      const start_index = Array.from(value.slice(0, value.indexOf(text))).length
      const end_index = start_index + text.length
      return { type: 'file_citation', text, start_index, end_index, file_citation: { file_id } }
    }
    const cited = [
      citation('【0:0†notes.pdf】', 'file-notes'),
      citation('【0:1†讲义3.pdf】', 'file-2'),
    ]
    assert.deepEqual(contentDeltas(events), [
      { index: 0, type: 'text', text: { value: '𝔸 Friday', annotations: [] } },
      ...cited.map((annotation, index) => {
        const file_citation = { ...annotation.file_citation, quote: '' }
        const annotations = [{ index, ...annotation, file_citation }]
        return { index: 0, type: 'text', text: { value: annotation.text, annotations } }
      }),
      { index: 0, type: 'text', text: { value: ', not 【9:9†x】.' } },
    ])
    const [message] = dataOf<Message>(events, 'message.completed')
    assert.deepEqual(message?.content, [{ type: 'text', text: { value, annotations: cited } }])
    assert.deepEqual(fake.searches, [
      {
        vectorStoreIds: [storeId],
        queries: ['exam'],
        maxResults: 20,
        scoreThreshold: 0,
        maxTokens: 15_000,
      },
    ])
    assert.deepEqual(fake.waits, [{ vectorStoreId: storeId, timeoutMs: 60_000 }])
    // What stands in a passage cannot pass for a marker.
    const told = toldAt(first + 1)['call_s'] ?? ''
    assert.match(
      told,
      /【0:0†notes\.pdf】, page 12, under “Dates”\nThe exam is 〖0:9‡x〗 on Friday\.\n【end】/,
    )
    assert.match(told, /【0:1†讲义3\.pdf】\nBring a pen\.\n【end】$/)
  })

  it('shows the text of results where it is asked for, and only there', async () => {
    fake.search = () => [passage('Text.')]
    const replies = [{ toolCalls: [search('x')] }, 'Done']
    const { run, events } = await stream(replies, {}, `?include[]=${encodeURIComponent(content)}`)
    const shown = [{ type: 'text', text: 'Text.' }]
    const withContent = (step: Step | undefined) => {
      const [call] = callsOf(step)
      return call?.type === 'file_search' && call.file_search.results?.[0]?.content
    }
    const [streamed] = dataOf<Step>(events, 'run.step.completed')
    assert.deepEqual(withContent(streamed), shown)
    const { steps } = server.sdk.beta.threads.runs
    const query = { thread_id, order: 'asc' as const }
    const plain = await steps.list(run.id, query)
    assert.equal(withContent(plain.data[0]), undefined)
    const whole = await steps.list(run.id, { ...query, include: [content] })
    assert.deepEqual(withContent(whole.data[0]), shown)
    const place = { thread_id, run_id: run.id }
    const id = plain.data[0]?.id ?? ''
    assert.deepEqual(await steps.retrieve(id, place), plain.data[0])
    assert.deepEqual(await steps.retrieve(id, { ...place, include: [content] }), whole.data[0])
    const [call] = callsOf(whole.data[0])
    assert.ok(call?.type === 'file_search')
    assert.deepEqual(Object.keys(call.file_search), ['ranking_options', 'results'])
  })

  it('numbers the searches of a thread on, and knows what earlier messages cite', async () => {
    fake.search = () => [passage('One.', { fileId: `file-${fake.searches.length}` })]
    const ask = [{ toolCalls: [search('x')] }]
    await stream([...ask, 'A【0:0†notes.pdf】'])
    await server.sdk.beta.threads.messages.create(thread_id, { role: 'user', content: 'and?' })
    const { events } = await stream([
      ...ask,
      'B【1:0†notes.pdf】【0:0†notes.pdf】【2:0†notes.pdf】',
    ])
    const [message] = dataOf<Message>(events, 'message.completed')
    const [block] = message?.content ?? []
    assert.ok(block?.type === 'text')
    assert.deepEqual(
      block.text.annotations.map((each) =>
        each.type === 'file_citation' ? [each.text, each.file_citation.file_id] : [],
      ),
      [
        ['【1:0†notes.pdf】', 'file-2'],
        ['【0:0†notes.pdf】', 'file-1'],
      ],
    )
  })

  it('takes its settings from the tool', async () => {
    const file_search = {
      max_num_results: 7,
      ranking_options: { ranker: 'auto', score_threshold: 0.4 },
    }
    const settings = { tools: [{ type: 'file_search', file_search }] }
    const { events } = await stream([{ toolCalls: [search('x')] }, 'Done'], settings)
    assert.partialDeepStrictEqual(fake.searches, [{ maxResults: 7, scoreThreshold: 0.4 }])
    const [call] = callsOf(dataOf<Step>(events, 'run.step.completed')[0])
    assert.deepEqual(call?.type === 'file_search' && call.file_search.ranking_options, {
      ranker: 'default_2024_08_21',
      score_threshold: 0.4,
    })
  })

  it('tells the model what went wrong, and the run goes on', async () => {
    const at = server.model.requests.length
    fake.search = () => Promise.reject(new Error('down'))
    await server.store.updateThread(thread_id, { tool_resources: {} })
    const nothing = { ...search('x', 'call_none') }
    const broken = { name: 'file_search', arguments: '{"text":"x"}', id: 'call_bad' }
    const first = await stream([{ toolCalls: [nothing, broken] }, 'Done'])
    assert.equal(first.run.status, 'completed')
    assert.deepEqual(toldAt(at + 1), {
      call_none: 'There are no files to search: none are attached.',
      call_bad:
        'The arguments are not understood. Call it with {"queries": ["…"]}, one to five short texts.',
    })
    thread_id = await newThread()
    const second = await stream([{ toolCalls: [search('x')] }, 'Done'])
    assert.equal(second.run.status, 'completed')
    assert.deepEqual(toldAt(at + 3), {
      call_s: 'The files cannot be searched at the moment. Tell the user so.',
    })
    assert.match(server.logged.splice(0).join(), /files could not be searched/)
  })

  it('is forced by tool_choice, in the first turn only', async () => {
    const at = server.model.requests.length
    const settings = { tool_choice: { type: 'file_search' } }
    await stream([{ toolCalls: [search('x')] }, 'Done'], settings)
    const choices = server.model.requests.slice(at).map(({ body }) => body.tool_choice)
    assert.deepEqual(choices, [{ type: 'function', function: { name: 'file_search' } }, undefined])
  })

  it('leaves the names of functions to the user', async () => {
    const at = server.model.requests.length
    const taken = { type: 'function', function: { name: 'file_search' } }
    // As it comes back, to the letter: with the model's reasoning it counts.
    const written = '{ "queries": ["x"] }'
    const call = { ...search('x'), name: 'file_search_tool', arguments: written }
    const { run } = await stream([{ toolCalls: [call] }, 'Done'], {
      tools: [{ type: 'file_search' }, taken],
      tool_choice: { type: 'file_search' },
    })
    assert.equal(run.status, 'completed')
    assert.equal(fake.searches.length, 1)
    const [first, second] = server.model.requests.slice(at)
    assert.deepEqual(
      first?.body.tools?.map((tool) => tool.type === 'function' && tool.function.name),
      ['file_search', 'file_search_tool'],
    )
    const asked = second?.body.messages.find(({ role }) => role === 'assistant')
    assert.partialDeepStrictEqual(asked, {
      tool_calls: [{ id: 'call_s', function: { name: 'file_search_tool', arguments: written } }],
    })
  })

  it('that is called for ever ends with the run', async () => {
    server.model.respond(() => ({ toolCalls: [search('again')] }))
    const { run } = await stream([])
    server.model.respond(() => 'OK')
    assert.equal(run.status, 'failed')
    assert.equal(run.last_error?.message, 'The run took more than 64 turns.')
    assert.equal(fake.searches.length, 64)
    server.logged.splice(0)
  })
})

describe('code_interpreter in a run (4.7)', () => {
  const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47])

  it('streams its input, its outputs and its picture', async () => {
    fake.run = () => [
      { type: 'logs', logs: '4\n' },
      { type: 'image', filename: 'figure-1.png', content: png },
    ]
    fake.session.set('/mnt/data/a b.csv', Buffer.from('x,y\n'))
    const code = 'print("四\\n", 2 + 2)'
    const pieces = JSON.stringify({ code }).split(/(?<=[a-z]|\\)/)
    const at = server.model.requests.length
    const { events, names } = await stream([
      { text: 'Let me see.', toolCalls: [{ id: 'call_p', name: 'python', arguments: pieces }] },
      { text: ['It is 4: [table](sand', 'box:/mnt/data/a b.csv), not sandbox:/mnt/data/none.'] },
    ])
    const inputs = toolDeltas(events).slice(1, -2) as { code_interpreter: { input: string } }[]
    assert.equal(inputs.map(({ code_interpreter: { input } }) => input).join(''), code)
    assert.ok(inputs.length > 5)
    assert.deepEqual(names, [
      ...opening,
      ...messageOpens,
      'message.delta',
      'message.completed',
      'run.step.completed',
      ...stepOpens,
      ...Array<string>(1 + inputs.length + 2).fill('run.step.delta'),
      'run.step.completed',
      ...messageOpens,
      ...Array<string>(5).fill('message.delta'),
      ...messageCloses,
    ])
    const code_interpreter = { input: '', outputs: [] }
    assert.deepEqual(toolDeltas(events)[0], {
      index: 0,
      id: 'call_p',
      type: 'code_interpreter',
      code_interpreter,
    })
    const [, step] = dataOf<Step>(events, 'run.step.completed')
    const [call] = callsOf(step)
    assert.ok(call?.type === 'code_interpreter')
    const [, image] = call.code_interpreter.outputs
    assert.ok(image?.type === 'image')
    const outputs = [{ type: 'logs', logs: '4\n' }, image]
    assert.deepEqual(call.code_interpreter, { input: code, outputs })
    assert.deepEqual(
      toolDeltas(events).slice(-2),
      outputs.map((output, index) => ({
        index: 0,
        type: 'code_interpreter',
        code_interpreter: { outputs: [{ index, ...output }] },
      })),
    )
    const picture = {
      type: 'image_file',
      image_file: { file_id: image.image.file_id, detail: 'auto' },
    }
    assert.deepEqual(contentDeltas(events)[1], { index: 0, ...picture })
    const [, message] = dataOf<Message>(events, 'message.completed')
    const [block, text] = message?.content ?? []
    assert.deepEqual(block, picture)
    assert.ok(text?.type === 'text')
    const value = 'It is 4: [table](sandbox:/mnt/data/a b.csv), not sandbox:/mnt/data/none.'
    assert.equal(text.text.value, value)
    const [path] = text.text.annotations
    assert.ok(path?.type === 'file_path' && text.text.annotations.length === 1)
    assert.equal(path.text, 'sandbox:/mnt/data/a b.csv')
    assert.equal(value.slice(path.start_index, path.end_index), path.text)
    const file_id = path.file_path.file_id
    assert.deepEqual(message?.attachments, [{ file_id, tools: [{ type: 'code_interpreter' }] }])
    const { files } = server.client
    assert.partialDeepStrictEqual(await files.retrieve(file_id), {
      filename: 'a b.csv',
      purpose: 'assistants_output',
    })
    assert.equal(await (await files.content(file_id)).text(), 'x,y\n')
    const drawn = await (await files.content(image.image.file_id)).arrayBuffer()
    assert.deepEqual(new Uint8Array(drawn), png)
    assert.match(toldAt(at + 1)['call_p'] ?? '', /^4\n\n\[picture 1: the user sees it/)
  })

  it('calls back to the listeners of the SDK as the hosted API did', async () => {
    fake.run = () => [
      { type: 'logs', logs: '4' },
      { type: 'image', filename: 'f.png', content: png },
    ]
    const heard: string[] = []
    server.model.script({ toolCalls: [search('x'), python('2+2')] }, 'Done')
    const helper = server.sdk.beta.threads.runs
      .stream(thread_id, { assistant_id })
      .on('toolCallCreated', (call) => heard.push(`created ${call.type}`))
      .on('toolCallDelta', (delta) => heard.push(`delta ${delta.type}`))
      .on('toolCallDone', (call) => heard.push(`done ${call.type}`))
      .on('imageFileDone', () => heard.push('image'))
      .on('textCreated', () => heard.push('text'))
      .on('textDone', ({ value }) => heard.push(`text ${value}`))
    await helper.finalRun()
    assert.deepEqual(heard, [
      'created file_search',
      'done file_search',
      'created code_interpreter',
      'delta code_interpreter',
      'delta code_interpreter',
      'delta code_interpreter',
      'done code_interpreter',
      // The helper looks for what is done after it has shown what is new.
      'text',
      'image',
      'text Done',
    ])
  })

  it('brings the files of the thread and of the assistant', async () => {
    const { files, beta } = server.client
    const upload = async (text: string, name: string) =>
      (await files.create({ file: new File([text], name), purpose: 'assistants' })).id
    const [a, b] = [await upload('a', 'a.csv'), await upload('b', '数据.csv')]
    const own = { code_interpreter: { file_ids: [a] } }
    const settings = { model: 'scripted', tools, tool_resources: own }
    const { id } = await beta.assistants.create(settings)
    await beta.threads.update(thread_id, {
      tool_resources: { code_interpreter: { file_ids: [b, a] } },
    })
    const at = server.model.requests.length
    await stream([{ toolCalls: [python('1')] }, 'Done'], { assistant_id: id })
    const [asked] = fake.codes
    assert.equal(asked?.sessionId, thread_id)
    const { files: brought } = asked
    assert.deepEqual(
      brought.map(({ fileId, filename, bytes }) => [fileId, filename, bytes]),
      [
        [b, '数据.csv', 1],
        [a, 'a.csv', 1],
      ],
    )
    assert.equal(Buffer.concat(await Array.fromAsync(brought[0]?.read() ?? [])).toString(), 'b')
    const described = JSON.stringify(server.model.requests[at]?.body.tools)
    assert.match(described, /Files of the user, below \/mnt\/data: “数据\.csv”; “a\.csv”/)
  })

  it('tells the model what went wrong, and bounds what it prints', async () => {
    const at = server.model.requests.length
    fake.run = ({ code }) => {
      if (code === 'crash') throw new Error('down')
      return [{ type: 'logs', logs: '好'.repeat(100_000) }]
    }
    const bad = { name: 'python', arguments: '{"kode":1}', id: 'call_bad' }
    const calls = [python('crash', 'call_c'), bad, python('long', 'call_l')]
    const { run, events } = await stream([{ toolCalls: calls }, 'Done'])
    assert.equal(run.status, 'completed')
    const told = toldAt(at + 1)
    assert.equal(told['call_c'], 'Python cannot be run at the moment. Tell the user so.')
    assert.match(told['call_bad'] ?? '', /not understood/)
    assert.match(told['call_l'] ?? '', /^好+\n\[… \d+ bytes and some left out …\]\n好+$/)
    assert.ok(Buffer.byteLength(told['call_l'] ?? '') <= 20_000)
    const [, , long] = callsOf(dataOf<Step>(events, 'run.step.completed')[0])
    assert.ok(long?.type === 'code_interpreter')
    const [output] = long.code_interpreter.outputs
    const logs = output?.type === 'logs' ? output.logs : ''
    assert.ok(Buffer.byteLength(logs) <= 100_000 && Buffer.byteLength(logs) > 99_900)
    const messages = server.model.requests[at + 1]?.body.messages ?? []
    const asked = messages.find(({ role }) => role === 'assistant')
    // What made no sense goes back as it was.
    assert.partialDeepStrictEqual(asked, {
      tool_calls: [{}, { function: { arguments: bad.arguments } }],
    })
    server.logged.splice(0)
  })

  it('shows what it drew also where the model has nothing to say', async () => {
    fake.run = () => [{ type: 'image', filename: 'f.png', content: png }]
    const { run, events } = await stream([{ toolCalls: [python('draw')] }, { text: '' }])
    assert.equal(run.status, 'completed')
    const [message] = dataOf<Message>(events, 'message.completed')
    assert.deepEqual(
      message?.content.map(({ type }) => type),
      ['image_file'],
    )
  })

  it('ends at once when the run is cancelled', async () => {
    let stopped: unknown
    fake.run = (_code, signal) =>
      whenAborted(signal)
        .catch((reason: unknown) => (stopped = reason))
        .then(() => [])
    server.model.script({ toolCalls: [python('while True: pass')] })
    const body = { assistant_id, stream: true }
    const response = await server.send('POST', `/threads/${thread_id}/runs`, { body })
    const open = readStream(response)
    await open.until('True: pass')
    const [run] = (await server.sdk.beta.threads.runs.list(thread_id)).data
    await server.sdk.beta.threads.runs.cancel(run?.id ?? '', { thread_id })
    const { names, events } = await seen(await open.whole())
    assert.deepEqual(names.slice(-4), [
      'run.cancelling',
      'run.step.cancelled',
      'run.cancelled',
      'done',
    ])
    const [call] = callsOf(dataOf<Step>(events, 'run.step.cancelled')[0])
    assert.deepEqual(call?.type === 'code_interpreter' && call.code_interpreter, {
      input: 'while True: pass',
      outputs: [],
    })
    assert.equal(stopped, 'cancelled')
  })
})

describe('hosted tools and functions in one turn', () => {
  it('are executed, and the run waits only for the functions', async () => {
    fake.search = () => [passage('Text.')]
    fake.run = () => [{ type: 'logs', logs: '4' }]
    const at = server.model.requests.length
    const first = { name: 'first', arguments: '{}', id: 'call_f' }
    const { run, events } = await stream([{ toolCalls: [python('2+2'), first, search('x')] }])
    assert.equal(run.status, 'requires_action')
    assert.deepEqual(
      run.required_action?.submit_tool_outputs.tool_calls.map(({ id }) => id),
      ['call_f'],
    )
    const indices = toolDeltas(events).map((delta) => (delta as { index: number }).index)
    assert.deepEqual(
      indices,
      indices.toSorted((a, b) => a - b),
    )
    server.model.script('Done【0:0†notes.pdf】')
    const helper = server.sdk.beta.threads.runs.submitToolOutputsStream(run.id, {
      thread_id,
      tool_outputs: [{ tool_call_id: 'call_f', output: 'out' }],
    })
    const [message] = await helper.finalMessages()
    const [block] = message?.content ?? []
    assert.equal(block?.type === 'text' && block.text.annotations.length, 1)
    const told = toldAt(at + 1)
    assert.deepEqual(Object.keys(told), ['call_p', 'call_f', 'call_s'])
    assert.deepEqual([told['call_p'], told['call_f']], ['4', 'out'])
    const { data } = await server.sdk.beta.threads.runs.steps.list(run.id, {
      thread_id,
      order: 'asc',
    })
    assert.deepEqual(
      callsOf(data[0]).map(({ type }) => type),
      ['code_interpreter', 'function', 'file_search'],
    )
    // Once: neither was done again after the outputs came.
    assert.deepEqual([fake.codes.length, fake.searches.length], [1, 1])
  })
})
