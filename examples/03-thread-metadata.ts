// A thread carries metadata, such as whose it is. Who keeps its id finds it again later.

import type OpenAI from 'openai'

import { createClient, toJson, type Print } from './client.ts'

export async function main(client: OpenAI, print: Print = console.log): Promise<void> {
  const { threads } = client.beta
  const thread = await threads.create({ metadata: { fullname: '王卓然', username: 'wzr' } })
  print(toJson(thread))

  print(toJson(await threads.retrieve(thread.id)))

  const metadata = { fullname: '王卓然', username: 'wzr', level: '进阶' }
  print(toJson(await threads.update(thread.id, { metadata })))

  print(toJson(await threads.delete(thread.id)))
}

if (import.meta.main) await main(createClient())
