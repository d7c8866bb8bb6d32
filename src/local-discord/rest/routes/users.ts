import { ApplicationFlags } from 'discord-api-types/v10'
import { Hono } from 'hono'
import { z } from 'zod'

import { DiscordError } from '../../discord-error.ts'
import { parseForm, snowflake } from '../../form.ts'
import type { Hub } from '../../gateway/hub.ts'
import { toChannel, toGuild, toPublicUser } from '../../wire.ts'
import type { World } from '../../world.ts'
import { param, readBody, type RestEnv } from '../context.ts'

export interface UserRoutesDeps {
  world: World
  hub: Hub
  applicationId: string
  applicationName: string
}

const dmForm = z.object({
  recipient_id: snowflake.optional(),
  recipients: z.array(snowflake).max(1).optional(),
})

/** Users, their DMs, and the application itself. */
export function userRoutes(deps: UserRoutesDeps): Hono<RestEnv> {
  const { world, hub, applicationId } = deps
  const me = (userId: string) => {
    const user = world.user(userId)
    return user.bot ? { ...toPublicUser(user), verified: true, mfa_enabled: false } : user
  }
  const application = () => {
    const bot = toPublicUser(world.user(applicationId))
    return {
      id: applicationId,
      name: deps.applicationName,
      description: '',
      icon: bot.avatar,
      bot,
      bot_public: true,
      bot_require_code_grant: false,
      flags:
        ApplicationFlags.GatewayMessageContentLimited | ApplicationFlags.GatewayGuildMembersLimited,
      summary: '',
      team: null,
      tags: [],
      verify_key: '0'.repeat(64),
      approximate_guild_count: world.guilds.size,
      approximate_user_install_count: 0,
      interactions_endpoint_url: null,
      redirect_uris: [],
      owner: ownerOf(world),
      integration_types_config: { 0: {}, 1: {} },
    }
  }

  return new Hono<RestEnv>()
    .get('/users/@me', (c) => c.json(me(c.get('account').user.id)))
    .get('/users/@me/guilds', (c) => {
      const userId = c.get('account').user.id
      const guilds = [...world.guilds.values()].filter(({ members }) => members.has(userId))
      return c.json(guilds.map((guild) => ({ ...toGuild(guild), owner: guild.ownerId === userId })))
    })
    .get('/users/:user', (c) => c.json(toPublicUser(world.user(param(c, 'user')))))
    .post('/users/@me/channels', async (c) => {
      const { body } = await readBody(c)
      const form = parseForm(dmForm, body)
      const recipient = form.recipient_id ?? form.recipients?.[0]
      const self = c.get('account').user.id
      if (recipient === undefined || !world.accounts.has(recipient) || recipient === self)
        throw new DiscordError(50007)
      const { dm, isNew } = world.openDm(self, recipient)
      if (isNew)
        for (const userId of dm.recipients)
          if (!world.user(userId).bot)
            hub.tell(userId, 'CHANNEL_CREATE', toChannel(dm, userId, world))
      return c.json(toChannel(dm, self, world))
    })
    .get('/applications/@me', (c) => c.json(application()))
    .get('/oauth2/applications/@me', (c) => c.json(application()))
}

const ownerOf = (world: World) => {
  const owner = [...world.accounts.values()].find(({ bot }) => !bot)
  return owner ? toPublicUser(owner.user) : null
}
