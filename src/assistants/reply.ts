import { performance } from 'node:perf_hooks'

import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

import { defaultProject } from './store/store.ts'

/** What the first middleware leaves for the handlers. */
export interface ApiEnv {
  Variables: {
    requestId: string
    /** On the clock of `performance.now()`. */
    startedAtMs: number
    /** Whose objects the request may see: the project of its key. */
    project: string
    /** What the key is called where it must not be told; null without keys. */
    apiKeyId: string | null
  }
}

export type ApiContext = Context<ApiEnv>

/** Between two looks at a run that is going on; without it the Node SDK waits 5 s (reference 9.1). */
const pollAfterMs = 250
/** The same for who is kept waiting for the answer anyway. */
const awaitAfterMs = 20

/** Tell proxies not to hold anything of a stream back. */
const untouched = { 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no' }

/** An object of the API. Success is always 200: some clients take anything else for an error. */
export function replyJson(context: ApiContext, body: object, status = 200): Response {
  const headers = commonHeaders(context)
  headers['content-type'] = 'application/json'
  // Every status comes from the table in error-response.ts, and each of them may have a body.
  return context.body(JSON.stringify(body), status as ContentfulStatusCode, headers)
}

/** An object that clients ask for again and again until it has changed. */
export function replyPollable(context: ApiContext, body: object): Response {
  const afterMs = isPollHelper(context) ? awaitAfterMs : pollAfterMs
  context.header('openai-poll-after-ms', String(afterMs))
  return replyJson(context, body)
}

/**
 * Whether the request comes from a polling helper of an SDK, which shows its caller nothing of a run
 * before it stops (reference 9.1).
 */
export function isPollHelper({ req }: ApiContext): boolean {
  return req.header('x-stainless-poll-helper') === 'true'
}

/** Server-sent events. */
export function replyEvents(context: ApiContext, events: ReadableStream<Uint8Array>): Response {
  const headers = commonHeaders(context)
  headers['content-type'] = 'text/event-stream; charset=utf-8'
  return context.body(events, 200, { ...headers, ...untouched })
}

/** An answer of a model endpoint, as it is. */
export function replyForwarded(
  context: ApiContext,
  { body, status, headers }: Pick<Response, 'status' | 'headers'> & { body: ReadableStream },
): Response {
  const isStream = headers.get('content-type')?.startsWith('text/event-stream') === true
  // The endpoint's side lets pass those that have a body only.
  return context.body(body, status as ContentfulStatusCode, {
    ...Object.fromEntries(headers),
    ...commonHeaders(context),
    ...(isStream && untouched),
  })
}

/** Content as it is, or, with null, only what is said of it. */
export function replyBytes(
  context: ApiContext,
  {
    status,
    body,
    headers,
  }: { status: number; body: ReadableStream<Uint8Array> | null; headers: Record<string, string> },
): Response {
  // Each of the route's may have no body.
  const code = status as ContentfulStatusCode
  const all = { ...commonHeaders(context), ...headers }
  return body === null ? context.body(null, code, all) : context.body(body, code, all)
}

/** The headers that clients of the hosted API know (reference 1.1). */
function commonHeaders(context: ApiContext): Record<string, string> {
  const { req, var: variables } = context
  // None yet where the key itself is refused.
  const { project = defaultProject } = variables as Partial<ApiEnv['Variables']>
  return {
    'x-request-id': variables.requestId,
    'openai-processing-ms': String(Math.round(performance.now() - variables.startedAtMs)),
    'openai-version': '2020-10-01',
    'openai-organization': req.header('openai-organization') ?? 'default',
    'openai-project': project,
  }
}
