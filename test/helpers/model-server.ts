import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import type OpenAI from 'openai'

import { toResponsesFrames } from './responses-frames.ts'
import { finishReason, pieces, usageOf } from './scripted-reply.ts'

/**
 * A model endpoint over real HTTP whose intelligence is a script: the only thing that tests fake.
 * Speaks Chat Completions, where it streams if the request asks for it, else answers one JSON body,
 * and the Responses API, always streaming.
 */
export interface ModelServer {
  /** What `OPENAI_BASE_URL` would hold: `http://127.0.0.1:<port>/v1`. */
  baseURL: string
  /** Every answer asked for so far, in order of arrival. */
  requests: ModelServerRequest[]
  /** How often it was asked for its list of models. */
  readonly listed: number
  /** Queues replies; each answers one request, before the default behaviour does. */
  script(...replies: Reply[]): void
  /** The default behaviour once the queue is empty; without it: the text `OK`. */
  respond(handler: (body: ChatBody) => Reply | Promise<Reply>): void
  /** The request number `index` (from 0), as soon as it has arrived. */
  request(index: number): Promise<ModelServerRequest>
  close(): Promise<void>
}

export type ChatBody = OpenAI.Chat.ChatCompletionCreateParams

export interface ModelServerRequest {
  /** `/v1/chat/completions` or `/v1/responses`. */
  path: string
  /** Of `/chat/completions`; for the other path, see `responsesBody`. */
  body: ChatBody
  headers: IncomingHttpHeaders
  /** True once the client has gone away before the answer was whole. */
  disconnected: boolean
  /** Settles when the answer is out (`false`) or the client has gone away before (`true`). */
  closed: Promise<boolean>
}

/** A plain string is a text answer in one piece. */
export type Reply = string | ReplyParts

export interface ReplyParts {
  /** Each piece is one chunk. */
  text?: string | string[]
  refusal?: string
  toolCalls?: ScriptedToolCall[]
  /** Responses only: the encrypted content of a reasoning item before everything else. */
  reasoning?: string
  /** Round-robin fragments of several calls, as some endpoints send them. */
  interleave?: boolean
  /** Null: the endpoint does not count. Default: a count of made-up but constant size. */
  usage?: OpenAI.CompletionUsage | null
  /** Null: the stream ends without one. Default: `tool_calls` with calls, else `stop`. */
  finishReason?: string | null
  /** Any chunk objects, sent as they are instead of all of the above. */
  chunks?: unknown[]
  /** Bytes sent as the whole body of a 200 answer. */
  garbage?: string
  error?: ScriptedError
  /** The whole answer as it goes over the wire; status 200 unless it says otherwise. */
  raw?: { status?: number; headers?: Record<string, string>; body: string | Uint8Array }
  /** Nothing is sent, not even headers, before this settles or the client goes away. */
  hold?: Promise<unknown>
  /** Stops after so many chunks until the promise settles or the client goes away. */
  pause?: { afterChunks: number; until: Promise<unknown> }
  /** Destroys the connection after so many chunks. */
  breakAfterChunks?: number
}

export interface ScriptedToolCall {
  name: string
  /** Several pieces are several chunks. */
  arguments: string | string[]
  /** Default `call_<number>`; null: the endpoint sends none. */
  id?: string | null
  /** Default its position; null: the endpoint sends none. */
  index?: number | null
}

export interface ScriptedError {
  status: number
  message?: string
  type?: string
  code?: string
  headers?: Record<string, string>
}

/** Starts on a free port of the loopback. */
export async function createModelServer(): Promise<ModelServer> {
  const queue: Reply[] = []
  const requests: ModelServerRequest[] = []
  const waiting: { index: number; resolve(request: ModelServerRequest): void }[] = []
  let listed = 0
  let respond: (body: ChatBody) => Reply | Promise<Reply> = () => 'OK'

  const server = createServer((incoming, response) => {
    void (async () => {
      const bytes: Buffer[] = []
      for await (const chunk of incoming) bytes.push(chunk as Buffer) // no encoding is set
      const path = incoming.url?.split('?')[0] ?? ''
      if (path.endsWith('/models')) {
        listed += 1
        return sendJson(response, 200, modelList)
      }
      if (!path.endsWith('/chat/completions') && !path.endsWith('/responses')) {
        return sendJson(response, 404, { error: { message: `no ${path}`, type: null, code: null } })
      }
      const body = JSON.parse(Buffer.concat(bytes).toString('utf8')) as ChatBody // our own driver's
      const { promise: closed, resolve: setClosed } = Promise.withResolvers<boolean>()
      const request: ModelServerRequest = {
        path,
        body,
        headers: incoming.headers,
        disconnected: false,
        closed,
      }
      response.once('close', () => {
        request.disconnected = !response.writableFinished
        setClosed(request.disconnected)
      })
      requests.push(request)
      for (const waiter of waiting) {
        if (waiter.index === requests.length - 1) waiter.resolve(request)
      }
      const reply = queue.shift() ?? (await respond(body))
      await send(response, typeof reply === 'string' ? { text: reply } : reply, request)
    })().catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // a TCP server that listens

  return {
    baseURL: `http://127.0.0.1:${port}/v1`,
    requests,
    get listed() {
      return listed
    },
    script: (...replies) => void queue.push(...replies),
    respond: (handler) => void (respond = handler),
    request(index) {
      const seen = requests[index]
      if (seen) return Promise.resolve(seen)
      return new Promise((resolve) => waiting.push({ index, resolve }))
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

const modelList = {
  object: 'list',
  data: [{ id: 'scripted', object: 'model', created: 1_700_000_000, owned_by: 'test' }],
}

async function send(response: ServerResponse, reply: ReplyParts, request: ModelServerRequest) {
  const gone = request.closed
  if (reply.hold) await Promise.race([reply.hold, gone])
  if (request.disconnected) return
  if (reply.error) return sendError(response, reply.error)
  if (reply.raw) {
    response.writeHead(reply.raw.status ?? 200, reply.raw.headers)
    return void response.end(reply.raw.body)
  }
  if (reply.garbage !== undefined) {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    return void response.end(reply.garbage)
  }
  if (!request.body.stream) return sendJson(response, 200, toCompletion(reply, request.body.model))

  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.flushHeaders()
  let sent = 0
  for (const frame of toFrames(reply, request)) {
    if (reply.pause?.afterChunks === sent) await Promise.race([reply.pause.until, gone])
    if (request.disconnected) return
    if (reply.breakAfterChunks === sent) return void response.destroy()
    response.write(frame)
    sent += 1
    // Lets what was written reach the socket before it is possibly destroyed.
    if (reply.breakAfterChunks !== undefined) await new Promise(setImmediate)
  }
  if (reply.pause && reply.pause.afterChunks >= sent) {
    await Promise.race([reply.pause.until, gone])
  }
  if (reply.breakAfterChunks !== undefined) return void response.destroy()
  const isChat = !request.path.endsWith('/responses')
  if (!request.disconnected) response.end(isChat ? 'data: [DONE]\n\n' : '')
}

function toFrames(reply: ReplyParts, { path, body }: ModelServerRequest): string[] {
  if (path.endsWith('/responses')) return toResponsesFrames(reply, body.model)
  return toChunks(reply, body).map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`)
}

function toChunks(reply: ReplyParts, { model, stream_options }: ChatBody): unknown[] {
  if (reply.chunks) return reply.chunks
  const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model }
  const delta = (value: object, finish_reason: string | null = null) => ({
    ...head,
    choices: [{ index: 0, delta: value, finish_reason }],
  })
  const chunks: unknown[] = [delta({ role: 'assistant', content: '' })]
  for (const text of pieces(reply.text ?? [])) chunks.push(delta({ content: text }))
  if (reply.refusal !== undefined) chunks.push(delta({ refusal: reply.refusal }))
  for (const fragment of toolCallFragments(reply)) chunks.push(delta({ tool_calls: [fragment] }))
  const reason = finishReason(reply)
  if (reason !== null) chunks.push(delta({}, reason))
  const usage = usageOf(reply)
  if (usage && stream_options?.include_usage) chunks.push({ ...head, choices: [], usage })
  return chunks
}

function toolCallFragments({ toolCalls = [], interleave = false }: ReplyParts): object[] {
  const perCall = toolCalls.map((call, position) => {
    const index = call.index === null ? {} : { index: call.index ?? position }
    const id = call.id === null ? {} : { id: call.id ?? `call_${position + 1}` }
    const [first = '', ...rest] = pieces(call.arguments)
    return [
      { ...index, ...id, type: 'function', function: { name: call.name, arguments: first } },
      ...rest.map((text) => ({ ...index, function: { arguments: text } })),
    ]
  })
  if (!interleave) return perCall.flat()
  const longest = Math.max(0, ...perCall.map((fragments) => fragments.length))
  return Array.from({ length: longest }, (_, round) =>
    perCall.flatMap((fragments) => fragments.slice(round, round + 1)),
  ).flat()
}

function toCompletion(reply: ReplyParts, model: string) {
  const calls = reply.toolCalls?.map((call, position) => ({
    id: call.id ?? `call_${position + 1}`,
    type: 'function',
    function: { name: call.name, arguments: pieces(call.arguments).join('') },
  }))
  const text = pieces(reply.text ?? []).join('')
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text === '' ? null : text,
          refusal: reply.refusal ?? null,
          ...(calls ? { tool_calls: calls } : {}),
        },
        finish_reason: finishReason(reply),
      },
    ],
    usage: usageOf(reply),
  }
}

function sendError(response: ServerResponse, { status, headers, ...error }: ScriptedError) {
  const { message = 'scripted failure', type = 'server_error', code = null } = error
  sendJson(response, status, { error: { message, type, param: null, code } }, headers)
}

// oxlint-disable-next-line max-params -- a status line, a body and headers are one answer
function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}
