import { createRequire } from 'node:module'

import OpenAI from 'openai'
import OpenAI6 from 'openai-6'

const require = createRequire(import.meta.url)
/** The SDK of the time when the API was new; it comes with a client that is pinned to it. */
const { OpenAI: OpenAI4 } = createRequire(require.resolve('experts'))('openai') as {
  OpenAI: typeof OpenAI6
}

export { OpenAI4, OpenAI6 }

/** What each version makes of the whole bytes of a stream: its helper's last run and messages. */
export const streamHelpers: Record<string, (stream: string) => Promise<HelperResult>> = {
  'openai 7.57': async (stream) => {
    const client = new OpenAI({ apiKey: 'any', fetch: answering(stream) })
    const helper = client.beta.threads.runs.stream('thread_1', { assistant_id: 'asst_1' })
    return { run: await helper.finalRun(), messages: await helper.finalMessages() }
  },
  'openai 6.0': async (stream) => {
    const client = new OpenAI6({ apiKey: 'any', fetch: answering(stream) })
    const helper = client.beta.threads.runs.stream('thread_1', { assistant_id: 'asst_1' })
    return { run: await helper.finalRun(), messages: await helper.finalMessages() }
  },
  'openai 4.104': async (stream) => {
    const client = new OpenAI4({ apiKey: 'any', fetch: answering(stream) })
    const helper = client.beta.threads.runs.stream('thread_1', { assistant_id: 'asst_1' })
    return { run: await helper.finalRun(), messages: await helper.finalMessages() }
  },
}

export interface HelperResult {
  run: { id: string; status: string }
  messages: { id: string; content: object[] }[]
}

function answering(stream: string): () => Promise<Response> {
  const headers = { 'content-type': 'text/event-stream; charset=utf-8' }
  return () => Promise.resolve(new Response(stream, { headers }))
}
