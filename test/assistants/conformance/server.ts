import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import { serve } from '@hono/node-server'
import OpenAI from 'openai'

import type { AppDeps } from '../../../src/assistants/app.ts'
import { createTestRuntime, type TestRuntime, type TestRuntimeOptions } from '../runtime.ts'
import { operations, problemWith } from './document.ts'
import { toEvents } from './events.ts'

/** The runtime behind real HTTP, whose every answer is held against the document. */
export interface ConformanceServer extends TestRuntime {
  origin: string
  /** The newest SDK, over HTTP. */
  sdk: OpenAI
  /** Names of the operations that were asked for. */
  driven: Set<string>
  /** The answers that are not what the document says, once every body is there. */
  problems(): Promise<string[]>
  /** A request as it stands, with the beta header; a body that is not a string is sent as JSON. */
  send(method: string, path: string, options?: SendOptions): Promise<Response>
}

export interface SendOptions {
  body?: unknown
  headers?: Record<string, string>
}

export async function createConformanceServer(
  options: Partial<AppDeps> = {},
  parts: Pick<TestRuntimeOptions, 'createDriver' | 'createTools'> = {},
): Promise<ConformanceServer> {
  const runtime = await createTestRuntime({ now: options.now ?? Date.now, ...parts })
  const app = runtime.createApp(options)
  const driven = new Set<string>()
  const found: string[] = []
  const checks: Promise<void>[] = []

  const server = serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url)
      const path = pathname.replace(/^\/(v1|openai\/v1|openai)(?=\/)/, '')
      const response = await app.fetch(request)
      const operation = operations.find((each) => each.matches(request.method, path))
      if (operation) driven.add(operation.name)
      checks.push(check(response.clone(), { method: request.method, path, operation }))
      return response
    },
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  const origin = `http://127.0.0.1:${port}`

  async function check(
    response: Response,
    { method, path, operation }: { method: string; path: string; operation?: Operation },
  ): Promise<void> {
    const where = `${method} ${path} ${response.status}`
    try {
      for (const problem of await problemsOf(response, operation)) {
        found.push(`${where}: ${problem}`)
      }
    } catch (error) {
      // A client that leaves in the middle of a stream has no answer to check.
      if (!(error instanceof Error && error.name === 'AbortError')) {
        found.push(`${where}: ${String(error)}`)
      }
    }
  }

  return {
    ...runtime,
    origin,
    sdk: new OpenAI({ apiKey: 'any', baseURL: `${origin}/v1`, maxRetries: 0 }),
    driven,
    async problems() {
      await Promise.all(checks.splice(0))
      return found.splice(0)
    },
    send(method, path, { body, headers = {} } = {}) {
      const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body)
      return fetch(`${origin}/v1${path}`, {
        method,
        headers: { 'openai-beta': 'assistants=v2', ...headers },
        ...(text !== undefined && { body: text }),
      })
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      if ('closeAllConnections' in server) server.closeAllConnections()
      await closed
      await runtime.close()
    },
  }
}

type Operation = (typeof operations)[number] | undefined

async function problemsOf(response: Response, operation: Operation): Promise<string[]> {
  const type = response.headers.get('content-type')
  const requestId = response.headers.get('x-request-id') ?? ''
  const problems = [
    /^req_\w{24}$/.test(requestId) ? null : `x-request-id: ${requestId}`,
    ...(type === 'text/event-stream; charset=utf-8'
      ? problemsOfEvents(await response.text())
      : [type === expectedType(response, operation) ? null : `content-type: ${type}`]),
  ]
  if (type === 'application/json') {
    const body: unknown = await response.json()
    const schema = response.status === 200 ? operation?.schema : 'ErrorResponse'
    if (schema === undefined) problems.push('an answer that the document does not know')
    else problems.push(problemWith(schema, body))
    const isOther = response.status !== 200 && (response.status < 400 || response.status >= 500)
    if (isOther) problems.push(`status ${response.status}: ${JSON.stringify(body)}`)
  }
  return problems.filter((problem) => problem !== null)
}

/** Only the content of a file is what it is. */
function expectedType({ ok }: Response, operation: Operation): string {
  const isContent = ok && operation?.name === 'GET /files/{file_id}/content'
  return isContent ? 'application/octet-stream' : 'application/json'
}

function problemsOfEvents(stream: string): (string | null)[] {
  const events = toEvents(stream)
  const last = events.at(-1)?.event === 'done' ? null : 'the stream does not end in done'
  return [last, ...events.map((event) => problemWith('AssistantStreamEvent', event))]
}
