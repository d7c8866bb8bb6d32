import type OpenAI from 'openai'

import { AppError, ProviderError, type ErrorCode } from '../errors.ts'
import type { Logger } from '../log.ts'

/** The `error` member of every answer that is not 200; always with all four members. */
interface ErrorBody {
  message: string
  type: string
  param: string | null
  code: string | null
}

/** An error as it is answered; where it goes, a JSON body or an `error` event, is the caller's. */
export interface ErrorAnswer {
  status: number
  /** Seconds until the request is worth repeating, where that is known: header `retry-after`. */
  retryAfter?: number | undefined
  error: ErrorBody
}

/** Conflicts are 400, because clients repeat a request that is answered with 409. */
const statuses = {
  invalid_request: 400,
  unauthorized: 401,
  not_found: 404,
  run_conflict: 400,
  provider: 502,
  unavailable: 503,
  internal: 500,
} satisfies Record<ErrorCode, number>

/** Codes of the API that have a status of their own. */
const statusesByApiCode: Readonly<Record<string, number>> = {
  request_too_large: 413,
  range_not_satisfiable: 416,
  rate_limit_exceeded: 429,
}

const statusesByRunErrorCode = {
  server_error: 502,
  rate_limit_exceeded: 429,
  invalid_prompt: 400,
} satisfies Record<OpenAI.Beta.Threads.Run.LastError['code'], number>

/**
 * What the client is told. An error that nobody threw on purpose is logged whole and shown as a
 * fixed text that quotes the request's id; of the others, those that are this server's are logged.
 */
export function toErrorAnswer(
  error: unknown,
  { requestId, log }: { requestId: string; log: Logger },
): ErrorAnswer {
  if (!(error instanceof AppError) || error.code === 'internal') {
    log.error({ err: error, requestId }, 'request failed')
    return {
      status: 500,
      error: {
        message: `The server had an error while processing your request. Sorry about that! Please quote the request ID ${requestId} when you ask the operator of this server about it.`,
        type: 'server_error',
        param: null,
        code: null,
      },
    }
  }
  const status = toStatus(error)
  // What the client did wrong is for the client, who could fill the log with it.
  if (status >= 500) log.warn({ ...toLogged(error), requestId }, 'request could not be served')
  return {
    status,
    retryAfter: toRetryAfter(error),
    error: {
      message: error.message,
      type: toType(status),
      param: error.param,
      code: error.apiCode,
    },
  }
}

function toLogged(error: AppError): object {
  if (error.code !== 'unavailable') return { err: error }
  return { reason: (error.cause instanceof Error ? error.cause : error).message }
}

function toStatus(error: AppError): number {
  if (error instanceof ProviderError) return statusesByRunErrorCode[error.runErrorCode]
  return (error.apiCode && statusesByApiCode[error.apiCode]) || statuses[error.code]
}

function toRetryAfter(error: AppError): number | undefined {
  if (!('retryAfterMs' in error) || typeof error.retryAfterMs !== 'number') return undefined
  return Math.max(1, Math.ceil(error.retryAfterMs / 1_000))
}

function toType(status: number): string {
  if (status === 429) return 'requests'
  return status >= 500 ? 'server_error' : 'invalid_request_error'
}
