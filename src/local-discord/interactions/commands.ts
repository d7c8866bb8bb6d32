import { isDeepStrictEqual } from 'node:util'

import {
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  PermissionFlagsBits,
  type APIApplicationCommand,
} from 'discord-api-types/v10'

import { DiscordError } from '../discord-error.ts'
import type { Permissions } from '../permissions.ts'
import type { NextSnowflake } from '../snowflake.ts'
import type { Channel, World } from '../world.ts'
import {
  parseCommand,
  parseCommandChange,
  parseCommands,
  type CommandForm,
} from './command-form.ts'

/** Where commands belong: a guild's id, or null for the global ones. */
export type Scope = string | null

export interface Commands {
  list(scope: Scope): APIApplicationCommand[]
  /** @throws DiscordError 10063 */
  get(scope: Scope, id: string): APIApplicationCommand
  /** Replaces all of a scope; a command that keeps type and name keeps its id. */
  overwrite(scope: Scope, body: unknown): APIApplicationCommand[]
  /** One that has the same type and name is replaced. */
  create(scope: Scope, body: unknown): { command: APIApplicationCommand; isNew: boolean }
  change(scope: Scope, id: string, body: unknown): APIApplicationCommand
  remove(scope: Scope, id: string): void
  /** What a user may use in a channel, guild commands before global ones. */
  usableIn(channel: Channel, userId: string): APIApplicationCommand[]
  onChange(listener: (scope: Scope) => void): void
}

export interface CommandsDeps {
  applicationId: string
  world: Pick<World, 'guildOf'>
  permissions: Permissions
  nextId: NextSnowflake
}

export function createCommands(deps: CommandsDeps): Commands {
  const { applicationId, permissions, nextId } = deps
  const scopes = new Map<Scope, APIApplicationCommand[]>()
  const listeners: ((scope: Scope) => void)[] = []
  const of = (scope: Scope) => scopes.get(scope) ?? []
  const put = (scope: Scope, commands: APIApplicationCommand[]) => {
    scopes.set(scope, commands)
    for (const listener of listeners) listener(scope)
  }

  const build = (scope: Scope, form: CommandForm, id?: string): APIApplicationCommand => {
    const known = of(scope).find((command) =>
      id === undefined
        ? command.type === form.type && command.name === form.name
        : command.id === id,
    )
    const content = toContent(form, scope)
    if (known && isDeepStrictEqual(withoutIdentity(known), content)) return known
    return {
      id: known?.id ?? nextId(),
      application_id: applicationId,
      version: nextId(),
      ...content,
    }
  }

  const get = (scope: Scope, id: string) => {
    const command = of(scope).find((one) => one.id === id)
    if (!command) throw new DiscordError(10063)
    return command
  }

  return {
    list: of,
    get,
    overwrite(scope, body) {
      const commands = parseCommands(body).map((form) => build(scope, form))
      put(scope, commands)
      return commands
    },
    create(scope, body) {
      const command = build(scope, parseCommand(body))
      const others = of(scope).filter(({ id }) => id !== command.id)
      const isNew = others.length === of(scope).length
      if (isNew && others.filter(({ type }) => type === command.type).length >= 100)
        throw new DiscordError(30032)
      put(scope, [...others, command])
      return { command, isNew }
    },
    change(scope, id, body) {
      const current = get(scope, id)
      const command = build(scope, parseCommandChange(body, withoutIdentity(current)), id)
      put(
        scope,
        of(scope).map((one) => (one.id === id ? command : one)),
      )
      return command
    },
    remove(scope, id) {
      get(scope, id)
      put(
        scope,
        of(scope).filter((one) => one.id !== id),
      )
    },
    usableIn(channel, userId) {
      if (channel.kind === 'dm' && !channel.recipients.includes(applicationId)) return []
      const guild = deps.world.guildOf(channel)
      if (guild && !permissions.can(channel, userId, PermissionFlagsBits.UseApplicationCommands))
        return []
      const granted = permissions.in(channel, userId)
      const local = guild ? of(guild.id) : []
      return [...local, ...of(null)].filter((command) =>
        isUsable(command, { isGuild: guild !== null, granted }),
      )
    },
    onChange: (listener) => void listeners.push(listener),
  }
}

function isUsable(
  { default_member_permissions, contexts }: APIApplicationCommand,
  { isGuild, granted }: { isGuild: boolean; granted: bigint },
): boolean {
  const context = isGuild ? InteractionContextType.Guild : InteractionContextType.BotDM
  if (contexts && !contexts.includes(context)) return false
  if (!isGuild || default_member_permissions === null) return true
  if (granted & PermissionFlagsBits.Administrator) return true
  // "0" means: nobody but administrators.
  const needed = BigInt(default_member_permissions)
  return needed !== 0n && (granted & needed) === needed
}

type CommandContent = Omit<APIApplicationCommand, 'id' | 'application_id' | 'version'>

function toContent(form: CommandForm, scope: Scope): CommandContent {
  const options = form.options
  const content = {
    type: form.type,
    name: form.name,
    name_localizations: form.name_localizations ?? null,
    description: form.description,
    description_localizations: form.description_localizations ?? null,
    default_member_permissions: form.default_member_permissions ?? null,
    nsfw: form.nsfw ?? false,
    integration_types: form.integration_types ?? [ApplicationIntegrationType.GuildInstall],
    ...(scope === null
      ? { dm_permission: form.dm_permission ?? true, contexts: contextsOf(form) }
      : { guild_id: scope, contexts: form.contexts ?? null }),
    ...(form.type === ApplicationCommandType.ChatInput && options?.length && { options }),
  }
  // parseCommand has checked the shape; the option types are more exact than a schema can say.
  return JSON.parse(JSON.stringify(content)) as CommandContent
}

const contextsOf = ({ contexts, dm_permission }: CommandForm): number[] | null =>
  contexts ?? (dm_permission === false ? [InteractionContextType.Guild] : null)

function withoutIdentity(command: APIApplicationCommand): CommandContent {
  const { id: _id, application_id: _application, version: _version, ...content } = command
  return content
}
