import type { APIApplicationCommand, Locale } from 'discord-api-types/v10'
import { Hono } from 'hono'

import { DiscordError } from '../../discord-error.ts'
import type { Commands, Scope } from '../../interactions/commands.ts'
import type { Permissions } from '../../permissions.ts'
import type { CommandIndex, IndexedCommand } from '../../protocol.ts'
import { toPublicUser } from '../../wire.ts'
import type { Channel, World } from '../../world.ts'
import { param, readBody, type RestContext, type RestEnv } from '../context.ts'

export interface CommandRoutesDeps {
  world: World
  permissions: Permissions
  commands: Commands
  applicationId: string
  applicationName: string
}

const base = '/applications/:application'

/** The application's commands, and the index from which users choose. */
export function commandRoutes(deps: CommandRoutesDeps): Hono<RestEnv> {
  const { world, permissions, commands, applicationId } = deps
  const routes = new Hono<RestEnv>()

  const scopeOf = (c: RestContext): Scope => {
    if (param(c, 'application') !== applicationId) throw new DiscordError(10002)
    if (c.get('account').user.id !== applicationId) throw new DiscordError(20012)
    const guildId = c.req.param('guild')
    return guildId === undefined ? null : world.guild(guildId).id
  }

  for (const path of [`${base}/commands`, `${base}/guilds/:guild/commands`]) {
    routes
      .get(path, (c) => {
        const isWhole = c.req.query('with_localizations') === 'true'
        return c.json(
          commands.list(scopeOf(c)).map((command) => (isWhole ? command : unlocalised(command))),
        )
      })
      .put(path, async (c) => {
        const scope = scopeOf(c)
        return c.json(commands.overwrite(scope, (await readBody(c)).body))
      })
      .post(path, async (c) => {
        const scope = scopeOf(c)
        const { command, isNew } = commands.create(scope, (await readBody(c)).body)
        return c.json(command, isNew ? 201 : 200)
      })
      .get(`${path}/:command`, (c) => c.json(commands.get(scopeOf(c), param(c, 'command'))))
      .patch(`${path}/:command`, async (c) => {
        const scope = scopeOf(c)
        const { body } = await readBody(c)
        return c.json(commands.change(scope, param(c, 'command'), body))
      })
      .delete(`${path}/:command`, (c) => {
        commands.remove(scopeOf(c), param(c, 'command'))
        return c.body(null, 204)
      })
  }

  const index = (channels: readonly Channel[], userId: string): CommandIndex => {
    const { locale } = world.user(userId)
    const usable = new Map<string, APIApplicationCommand>()
    for (const channel of channels)
      for (const command of commands.usableIn(channel, userId)) usable.set(command.id, command)
    const bot = toPublicUser(world.user(applicationId))
    return {
      applications: [
        {
          id: applicationId,
          name: deps.applicationName,
          description: '',
          icon: bot.avatar,
          bot,
        },
      ],
      application_commands: [...usable.values()].map((command) => localised(command, locale)),
    }
  }

  return routes
    .get('/guilds/:guild/application-command-index', (c) => {
      const guild = world.guild(param(c, 'guild'))
      const userId = c.get('account').user.id
      if (!guild.members.has(userId)) throw new DiscordError(50001)
      const channels = world.channelsOf(guild.id)
      return c.json(
        index(
          channels.filter((channel) => permissions.canView(channel, userId)),
          userId,
        ),
      )
    })
    .get('/channels/:channel/application-command-index', (c) => {
      const channel = world.channel(param(c, 'channel'))
      const userId = c.get('account').user.id
      permissions.require(channel, userId)
      return c.json(index([channel], userId))
    })
}

/** Without `with_localizations` a list carries no dictionaries. */
function unlocalised(command: APIApplicationCommand): object {
  const { name_localizations: _names, description_localizations: _texts, ...rest } = command
  return rest
}

function localised(command: APIApplicationCommand, language: `${Locale}`): IndexedCommand {
  // The enum and its strings are the same values.
  const locale = language as Locale
  const name = command.name_localizations?.[locale]
  const description = command.description_localizations?.[locale]
  return {
    ...command,
    ...(name && { name_localized: name }),
    ...(description && { description_localized: description }),
  }
}
