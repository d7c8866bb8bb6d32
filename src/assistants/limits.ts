import { hash, randomUUID } from 'node:crypto'

import type { MiddlewareHandler } from 'hono'
// Not from the package's index, which loads a client of every database there is.
import RateLimiterMemory from 'rate-limiter-flexible/lib/RateLimiterMemory.js'
import RateLimiterRes from 'rate-limiter-flexible/lib/RateLimiterRes.js'

import { AppError } from '../errors.ts'
import { bindingsOf, clientAddress } from './client-address.ts'
import type { ApiContext, ApiEnv } from './reply.ts'

export interface LimitOptions {
  /** Requests of one key, or of one address where there are no keys; 0: as many as it likes. */
  requestsPerMinute: number
  /** Event streams that one key, or one address, may have open at once. */
  maxStreams: number
}

/** What one caller may take of a server that serves others too. */
export interface Limits {
  /** Before the key is looked at: whoever tries many wrong ones has to wait. */
  wrongKeys: MiddlewareHandler<ApiEnv>
  /** Counts a request, and says in its headers how many are left. */
  requests: MiddlewareHandler<ApiEnv>
  /** Before a stream is opened; it counts until the connection of the request is done with it. */
  openStream: (context: ApiContext) => void
}

/** Wrong keys from one address in a minute; then it waits for the minute to end. */
const maxWrongKeys = 30
/** Pairs of address and key that were right, so many of them. */
const maxRemembered = 10_000

/** The caller has had its share; `retryAfterMs` says when there will be more. */
class RateLimitError extends AppError {
  override readonly name = 'RateLimitError'
  readonly retryAfterMs: number

  constructor(message: string, retryAfterMs: number) {
    super('unavailable', message, { apiCode: 'rate_limit_exceeded' })
    this.retryAfterMs = retryAfterMs
  }
}

export function createLimits({ requestsPerMinute, maxStreams }: LimitOptions): Limits {
  const bucketOf = createBuckets()
  return {
    wrongKeys: limitWrongKeys(bucketOf),
    requests: limitRequests(requestsPerMinute, bucketOf),
    openStream: limitStreams(maxStreams, bucketOf),
  }
}

type BucketOf = (context: ApiContext) => string

/**
 * Addresses without number are counted in a fixed number of buckets, so that they cannot fill the
 * memory; nobody outside knows who shares one.
 */
function createBuckets(): BucketOf {
  const salt = randomUUID()
  return (context) => hash('sha256', salt + clientAddress(context)).slice(0, 4)
}

function limitWrongKeys(bucketOf: BucketOf): MiddlewareHandler<ApiEnv> {
  const wrong = new RateLimiterMemory({ points: maxWrongKeys, duration: 60 })
  const right = new Set<string>()

  return async (context, next) => {
    const bucket = bucketOf(context)
    const { authorization = '', 'api-key': apiKey = '' } = context.req.header()
    const sender = hash('sha256', `${bucket}\n${authorization}\n${apiKey}`)
    const tried = await wrong.get(bucket)
    // Or whoever shares an address, such as a proxy's, could lock out everybody else there.
    if (tried && tried.consumedPoints >= maxWrongKeys && !right.has(sender)) {
      throw new RateLimitError(
        `Too many requests with a wrong API key came from your address. Please try again in ${toDuration(tried.msBeforeNext)}.`,
        tried.msBeforeNext,
      )
    }
    await next()
    const { error } = context
    if (!(error instanceof AppError && error.code === 'unauthorized')) remember(right, sender)
    // Who sends none at all, a health check say, guesses nothing.
    else if (error.apiCode === 'invalid_api_key') await wrong.penalty(bucket)
  }
}

function remember(known: Set<string>, item: string): void {
  if (known.has(item)) return
  if (known.size >= maxRemembered) known.clear()
  known.add(item)
}

function limitRequests(points: number, bucketOf: BucketOf): MiddlewareHandler<ApiEnv> {
  if (points === 0) return (_context, next) => next()
  const limiter = new RateLimiterMemory({ points, duration: 60 })

  return async (context, next) => {
    const { isOver, remainingPoints, msBeforeNext } = await consume(
      limiter,
      context.var.apiKeyId ?? bucketOf(context),
    )
    context.header('x-ratelimit-limit-requests', String(points))
    context.header('x-ratelimit-remaining-requests', String(remainingPoints))
    context.header('x-ratelimit-reset-requests', toDuration(msBeforeNext))
    if (!isOver) return next()
    throw new RateLimitError(
      `Rate limit reached for requests per minute: Limit ${points}, Used ${points}, Requested 1. Please try again in ${toDuration(msBeforeNext)}.`,
      msBeforeNext,
    )
  }
}

async function consume(limiter: RateLimiterMemory, key: string) {
  try {
    const { remainingPoints, msBeforeNext } = await limiter.consume(key)
    return { isOver: false, remainingPoints, msBeforeNext }
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error
    return { isOver: true, remainingPoints: 0, msBeforeNext: error.msBeforeNext }
  }
}

function limitStreams(maxStreams: number, bucketOf: BucketOf): Limits['openStream'] {
  const open = new Map<string, number>()

  return (context) => {
    const outgoing = bindingsOf(context)?.outgoing
    // Nobody inside of this process has to be kept from it.
    if (!outgoing) return
    const key = context.var.apiKeyId ?? bucketOf(context)
    const count = open.get(key) ?? 0
    if (count >= maxStreams) {
      throw new RateLimitError(
        `Too many open streams: at most ${maxStreams} at once are served. Read or close one of them, then try again.`,
        1000,
      )
    }
    // It comes once per answer, whole or not, and has come already if the client is gone.
    if (outgoing.closed) return
    open.set(key, count + 1)
    outgoing.once('close', () => {
      const left = (open.get(key) ?? 1) - 1
      if (left === 0) open.delete(key)
      else open.set(key, left)
    })
  }
}

/** As the hosted API writes it: `120ms`, `8.64s`, `1m0s`, `1h0m5s`. */
export function toDuration(ms: number): string {
  const whole = Math.max(0, Math.ceil(ms))
  if (whole < 1000) return `${whole}ms`
  const [hours, minutes] = [Math.floor(whole / 3_600_000), Math.floor(whole / 60_000) % 60]
  const seconds = `${(whole % 60_000) / 1000}s`
  if (hours > 0) return `${hours}h${minutes}m${seconds}`
  return minutes > 0 ? `${minutes}m${seconds}` : seconds
}
