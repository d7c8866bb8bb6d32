import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type OpenAI from 'openai'

import { createTestRuntime, type TestRuntime } from '../runtime.ts'
import { refusal } from './refusal.ts'

const include = 'step_details.tool_calls[*].file_search.results[*].content'

let runtime: TestRuntime
let steps: OpenAI.Beta.Threads.Runs.Steps
let thread_id: string
let run_id: string
before(async () => {
  runtime = await createTestRuntime()
  const { assistants, threads } = runtime.client.beta
  steps = threads.runs.steps
  const tools: OpenAI.Beta.FunctionTool[] = [{ type: 'function', function: { name: 'now' } }]
  const { id: assistant_id } = await assistants.create({ model: 'scripted', tools })
  runtime.model.script({ toolCalls: [{ name: 'now', arguments: '{}' }] }, 'It is noon.')
  const run = await threads.createAndRunPoll(
    { assistant_id, thread: { messages: [{ role: 'user', content: 'what time is it' }] } },
    { pollIntervalMs: 5 },
  )
  thread_id = run.thread_id
  run_id = run.id
  const [call] = run.required_action?.submit_tool_outputs.tool_calls ?? []
  await threads.runs.submitToolOutputsAndPoll(
    run.id,
    { thread_id, tool_outputs: [{ tool_call_id: call?.id ?? '', output: '12:00' }] },
    { pollIntervalMs: 5 },
  )
})
after(() => runtime.close())

describe('GET …/steps', () => {
  it('lists what the run did, newest first', async () => {
    const { data } = await steps.list(run_id, { thread_id })
    assert.deepEqual(
      data.map(({ type, status }) => [type, status]),
      [
        ['message_creation', 'completed'],
        ['tool_calls', 'completed'],
      ],
    )
    const details = data[1]?.step_details
    const [call] = details?.type === 'tool_calls' ? details.tool_calls : []
    assert.deepEqual(call?.type === 'function' && call.function, {
      name: 'now',
      arguments: '{}',
      output: '12:00',
    })
  })

  it('pages', async () => {
    const ids: string[] = []
    for await (const { id } of steps.list(run_id, { thread_id, limit: 1, order: 'asc' })) {
      ids.push(id)
    }
    assert.equal(ids.length, 2)
    const before = await steps.list(run_id, { thread_id, order: 'asc', before: ids[1] ?? '' })
    assert.deepEqual(
      before.data.map(({ id }) => id),
      [ids[0]],
    )
  })

  it('takes include in the encodings that clients use', async () => {
    assert.equal((await steps.list(run_id, { thread_id, include: [include] })).data.length, 2)
    const names = ['include[]', 'include%5B%5D', 'include']
    for (const name of names) {
      for (const value of [include, encodeURIComponent(include)]) {
        const path = `/v1/threads/${thread_id}/runs/${run_id}/steps?${name}=${value}`
        const headers = { 'openai-beta': 'assistants=v2' }
        assert.equal((await runtime.app.request(path, { headers })).status, 200)
      }
    }
    // Not a legal value; a program without types may send it.
    const wrong = ['everything'] as unknown as [typeof include]
    const { param, code } = await refusal(steps.list(run_id, { thread_id, include: wrong }))
    assert.deepEqual([param, code], ['include[0]', 'invalid_value'])
  })

  it('answers 404 without the run', async () => {
    const { status, message } = await refusal(steps.list('run_none', { thread_id }))
    assert.deepEqual([status, message], [404, "No run found with id 'run_none'."])
  })
})

describe('GET …/steps/{step_id}', () => {
  it('retrieves one', async () => {
    const [step] = (await steps.list(run_id, { thread_id })).data
    assert.ok(step)
    assert.deepEqual(await steps.retrieve(step.id, { thread_id, run_id }), step)
  })

  it('answers 404 for another', async () => {
    const retrieve = steps.retrieve('step_none', { thread_id, run_id })
    const { status, message } = await refusal(retrieve)
    assert.deepEqual([status, message], [404, "No run step found with id 'step_none'."])
  })
})
