import { Hono } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

import { DiscordError, UnauthorizedError } from '../discord-error.ts'
import type { World } from '../world.ts'
import type { RestContext, RestEnv } from './context.ts'
import type { Fault, RestWatch } from './controls.ts'
import type { RateLimits } from './rate-limits.ts'

export interface RestAppDeps {
  world: Pick<World, 'accountOf'>
  watch: RestWatch
  rateLimits: RateLimits
  /** The server's address when it is not what the Host header says. */
  publicOrigin: string | undefined
  onError: (error: unknown) => void
  routes: readonly Hono<RestEnv>[]
}

const prefix = '/api/v10'
/** These need no token, or carry theirs in the path. */
const open = /^\/(gateway$|local\/|webhooks\/|interactions\/\d+\/)/

/** REST v10: who asks, what is counted and what fails on purpose, then the routes. */
export function createRestApp(deps: RestAppDeps): Hono<RestEnv> {
  const app = new Hono<RestEnv>()
  app.onError((error, c) => answerError(error, c, deps))
  app.use(`${prefix}/*`, async (c, next) => {
    const path = c.req.path.slice(prefix.length)
    const account = deps.world.accountOf(c.req.header('authorization'))
    c.set('origin', deps.publicOrigin ?? new URL(c.req.url).origin)
    if (account) c.set('account', account)

    const request = deps.watch.log({
      method: c.req.method,
      path,
      userId: account?.user.id ?? null,
    })
    const fault = deps.watch.faultFor(request)
    if (fault?.kind === 'hold') await fault.until
    if (fault?.kind === 'reset') return cut(c)
    if (fault?.kind === 'answer') return answerFault(c, fault, request)

    if (!account && !open.test(path)) throw new UnauthorizedError()
    const limited =
      account?.bot === false
        ? null
        : deps.rateLimits.take({ method: c.req.method, path, owner: account?.user.id ?? '' })
    if (limited?.refused) {
      request.status = 429
      return c.json(limited.refused, 429, limited.headers)
    }
    await next()
    if (fault?.kind === 'reset-after') return cut(c)
    request.status = c.res.status
    for (const [name, value] of Object.entries(limited?.headers ?? {}))
      c.res.headers.set(name, value)
    return undefined
  })
  for (const routes of deps.routes) app.route(prefix, routes)
  app.notFound((c) => c.json({ message: '404: Not Found', code: 0 }, 404))
  return app
}

/** Breaks the connection, as a network does. */
function cut(c: RestContext): Response {
  c.env.incoming?.socket.destroy()
  return c.body(null, 502)
}

function answerFault(
  c: RestContext,
  { status, body = '', headers = {} }: Extract<Fault, { kind: 'answer' }>,
  request: { status: number },
): Response {
  request.status = status
  // A test asks for exactly this status; statuses without a body are its own affair.
  const code = status as ContentfulStatusCode
  return typeof body === 'string' ? c.body(body, code, headers) : c.json(body, code, headers)
}

function answerError(error: Error, c: RestContext, { onError }: RestAppDeps): Response {
  if (error instanceof UnauthorizedError) return c.json({ message: error.message, code: 0 }, 401)
  if (error instanceof DiscordError) {
    const { code, message, errors, status } = error
    // The statuses are those of the table in discord-error.ts; all have a body.
    return c.json({ message, code, ...(errors && { errors }) }, status as ContentfulStatusCode)
  }
  onError(error)
  return c.json({ message: '500: Internal Server Error', code: 0 }, 500)
}
