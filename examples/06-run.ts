// A run lets an assistant answer a thread. `createAndPoll` waits until the run is over.

import type OpenAI from 'openai'

import { createClient, toJson, type Print } from './client.ts'
import { createGuagua } from './guagua.ts'

export async function main(client: OpenAI, print: Print = console.log): Promise<void> {
  const { threads } = client.beta
  const assistant = await createGuagua(client)
  const thread = await threads.create({ messages: [{ role: 'user', content: '你是谁？' }] })

  const run = await threads.runs.createAndPoll(thread.id, { assistant_id: assistant.id })
  print(toJson(run))
  if (run.status !== 'completed') return

  const [answer] = (await threads.messages.list(thread.id)).data
  print(toJson(answer))
}

if (import.meta.main) await main(createClient())
