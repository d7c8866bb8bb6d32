import {
  ApplicationCommandOptionType as Option,
  ApplicationCommandType,
  ComponentType,
  type APIApplicationCommand,
  type APIApplicationCommandOption,
  type APIAttachment,
} from 'discord-api-types/v10'

import { fieldError } from '../discord-error.ts'
import type { Permissions } from '../permissions.ts'
import type { Channel, World } from '../world.ts'
import type { RequestOption } from './request-form.ts'

/** `resolved` of an interaction: the objects behind the ids that it names. */
export interface Resolved {
  users?: Record<string, object>
  members?: Record<string, object>
  roles?: Record<string, object>
  channels?: Record<string, object>
  messages?: Record<string, object>
  attachments?: Record<string, object>
}

export interface ResolveContext {
  world: World
  permissions: Permissions
  channel: Channel
  userId: string
  /** Uploaded files by the `id` the client gave them. */
  attachments: ReadonlyMap<string, APIAttachment>
}

export interface Resolver {
  readonly resolved: Resolved
  user(id: string): void
  role(id: string): void
  channel(id: string): void
  message(id: string): void
  /** Answers the id that Discord gave to the file. */
  attachment(id: string, path: readonly PropertyKey[]): string
}

export function createResolver(context: ResolveContext): Resolver {
  const { world, permissions, channel, userId, attachments } = context
  const guild = world.guildOf(channel)
  const resolved: Resolved = {}
  const put = (kind: keyof Resolved, id: string, value: object) => {
    resolved[kind] = { ...resolved[kind], [id]: value }
  }
  return {
    resolved,
    user(id) {
      const { locale: _locale, ...user } = world.user(id)
      put('users', id, user)
      const member = guild?.members.get(id)
      if (!guild || !member) return
      const { user: _user, ...rest } = member
      put('members', id, { ...rest, permissions: permissions.in(channel, id).toString() })
    },
    role(id) {
      const role = guild?.roles.get(id)
      if (role) put('roles', id, role)
    },
    channel(id) {
      const found = world.channel(id)
      if (found.kind === 'dm') return
      const { type, name, parent_id } = found.data
      const metadata = found.kind === 'thread' && { thread_metadata: found.data.thread_metadata }
      const bits = permissions.in(found, userId).toString()
      put('channels', id, { id, type, name, parent_id, permissions: bits, ...metadata })
    },
    message(id) {
      put('messages', id, world.message(channel, id).wire)
    },
    attachment(id, path) {
      const attachment = attachments.get(id)
      if (!attachment)
        throw fieldError(path, { code: 'BASE_TYPE_REQUIRED', message: 'This field is required' })
      put('attachments', attachment.id, attachment)
      return attachment.id
    },
  }
}

/** Checks the options against the command's definition and resolves what they name. */
export function resolveOptions(
  given: readonly RequestOption[],
  definitions: readonly APIApplicationCommandOption[],
  { resolver, isPartial }: { resolver: Resolver; isPartial: boolean },
): RequestOption[] {
  if (!isPartial) assertComplete(given, definitions)
  return given.map((option, index) => {
    const definition = definitions.find(({ name }) => name === option.name)
    if (definition?.type !== option.type)
      throw fieldError(['data', 'options', index], {
        code: 'APPLICATION_COMMAND_OPTION_UNKNOWN',
        message: 'This command is outdated, please try again in a few minutes',
      })
    if (option.type === Option.Subcommand || option.type === Option.SubcommandGroup) {
      const inner = 'options' in definition ? (definition.options ?? []) : []
      return {
        ...option,
        options: resolveOptions(option.options ?? [], inner, { resolver, isPartial }),
      }
    }
    const value = resolveValue(option, ['data', 'options', index, 'value'], resolver)
    if (!option.focused && !isPartial) assertValue(value, definition, index)
    return { ...option, value }
  })
}

function resolveValue(
  { type, value }: RequestOption,
  path: readonly PropertyKey[],
  resolver: Resolver,
): string | number | boolean {
  const id = String(value)
  if (type === Option.User) resolver.user(id)
  if (type === Option.Role) resolver.role(id)
  if (type === Option.Channel) resolver.channel(id)
  if (type === Option.Mentionable) resolveMentionable(id, resolver)
  if (type === Option.Attachment) return resolver.attachment(id, path)
  return value ?? ''
}

function resolveMentionable(id: string, resolver: Resolver): void {
  resolver.role(id)
  if (!resolver.resolved.roles?.[id]) resolver.user(id)
}

function assertComplete(
  given: readonly RequestOption[],
  definitions: readonly APIApplicationCommandOption[],
): void {
  for (const [index, { name, required }] of definitions.entries()) {
    if (required !== true || given.some((option) => option.name === name)) continue
    throw fieldError(['data', 'options', index], {
      code: 'BASE_TYPE_REQUIRED',
      message: 'This field is required',
    })
  }
}

/** Type, choices, range and length of one value. */
function assertValue(
  value: string | number | boolean,
  definition: APIApplicationCommandOption,
  index: number,
): void {
  const refuse = (code: string, message: string): never => {
    throw fieldError(['data', 'options', index, 'value'], { code, message })
  }
  const isNumeric = definition.type === Option.Integer || definition.type === Option.Number
  if (isNumeric && typeof value !== 'number')
    refuse('NUMBER_TYPE_COERCE', `Value "${String(value).slice(0, 100)}" is not a number.`)
  if (definition.type === Option.Integer && !Number.isInteger(value))
    refuse('NUMBER_TYPE_COERCE', 'Value is not an integer.')
  if (definition.type === Option.Boolean && typeof value !== 'boolean')
    refuse('BOOLEAN_TYPE_CONVERT', 'Must be either true or false.')
  if ('choices' in definition && definition.choices?.length) {
    const isOffered = definition.choices.some((choice) => choice.value === value)
    if (!isOffered) refuse('BASE_TYPE_CHOICES', 'Value must be one of the choices.')
  }
  if (typeof value === 'number') {
    const { min_value, max_value } = rangeOf(definition)
    if (value < min_value) refuse('NUMBER_TYPE_MIN', `Value should be at least ${min_value}.`)
    if (value > max_value) refuse('NUMBER_TYPE_MAX', `Value should be at most ${max_value}.`)
  }
  if (definition.type !== Option.String || typeof value !== 'string') return
  const { min_length = 0, max_length = 6000 } =
    'min_length' in definition || 'max_length' in definition ? definition : {}
  if (value.length < min_length || value.length > max_length)
    refuse('BASE_TYPE_BAD_LENGTH', `Must be between ${min_length} and ${max_length} in length.`)
}

function rangeOf(definition: APIApplicationCommandOption): {
  min_value: number
  max_value: number
} {
  const isRanged = definition.type === Option.Integer || definition.type === Option.Number
  const min = isRanged && 'min_value' in definition ? definition.min_value : undefined
  const max = isRanged && 'max_value' in definition ? definition.max_value : undefined
  return { min_value: min ?? -(2 ** 53), max_value: max ?? 2 ** 53 }
}

/** What a user or message command was opened on. */
export function resolveTarget(
  command: Pick<APIApplicationCommand, 'type'>,
  targetId: string,
  resolver: Resolver,
): void {
  if (command.type === ApplicationCommandType.User) resolver.user(targetId)
  if (command.type === ApplicationCommandType.Message) resolver.message(targetId)
}

/** The chosen values of an entity select. */
export function resolveValues(type: number, values: readonly string[], resolver: Resolver): void {
  for (const id of values) {
    if (type === ComponentType.UserSelect) resolver.user(id)
    if (type === ComponentType.RoleSelect) resolver.role(id)
    if (type === ComponentType.ChannelSelect) resolver.channel(id)
    if (type === ComponentType.MentionableSelect) resolveMentionable(id, resolver)
  }
}
