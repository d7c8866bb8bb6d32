import type OpenAI from 'openai'

/**
 * What went wrong, in words that no surface owns. `assistants/error-response.ts` maps a code to a
 * status and the OpenAI envelope, `bot/error-reply.ts` maps it to a sentence.
 */
export type ErrorCode =
  | 'invalid_request'
  | 'unauthorized'
  | 'not_found'
  | 'run_conflict'
  | 'provider'
  | 'unavailable'
  | 'internal'

export interface AppErrorOptions {
  /** The request member the error is about, as a path: `metadata.modified`, `tools[0].function.name`. */
  param?: string | undefined
  /** The OpenAI API's own error code, e.g. `missing_required_parameter`, `model_not_found`. */
  apiCode?: string | undefined
  cause?: unknown
}

/** Base of everything this program throws on purpose. */
export class AppError extends Error {
  override readonly name: string = 'AppError'
  readonly code: ErrorCode
  readonly param: string | null
  readonly apiCode: string | null

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.param = options.param ?? null
    this.apiCode = options.apiCode ?? null
  }
}

/** The caller sent something that cannot be accepted; the message says what to send instead. */
export class InvalidRequestError extends AppError {
  override readonly name = 'InvalidRequestError'
  constructor(message: string, options?: AppErrorOptions) {
    super('invalid_request', message, options)
  }
}

/** The object named in the request does not exist. */
export class NotFoundError extends AppError {
  override readonly name = 'NotFoundError'
  constructor(message: string, options?: AppErrorOptions) {
    super('not_found', message, options)
  }
}

/** The thread or the run is in a state that does not allow the request. */
export class RunConflictError extends AppError {
  override readonly name = 'RunConflictError'
  constructor(message: string, options?: AppErrorOptions) {
    super('run_conflict', message, options)
  }
}

export interface ProviderErrorOptions extends AppErrorOptions {
  /** How long the endpoint asked us to wait, in milliseconds. */
  retryAfterMs?: number | undefined
  /** Whether the same request may well succeed a little later. Default: no. */
  isTransient?: boolean | undefined
}

/**
 * The model endpoint failed. `runErrorCode` is what a run shows as `last_error.code`; the message is
 * shown as `last_error.message`, so it names no key and no address.
 */
export class ProviderError extends AppError {
  override readonly name = 'ProviderError'
  readonly runErrorCode: OpenAI.Beta.Threads.Run.LastError['code']
  readonly retryAfterMs: number | null
  readonly isTransient: boolean

  constructor(
    runErrorCode: OpenAI.Beta.Threads.Run.LastError['code'],
    message: string,
    options: ProviderErrorOptions = {},
  ) {
    super('provider', message, options)
    this.runErrorCode = runErrorCode
    this.retryAfterMs = options.retryAfterMs ?? null
    this.isTransient = options.isTransient ?? false
  }
}
