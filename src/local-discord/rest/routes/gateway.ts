import { Hono } from 'hono'

import { DiscordError } from '../../discord-error.ts'
import type { LocalSession } from '../../protocol.ts'
import type { World } from '../../world.ts'
import type { RestContext, RestEnv } from '../context.ts'

export interface GatewayRoutesDeps {
  world: World
  applicationId: string
  guildId: string
  maxConcurrency: number
  isTrustedHost: (host: string) => boolean
}

/** Where the gateway is, and (only here) whom one can speak as. */
export function gatewayRoutes({
  world,
  applicationId,
  guildId,
  maxConcurrency,
  isTrustedHost,
}: GatewayRoutesDeps): Hono<RestEnv> {
  return new Hono<RestEnv>()
    .get('/gateway', (c) => c.json({ url: gatewayUrl(c) }))
    .get('/gateway/bot', (c) =>
      c.json({
        url: gatewayUrl(c),
        shards: 1,
        session_start_limit: {
          total: 1000,
          remaining: 1000,
          reset_after: 0,
          max_concurrency: maxConcurrency,
        },
      }),
    )
    .get('/local/session', (c) => {
      // A foreign page must not read the tokens, also not by a name that it lets point at this machine.
      const isForeign = c.req.header('sec-fetch-site') === 'cross-site'
      if (isForeign || !isTrustedHost(c.req.header('host') ?? '')) throw new DiscordError(50001)
      const users = [...world.accounts.values()]
        .filter(({ bot }) => !bot)
        .map(({ user, token }) => ({ user, token }))
      const session: LocalSession = {
        gateway_url: gatewayUrl(c),
        application_id: applicationId,
        bot_id: applicationId,
        guild_id: guildId,
        users,
      }
      return c.json(session, 200, { 'cache-control': 'no-store' })
    })
}

const gatewayUrl = (c: RestContext): string => `${c.get('origin').replace(/^http/, 'ws')}/gateway`
