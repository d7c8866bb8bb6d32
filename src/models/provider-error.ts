import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai'

import { ProviderError } from '../errors.ts'

export interface EndpointErrorContext {
  model: string
  /** Never to be shown, wherever the endpoint may have put it. */
  apiKey: string | undefined
  /** What the endpoint was asked to speak. */
  dialect: 'Chat Completions' | 'Responses'
}

/**
 * What went wrong at a model endpoint, in a fixed sentence that a client can tell from the others
 * and that names neither key nor address; what the endpoint itself said is in `cause`, less the key.
 */
export function toProviderError(error: unknown, context: EndpointErrorContext): ProviderError {
  if (error instanceof ProviderError) return error
  if (error instanceof APIConnectionTimeoutError) return tookTooLong(error)
  if (error instanceof APIConnectionError) {
    return new ProviderError('server_error', 'The model endpoint cannot be reached.', {
      cause: error,
    })
  }
  if (!(error instanceof APIError)) return brokeOff(error)
  const status = statusOf(error)
  if (status === undefined) return brokeOff(forLog(error, context.apiKey))
  return fromStatus(error, { ...context, status })
}

export function tookTooLong(cause?: unknown): ProviderError {
  const message = 'The model endpoint took too long to answer.'
  return new ProviderError('server_error', message, { cause })
}

export function brokeOff(cause?: unknown): ProviderError {
  const message = 'The model endpoint broke off its answer.'
  return new ProviderError('server_error', message, { cause })
}

/** An error in the middle of a stream has no status of its own, but may carry one as its code. */
function statusOf(error: APIError): number | undefined {
  if (error.status !== undefined) return error.status
  const code = Number(error.code)
  if (code >= 400 && code < 600) return code
  return isQuota(error) || error.code === 'rate_limit_exceeded' ? 429 : undefined
}

function fromStatus(
  error: APIError,
  { status, model, apiKey, dialect }: EndpointErrorContext & { status: number },
): ProviderError {
  const options = { cause: forLog(error, apiKey), retryAfterMs: retryAfterMs(error.headers) }
  if (status === 401 || status === 403) {
    const message = `The model endpoint refused the API key (${status}).`
    return new ProviderError('server_error', message, options)
  }
  if (status === 402 || (status === 429 && isQuota(error))) {
    const message = `The model endpoint's quota is used up (${status}).`
    return new ProviderError('rate_limit_exceeded', message, options)
  }
  if (status === 429) {
    const message = 'The model endpoint is over its rate limit (429).'
    return new ProviderError('rate_limit_exceeded', message, options)
  }
  if (error.code === 'model_not_found' || (status === 404 && /model/i.test(textOf(error)))) {
    const message = `The model endpoint does not know the model '${model.slice(0, 100)}' (${status}).`
    return new ProviderError('server_error', message, options)
  }
  if (status === 404) {
    const message = `The model endpoint has no ${dialect} at its address (404).`
    return new ProviderError('server_error', message, options)
  }
  if (status === 400 || status === 413 || status === 422) {
    const said = mask(textOf(error), apiKey).slice(0, 300)
    const message = `The model endpoint refused the request (${status}): ${said}`
    return new ProviderError('invalid_prompt', message, options)
  }
  return new ProviderError('server_error', `The model endpoint failed (${status}).`, options)
}

/** What the log may show of the endpoint's answer, which may quote the key or be a whole page. */
function forLog(error: APIError, apiKey: string | undefined): Error {
  const shown = new Error(mask(error.message, apiKey).slice(0, 1000))
  shown.name = error.constructor.name
  return shown
}

function isQuota(error: APIError): boolean {
  return error.code === 'insufficient_quota' || error.type === 'insufficient_quota'
}

/** The endpoint's own words: OpenAI's envelope, or whatever the body was. */
function textOf(error: APIError): string {
  const body: unknown = error.error
  if (typeof body === 'string') return body
  if (typeof body === 'object' && body !== null && 'message' in body) return String(body.message)
  return error.message
}

function mask(text: string, apiKey: string | undefined): string {
  const known = apiKey ? text.replaceAll(apiKey, '[key]') : text
  return known
    .replaceAll(/\b(?:sk|pk|key|api)[-_][\w*.-]{8,}/gi, '[key]')
    .replaceAll(/Bearer\s+\S+/gi, '[key]')
    .replaceAll(/https?:\/\/\S+/gi, '[address]')
}

/** The SDK's own retries obey dates as well; what is left for us are the plain numbers. */
function retryAfterMs(headers: Headers | undefined): number | undefined {
  const [milliseconds, seconds] = ['retry-after-ms', 'retry-after'].map((name) => {
    const value = headers?.get(name)
    return value && Number(value) >= 0 ? Number(value) : undefined
  })
  return milliseconds ?? (seconds === undefined ? undefined : seconds * 1000)
}
