import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai'

import { ProviderError, type ProviderErrorOptions } from '../errors.ts'

/** The endpoint does not take a parameter that the caller has set. */
export class ParameterRefusedError extends Error {
  override readonly name = 'ParameterRefusedError'
  readonly parameter: string
  readonly refusal: APIError
  constructor(parameter: string, refusal: APIError) {
    super(refusal.message)
    this.parameter = parameter
    this.refusal = refusal
  }
}

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
  if (error instanceof ParameterRefusedError) return parameterRefused(error, context)
  if (error instanceof APIConnectionTimeoutError) return tookTooLong(error)
  if (error instanceof APIConnectionError) {
    return new ProviderError('server_error', 'The model endpoint cannot be reached.', {
      cause: error,
      isTransient: true,
    })
  }
  if (!(error instanceof APIError)) return brokeOff(error)
  if (isContextLength(error)) return promptTooLong(forLog(error, context.apiKey))
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
  // What is no answer at all, a page say, would be none the next time.
  const isTransient = !(cause instanceof SyntaxError)
  return new ProviderError('server_error', message, { cause, isTransient })
}

/** An endpoint that never stops would fill the memory. */
export function neverEnds(): ProviderError {
  const message = 'The model endpoint sent an answer that never ends.'
  return new ProviderError('server_error', message)
}

/** Nothing is sent on to wherever an answer says. */
export function isRedirect(status: number): boolean {
  return status >= 300 && status < 400
}

export function redirected(status: number, cause?: unknown): ProviderError {
  const message = `The model endpoint redirects to another address (${status}), which is not followed. Ask the operator of this server to correct its address.`
  return new ProviderError('server_error', message, { cause })
}

/** The endpoint has too much to do, for everybody. */
export function overRateLimit(options: ProviderErrorOptions = {}): ProviderError {
  const message = 'The model endpoint is over its rate limit (429).'
  return new ProviderError('rate_limit_exceeded', message, options)
}

function parameterRefused(
  { parameter, refusal }: ParameterRefusedError,
  { apiKey }: EndpointErrorContext,
): ProviderError {
  const said = saidOf(refusal, apiKey)
  const message = `The model endpoint does not take '${parameter}' for this model (${refusal.status}); leave it out, or use another model${said && `: ${said}`}`
  return new ProviderError('invalid_prompt', message, {
    cause: forLog(refusal, apiKey),
    param: parameter,
  })
}

function promptTooLong(cause: unknown): ProviderError {
  const message = "The prompt is longer than the model's context window."
  return new ProviderError('invalid_prompt', message, { cause })
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
  const options = {
    cause: forLog(error, apiKey),
    retryAfterMs: retryAfterMs(error.headers) ?? waitInBody(error),
    isTransient: isTransient(status),
  }
  if (isRedirect(status)) return redirected(status, options.cause)
  if (status === 401 || status === 403) {
    const message = `The model endpoint refused the API key (${status}).`
    return new ProviderError('server_error', message, options)
  }
  if (status === 402 || (status === 429 && isQuota(error))) {
    const message = `The model endpoint's quota is used up (${status}).`
    return new ProviderError('rate_limit_exceeded', message, { ...options, isTransient: false })
  }
  if (status === 429) return overRateLimit(options)
  if (error.code === 'model_not_found' || (status === 404 && /model/i.test(textOf(error)))) {
    const message = `The model endpoint does not know the model '${model.slice(0, 100)}' (${status}).`
    return new ProviderError('server_error', message, options)
  }
  if (status === 404) {
    const message = `The model endpoint has no ${dialect} at its address (404).`
    return new ProviderError('server_error', message, options)
  }
  if (status === 400 || status === 413 || status === 422) {
    const said = saidOf(error, apiKey)
    const message = `The model endpoint refused the request (${status})${said && `: ${said}`}`
    return new ProviderError('invalid_prompt', message, options)
  }
  return new ProviderError('server_error', `The model endpoint failed (${status}).`, options)
}

function isTransient(status: number): boolean {
  return [408, 409, 425, 429].includes(status) || (status >= 500 && status !== 501)
}

/** What a client may read of a refusal: a sentence, but no page of a proxy. */
function saidOf(error: APIError, apiKey: string | undefined): string {
  const text = textOf(error)
  return /<(?:!doctype|html|body)\b/i.test(text) ? '' : mask(text, apiKey).slice(0, 300)
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

const contextLength = [
  /(?:maximum|max) context length/i,
  /context (?:length|window|size)[^.]{0,60}exceed/i,
  /exceed[^.]{0,60}context (?:length|window|size)/i,
  /prompt is too long/i,
  /input token count[^.]{0,60}exceeds/i,
]

/** Everybody says it in other words, and with other statuses. */
function isContextLength(error: APIError): boolean {
  if (error.code === 'context_length_exceeded') return true
  if (error.status === 429) return false
  const text = textOf(error)
  return contextLength.some((pattern) => pattern.test(text))
}

/** The endpoint's own words: OpenAI's envelope, or whatever the body was. */
export function textOf(error: APIError): string {
  const body: unknown = error.error
  if (typeof body === 'string') return body
  if (typeof body === 'object' && body !== null && 'message' in body) return String(body.message)
  return error.message
}

/** What an endpoint said, less whatever should stay between it and the operator. */
export function mask(text: string, apiKey: string | undefined): string {
  const known = apiKey ? text.replaceAll(apiKey, '[key]') : text
  return known
    .replaceAll(/\b(?:sk|pk|key|api)[-_][\w*.-]{8,}/gi, '[key]')
    .replaceAll(/Bearer\s+\S+/gi, '[key]')
    .replaceAll(/https?:\/\/\S+/gi, '[address]')
}

/** Nobody is told to wait for longer; what an endpoint says beyond it is a mistake. */
const longestWaitMs = 24 * 60 * 60 * 1000

/** Seconds, or a date, which is read by the endpoint's own clock. */
export function retryAfterMs(headers: Headers | undefined): number | undefined {
  const milliseconds = toNumber(headers?.get('retry-after-ms'))
  if (milliseconds !== undefined) return bounded(milliseconds)
  const value = headers?.get('retry-after') ?? ''
  const seconds = toNumber(value)
  if (seconds !== undefined) return bounded(seconds * 1000)
  const endpointNow = Date.parse(headers?.get('date') ?? '') || Date.now()
  // Anything with a digit would be a date to V8.
  const date = /^[a-z]{3,9},/i.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(date) ? undefined : bounded(date - endpointNow)
}

function toNumber(value: string | null | undefined): number | undefined {
  return /^\s*\d+(?:\.\d+)?\s*$/.test(value ?? '') ? Number(value) : undefined
}

function bounded(ms: number): number {
  return Math.min(Math.max(0, Math.ceil(ms)), longestWaitMs)
}

const span = String.raw`((?:\d+(?:\.\d+)?\s*(?:milliseconds?|ms|hours?|h|minutes?|m|seconds?|s)[\s,]*)+)`
/** OpenAI and Groq: "try again in 1m3.5s"; Azure: "retry after 26 seconds". */
const waitWords = new RegExp(`(?:try again|retry) (?:in|after)\\s+${span}`, 'i')
/** Gemini's `RetryInfo`. */
const retryDelay = /"retryDelay"\s*:\s*"(\d+(?:\.\d+)?s)"/
const unitMs: Record<string, number> = { milli: 1, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** For endpoints that say it in their words only. */
function waitInBody(error: APIError): number | undefined {
  const said = `${JSON.stringify(error.error) ?? ''} ${textOf(error)}`.slice(0, 10_000)
  const found = retryDelay.exec(said)?.[1] ?? waitWords.exec(said)?.[1]
  if (found === undefined) return undefined
  const parts = found.matchAll(/(\d+(?:\.\d+)?)\s*(milli|ms|h|m|s)/gi)
  const ms = parts.reduce(
    (sum, [, amount, unit = '']) => sum + Number(amount) * (unitMs[unit.toLowerCase()] ?? 1),
    0,
  )
  return bounded(ms)
}
