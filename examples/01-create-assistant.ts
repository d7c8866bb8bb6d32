// Creates the assistant 瓜瓜, which may ask for the function `ask_database`.

import type OpenAI from 'openai'

import { createClient, toJson, type Print } from './client.ts'
import { createGuagua } from './guagua.ts'
import { openSchedule } from './schedule.ts'

export async function main(client: OpenAI, print: Print = console.log): Promise<void> {
  const schedule = await openSchedule()
  try {
    print(toJson(await createGuagua(client, schedule.tools)))
  } finally {
    await schedule.close()
  }
}

if (import.meta.main) await main(createClient())
