// The helper of the SDK streams a run. When it asks for a function, the answer goes on in the stream
// of the submitted outputs.

import type OpenAI from 'openai'
import type { AssistantStream } from 'openai/lib/AssistantStream'

import { createClient, toJson, type Print } from './client.ts'
import { createGuagua } from './guagua.ts'
import { openSchedule, type ScheduleTool } from './schedule.ts'

export async function main(client: OpenAI, print: Print = console.log): Promise<void> {
  const schedule = await openSchedule()
  try {
    const { threads } = client.beta
    const assistant = await createGuagua(client, schedule.tools)
    const thread = await threads.create({
      messages: [{ role: 'user', content: '王卓然这周有课吗？' }],
    })
    const stream = threads.runs.stream(thread.id, {
      assistant_id: assistant.id,
      additional_instructions: schedule.now,
    })
    await follow(stream, { client, schedule, print })
  } finally {
    await schedule.close()
  }
}

interface Conversation {
  client: OpenAI
  schedule: ScheduleTool
  print: Print
}

async function follow(stream: AssistantStream, conversation: Conversation): Promise<void> {
  const { client, schedule, print } = conversation
  stream.on('textDelta', ({ value }) => print(toJson({ textDelta: value })))
  stream.on('toolCallDone', (call) => print(toJson(call)))
  const run = await stream.finalRun()
  if (run.status !== 'requires_action') return print(toJson(await stream.finalMessages()))

  const calls = run.required_action?.submit_tool_outputs.tool_calls ?? []
  const tool_outputs = await Promise.all(
    calls.map(async (call) => ({ tool_call_id: call.id, output: await schedule.run(call) })),
  )
  const next = client.beta.threads.runs.submitToolOutputsStream(run.id, {
    thread_id: run.thread_id,
    tool_outputs,
  })
  await follow(next, conversation)
}

if (import.meta.main) await main(createClient())
