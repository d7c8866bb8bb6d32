// When the assistant needs a function, its run stops with the status `requires_action`. The program
// executes the function and submits what it answered, as often as the run asks.

import type OpenAI from 'openai'

import { createClient, toJson, type Print } from './client.ts'
import { createGuagua } from './guagua.ts'
import { openSchedule, type ScheduleTool } from './schedule.ts'

export async function main(client: OpenAI, print: Print = console.log): Promise<void> {
  const schedule = await openSchedule()
  try {
    await ask(client, { schedule, question: '下周二晚上有什么课？谁讲？', print })
  } finally {
    await schedule.close()
  }
}

async function ask(
  client: OpenAI,
  { schedule, question, print }: { schedule: ScheduleTool; question: string; print: Print },
): Promise<void> {
  const { threads } = client.beta
  const assistant = await createGuagua(client, schedule.tools)
  const { id: thread_id } = await threads.create({
    messages: [{ role: 'user', content: question }],
  })

  let run = await threads.runs.createAndPoll(thread_id, {
    assistant_id: assistant.id,
    additional_instructions: schedule.now,
  })
  while (run.status === 'requires_action') {
    print(toJson(run.required_action))
    const calls = run.required_action?.submit_tool_outputs.tool_calls ?? []
    const tool_outputs = await Promise.all(
      calls.map(async (call) => ({ tool_call_id: call.id, output: await schedule.run(call) })),
    )
    print(toJson(tool_outputs))
    run = await threads.runs.submitToolOutputsAndPoll(run.id, { thread_id, tool_outputs })
  }
  print(toJson(run))

  const [answer] = (await threads.messages.list(thread_id)).data
  print(toJson(answer))
}

if (import.meta.main) await main(createClient())
