// A thread can be made together with its first messages. They are listed newest first.

import type OpenAI from 'openai'

import { createClient, toJson, type Print } from './client.ts'

export async function main(client: OpenAI, print: Print = console.log): Promise<void> {
  const { threads } = client.beta
  const thread = await threads.create({
    messages: [
      { role: 'user', content: '你好' },
      { role: 'assistant', content: '有什么可以帮您？' },
      { role: 'user', content: '你是谁？' },
    ],
  })
  print(toJson(thread))

  const page = await threads.messages.list(thread.id)
  print(toJson(page.data))
}

if (import.meta.main) await main(createClient())
