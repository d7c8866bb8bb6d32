/**
 * The least that a client of the API must do, so that what is measured is the server: one connection
 * per request in flight, kept alive, and no more parsing than is needed to know when a run is over.
 */
import { Agent, request, type IncomingMessage } from 'node:http'

export interface Client {
  /** Answers the JSON of a 200. */
  call<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<T>
  /** Creates a run and asks for it as the SDK's `createAndPoll` does; the time until it was seen to be over. */
  runAndPoll(threadId: string, body: object): Promise<number>
  /** Streams a run to its end. */
  runAndStream(threadId: string, body: object): Promise<StreamTimes>
  /** Streams a run; `started` settles with its first text, `done` at its end. */
  openStream(threadId: string, body: object): { started: Promise<void>; done: Promise<void> }
  close(): void
}

/** Milliseconds since the request was made. */
export interface StreamTimes {
  firstTextMs: number
  doneMs: number
}

const longestName = 'event: thread.message.delta\n'.length
const pending = new Set(['queued', 'in_progress', 'cancelling'])

export function createClient(baseUrl: string): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })

  function send(
    method: string,
    path: string,
    { body, headers }: { body?: object | undefined; headers?: Record<string, string> } = {},
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        `${baseUrl}${path}`,
        {
          agent,
          method,
          headers: {
            authorization: 'Bearer bench',
            'openai-beta': 'assistants=v2',
            ...(body && { 'content-type': 'application/json' }),
            ...headers,
          },
        },
        resolve,
      )
      outgoing.once('error', reject)
      outgoing.end(body && JSON.stringify(body))
    })
  }

  async function readJson<T>(answer: IncomingMessage): Promise<T> {
    let text = ''
    answer.setEncoding('utf8')
    for await (const chunk of answer) text += String(chunk)
    if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${text.slice(0, 500)}`)
    return JSON.parse(text) as T // what the API says it answers
  }

  async function stream(threadId: string, body: object, onFirstText: () => void): Promise<void> {
    const answer = await send('POST', `/threads/${threadId}/runs`, {
      body: { ...body, stream: true },
    })
    if (answer.statusCode !== 200) await readJson(answer)
    answer.setEncoding('utf8')
    let sawText = false
    let completed = false
    let tail = ''
    for await (const chunk of answer) {
      const text = tail + String(chunk)
      if (!sawText && text.includes('event: thread.message.delta\n')) {
        sawText = true
        onFirstText()
      }
      completed ||= text.includes('event: thread.run.completed\n')
      // An event's name may be cut by the end of a chunk.
      tail = text.slice(-longestName)
    }
    if (!completed) throw new Error(`the run of ${threadId} was not completed`)
  }

  return {
    call: async (method, path, body) => readJson(await send(method, path, { body })),
    async runAndPoll(threadId, body) {
      const startedAt = performance.now()
      const path = `/threads/${threadId}/runs`
      const { id } = await readJson<{ id: string }>(await send('POST', path, { body }))
      for (;;) {
        const headers = { 'x-stainless-poll-helper': 'true' }
        const answer = await send('GET', `${path}/${id}`, { headers })
        const { status } = await readJson<{ status: string }>(answer)
        if (status === 'completed') return performance.now() - startedAt
        if (!pending.has(status)) throw new Error(`run ${id} is ${status}`)
        const waitMs = Number(answer.headers['openai-poll-after-ms'] ?? 5000)
        await new Promise((resolve) => setTimeout(resolve, waitMs))
      }
    },
    async runAndStream(threadId, body) {
      const startedAt = performance.now()
      let firstTextMs = Number.NaN
      await stream(threadId, body, () => (firstTextMs = performance.now() - startedAt))
      return { firstTextMs, doneMs: performance.now() - startedAt }
    },
    openStream(threadId, body) {
      const { promise: started, resolve, reject } = Promise.withResolvers<void>()
      const done = stream(threadId, body, resolve)
      done.catch(reject)
      return { started, done }
    },
    close: () => agent.destroy(),
  }
}
