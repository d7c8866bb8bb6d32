import { InvalidRequestError, ProviderError } from '../errors.ts'
import type { Logger } from '../log.ts'
import { createAnswerStream } from './forward/answer-stream.ts'
import { toClientRefusal } from './forward/client-refusal.ts'
import { createUsageWish, type WithUsage } from './forward/usage-wish.ts'
import type { ForwardedAnswer, ForwardedRequest, Models } from './models.ts'
import { isRedirect, redirected, retryAfterMs, tookTooLong } from './provider-error.ts'

export interface ForwardOptions {
  /** Up to and including `/v1`. */
  baseURL: string
  /** Local servers need none. */
  apiKey?: string | undefined
  fetch?: typeof fetch | undefined
  /** Until the endpoint begins to answer; default 300 s, because an answer in one piece comes when it is whole. */
  answerTimeoutMs?: number | undefined
  /** Between two pieces of the answer, while somebody waits for them; default 60 s. */
  gapTimeoutMs?: number | undefined
  /** How long a client may leave a piece of the answer untaken; default 120 s. */
  clientTimeoutMs?: number | undefined
  /** Of the answer; default 256 MiB. */
  maxBytes?: number | undefined
  log: Logger
}

/** What the endpoint decides about the request itself, and so is told to whoever sent it. */
const clientStatuses = new Set([400, 404, 413, 422, 429])

/**
 * Passes requests to one endpoint as they are. Its answer is piped, not collected, and what it cost is
 * read in passing: a stream is asked for its count even if the client did not ask, and then the
 * count is taken out again.
 */
export function createForward({
  baseURL,
  apiKey,
  fetch: send = fetch,
  answerTimeoutMs = 300_000,
  gapTimeoutMs = 60_000,
  clientTimeoutMs = 120_000,
  maxBytes = 256 * 1024 * 1024,
  log: parentLog,
}: ForwardOptions): Models['forward'] {
  const log = parentLog.child({ module: 'forward' })
  const usageWish = createUsageWish()

  async function ask(
    { path, headers }: ForwardedRequest,
    body: object,
    signal: AbortSignal,
  ): Promise<Response> {
    return send(`${baseURL.replace(/\/+$/, '')}${path}`, {
      method: 'POST',
      headers: {
        ...headers,
        // Of what is compressed, a stream's pieces would wait for each other.
        'accept-encoding': 'identity',
        'content-type': 'application/json',
        authorization: `Bearer ${apiKey ?? 'none'}`,
      },
      body: JSON.stringify(body),
      // Nothing of the request, and no GET out of this network, may go wherever an answer says.
      redirect: 'manual',
      signal,
    })
  }

  /** The answer to be passed on: one that succeeded, or one that refuses the client's request. */
  async function exchange(
    request: ForwardedRequest,
    { body, mayRefuse, learn }: WithUsage,
    signal: AbortSignal,
  ): Promise<Response> {
    const response = await ask(request, body, signal)
    if (!clientStatuses.has(response.status)) {
      if (response.ok) learn('accepts')
      return response
    }
    const refusal = await toClientRefusal(response, { apiKey })
    if (!mayRefuse(refusal.status, refusal.said)) return refusal.toResponse()
    const again = await ask(request, request.body, signal)
    if (again.ok) learn('refuses')
    if (!clientStatuses.has(again.status)) return again
    return (await toClientRefusal(again, { apiKey })).toResponse()
  }

  return async function forward(request, { signal }): Promise<ForwardedAnswer> {
    signal.throwIfAborted()
    const { model, stream } = request.body
    const upstream = new AbortController()
    const watchdog = setTimeout(() => upstream.abort(tookTooLong()), answerTimeoutMs)
    const both = AbortSignal.any([signal, upstream.signal])
    try {
      const withUsage = usageWish.add(request)
      const response = await exchange(request, withUsage, both)
      if (clientStatuses.has(response.status)) return { response, usage: Promise.resolve(null) }
      const kind = kindOf(response, stream === true)
      const { body, usage } = await createAnswerStream(response.body, {
        kind,
        takeOutUsage: withUsage.isAdded,
        gapTimeoutMs,
        clientTimeoutMs,
        maxBytes,
        signal,
        abort: (reason) => upstream.abort(reason),
        onFailure: (err) => log.warn({ err, model }, 'model endpoint failed'),
      })
      return { response: new Response(body, { headers: { 'content-type': types[kind] } }), usage }
    } catch (error) {
      const failure = toFailure(error, { signal, upstream: upstream.signal })
      // Nothing more of this answer is wanted.
      upstream.abort(failure)
      if (failure instanceof ProviderError)
        log.warn({ err: failure, model }, 'model endpoint failed')
      throw failure
    } finally {
      clearTimeout(watchdog)
    }
  }
}

const types = {
  json: 'application/json',
  events: 'text/event-stream; charset=utf-8',
}

/** Throws for whatever is no answer of a model, such as the page of a proxy. */
function kindOf(response: Response, wantsStream: boolean): keyof typeof types {
  const { status } = response
  if (status === 401 || status === 403) {
    throw failed(`The model endpoint refused the API key (${status}).`, response)
  }
  if (isRedirect(status)) throw redirected(status)
  if (!response.ok) throw failed(`The model endpoint failed (${status}).`, response)
  const type = response.headers.get('content-type') ?? ''
  if (/event-stream/i.test(type)) return 'events'
  if (/json/i.test(type)) return 'json'
  // Some servers do not say what they send.
  if (type === '' || /text\/plain|octet-stream/i.test(type)) return wantsStream ? 'events' : 'json'
  throw failed('The model endpoint sent something that is no answer.', response)
}

function failed(message: string, { headers }: Response): ProviderError {
  return new ProviderError('server_error', message, { retryAfterMs: retryAfterMs(headers) })
}

function toFailure(
  error: unknown,
  { signal, upstream }: { signal: AbortSignal; upstream: AbortSignal },
): unknown {
  if (signal.aborted) return signal.reason
  if (error instanceof ProviderError || error instanceof InvalidRequestError) return error
  if (upstream.aborted) return upstream.reason
  return new ProviderError('server_error', 'The model endpoint cannot be reached.', {
    cause: error,
  })
}
