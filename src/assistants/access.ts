import { createHash, timingSafeEqual } from 'node:crypto'

import type { MiddlewareHandler } from 'hono'

import { AppError, InvalidRequestError } from '../errors.ts'
import type { ApiContext, ApiEnv } from './reply.ts'

/** The versions of the Assistants API that clients may ask for. */
const versions = ['assistants=v2', 'assistants=v1']

/**
 * Lets a request pass that carries one of the keys, as `Authorization: Bearer …` or, as Azure
 * clients do, `api-key: …`. With null, every request passes.
 */
export function requireApiKey(apiKeys: readonly string[] | null): MiddlewareHandler<ApiEnv> {
  if (apiKeys === null) return (_context, next) => next()
  const digests = apiKeys.map(digest)
  return (context, next) => {
    const given = bearerToken(context.req.header('authorization')) ?? context.req.header('api-key')
    if (!given) throw missingKey()
    if (!isOneOf(digest(given), digests)) throw wrongKey(given)
    return next()
  }
}

/** Whether the beta header, which may hold several values, holds this one. */
export function sendsBeta({ req }: ApiContext, beta: string): boolean {
  const values = req.header('openai-beta')?.split(',') ?? []
  return values.some((value) => value.trim() === beta)
}

/** The beta header of reference 1.1, which tells an Assistants client from any other. */
export const requireBetaHeader: MiddlewareHandler<ApiEnv> = (context, next) => {
  if (versions.some((version) => sendsBeta(context, version))) return next()
  throw new InvalidRequestError(
    "You must provide the 'OpenAI-Beta' header to access the Assistants API. Please try again by setting the header 'OpenAI-Beta: assistants=v2'.",
    { apiCode: 'invalid_beta' },
  )
}

function bearerToken(header: string | undefined): string | undefined {
  return header === undefined ? undefined : /^Bearer +(\S+)\s*$/i.exec(header)?.[1]
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

/** Digests have one length, and every key is compared, so the time taken says nothing about them. */
function isOneOf(given: Buffer, digests: readonly Buffer[]): boolean {
  let found = false
  for (const known of digests) found = timingSafeEqual(given, known) || found
  return found
}

function missingKey(): AppError {
  return new AppError(
    'unauthorized',
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY). The operator of this server sets its keys in API_KEYS.",
  )
}

function wrongKey(given: string): AppError {
  return new AppError(
    'unauthorized',
    `Incorrect API key provided: ${mask(given)}. The operator of this server sets its keys in API_KEYS.`,
    { apiCode: 'invalid_api_key' },
  )
}

/** Enough to see which key was sent, too little to use it if the message ends up in a log. */
function mask(key: string): string {
  return key.length < 12 ? '***' : `${key.slice(0, 3)}***${key.slice(-4)}`
}
