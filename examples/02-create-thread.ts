// A thread holds one conversation. It can be made from nothing.

import type OpenAI from 'openai'

import { createClient, toJson, type Print } from './client.ts'

export async function main(client: OpenAI, print: Print = console.log): Promise<void> {
  const thread = await client.beta.threads.create()
  print(toJson(thread))
}

if (import.meta.main) await main(createClient())
