// Messages belong to a thread. Their metadata can be changed, their content cannot.

import type OpenAI from 'openai'

import { createClient, toJson, type Print } from './client.ts'

export async function main(client: OpenAI, print: Print = console.log): Promise<void> {
  const { threads } = client.beta
  const { id: thread_id } = await threads.create()

  const message = await threads.messages.create(thread_id, {
    role: 'user',
    content: '你都能做什么？',
  })
  print(toJson(message))

  print(toJson(await threads.messages.retrieve(message.id, { thread_id })))

  const metadata = { modified: 'true', user: 'wzr' }
  print(toJson(await threads.messages.update(message.id, { thread_id, metadata })))
}

if (import.meta.main) await main(createClient())
