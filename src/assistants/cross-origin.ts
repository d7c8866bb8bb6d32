import type { MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'

import type { ApiEnv } from './reply.ts'

/** What a page may read of an answer, besides its body. */
const exposed = [
  'openai-organization',
  'openai-poll-after-ms',
  'openai-processing-ms',
  'openai-project',
  'openai-version',
  'retry-after',
  'retry-after-ms',
  'x-ratelimit-limit-requests',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-reset-requests',
  'x-request-id',
]

/** As long as browsers remember the answer to a preflight, in seconds; none takes more. */
const maxAge = 7200

/**
 * Lets pages of these origins (`*`: of all) call the API from a browser. Any header may be sent,
 * because the SDK's change with its versions; cookies mean nothing here.
 */
export function allowOrigins(origins: readonly string[]): MiddlewareHandler<ApiEnv> {
  return cors({
    origin: origins.includes('*') ? '*' : [...origins],
    allowMethods: ['GET', 'HEAD', 'POST', 'DELETE'],
    exposeHeaders: exposed,
    maxAge,
  })
}
