import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  ComponentType,
  InteractionContextType,
  InteractionType,
  MessageType,
  PermissionFlagsBits,
  type APIAttachment,
} from 'discord-api-types/v10'

import type { Clock } from '../clock.ts'
import { DiscordError, fieldError } from '../discord-error.ts'
import type { Hub } from '../gateway/hub.ts'
import type { StoredMessage } from '../message-log.ts'
import { toMessage } from '../messages/announce.ts'
import type { Attachments, Upload } from '../messages/attachments.ts'
import { walk } from '../messages/component-form.ts'
import type { Permissions } from '../permissions.ts'
import type { NextSnowflake } from '../snowflake.ts'
import { toPublicUser } from '../wire.ts'
import type { Account, Channel, World } from '../world.ts'
import type { Commands } from './commands.ts'
import type { Modals } from './modals.ts'
import { newToken, type Pending, type PendingStore } from './pending.ts'
import type {
  CommandRequestForm,
  ComponentRequestForm,
  ModalRequestForm,
  RequestForm,
  RequestOption,
} from './request-form.ts'
import {
  createResolver,
  resolveOptions,
  resolveTarget,
  resolveValues,
  type Resolver,
} from './resolve.ts'

export interface CreateDeps {
  applicationId: string
  world: World
  hub: Hub
  permissions: Permissions
  commands: Commands
  modals: Modals
  attachments: Attachments
  pending: PendingStore
  clock: Clock
  nextId: NextSnowflake
  /** `attachment_size_limit`, in bytes. */
  attachmentSizeLimit: number
}

export interface UserRequest {
  account: Account
  form: RequestForm
  uploads: readonly Upload[]
  origin: string
}

/** What the kinds of interactions differ in. */
interface Part {
  data: object
  source: StoredMessage | null
  answerType: MessageType
  commandName: string | null
}

/** A user did something that the application answers: checks it, tells the application and the user's clients. */
export type CreateInteraction = (request: UserRequest) => void

export function createInteractions(deps: CreateDeps): CreateInteraction {
  const { applicationId, world, hub, permissions, pending, clock, nextId } = deps

  return ({ account, form, uploads, origin }) => {
    if (form.application_id !== applicationId) throw new DiscordError(10002)
    const channel = world.channel(form.channel_id)
    const userId = account.user.id
    permissions.require(channel, userId)
    const resolver = createResolver({
      world,
      permissions,
      channel,
      userId,
      attachments: storeUploads(deps.attachments, { form, uploads, channel, origin }),
    })
    const part = toPart(form, { deps, channel, userId, resolver })
    const id = nextId()
    const record: Pending = {
      id,
      token: newToken(id),
      type: form.type,
      createdAt: clock.now(),
      userId,
      channel,
      nonce: form.nonce,
      origin,
      source: part.source,
      answerType: part.answerType,
      commandName: part.commandName,
      isAcknowledged: false,
      original: null,
    }
    pending.add(record)
    const guildId = world.guildOf(channel)?.id ?? null
    hub.tell(userId, 'INTERACTION_CREATE', toNotice(record))
    hub.tellBot(applicationId, toPayload(record, part, deps), guildId)
  }
}

/** `d` of INTERACTION_CREATE, INTERACTION_SUCCESS and INTERACTION_FAILURE for the user's clients. */
export const toNotice = ({ id, nonce }: Pick<Pending, 'id' | 'nonce'>) => ({
  id,
  ...(nonce !== undefined && { nonce }),
})

interface PartContext {
  deps: CreateDeps
  channel: Channel
  userId: string
  resolver: Resolver
}

function toPart(form: RequestForm, context: PartContext): Part {
  switch (form.type) {
    case InteractionType.ApplicationCommand:
    case InteractionType.ApplicationCommandAutocomplete:
      return fromCommand(form, context)
    case InteractionType.MessageComponent:
      return fromComponent(form, context)
    case InteractionType.ModalSubmit:
      return fromModal(form, context)
    default:
      return form satisfies never
  }
}

function fromCommand(form: CommandRequestForm, context: PartContext): Part {
  const { deps, channel, userId, resolver } = context
  const { data } = form
  const usable = deps.commands.usableIn(channel, userId)
  const command = usable.find(({ id }) => id === data.id)
  if (!command) {
    const guild = deps.world.guildOf(channel)
    const all = [...deps.commands.list(null), ...(guild ? deps.commands.list(guild.id) : [])]
    throw new DiscordError(all.some(({ id }) => id === data.id) ? 50013 : 10063)
  }
  const isPartial = form.type === InteractionType.ApplicationCommandAutocomplete
  const options: RequestOption[] = resolveOptions(data.options ?? [], command.options ?? [], {
    resolver,
    isPartial,
  })
  if (data.target_id !== undefined) resolveTarget(command, data.target_id, resolver)
  const isSlash = command.type === ApplicationCommandType.ChatInput
  return {
    data: {
      id: command.id,
      name: command.name,
      type: command.type,
      ...(command.guild_id !== undefined && { guild_id: command.guild_id }),
      ...(isSlash && { options }),
      ...(data.target_id !== undefined && { target_id: data.target_id }),
      ...resolvedOf(resolver),
    },
    source: null,
    answerType: isSlash ? MessageType.ChatInputCommand : MessageType.ContextMenuCommand,
    commandName: [command.name, ...subcommandNames(options)].join(' '),
  }
}

/** Names of group and subcommand, outermost first. */
function subcommandNames(options: readonly RequestOption[]): string[] {
  const [first] = options
  const { Subcommand, SubcommandGroup } = ApplicationCommandOptionType
  if (first?.type !== Subcommand && first?.type !== SubcommandGroup) return []
  return [first.name, ...subcommandNames(first.options ?? [])]
}

function fromComponent(form: ComponentRequestForm, context: PartContext): Part {
  const { deps, channel, userId, resolver } = context
  const { custom_id, component_type, values } = form.data
  const source = channel.log.get(form.message_id) ?? channel.ephemeral.get(form.message_id)
  const isVisible = source && (source.ephemeralFor === null || source.ephemeralFor === userId)
  if (!isVisible) throw new DiscordError(10008)
  if (source.wire.author.id !== deps.applicationId) throw new DiscordError(10002)
  const component = findComponent(source.wire.components ?? [], custom_id)
  if (component?.['type'] !== component_type || component['disabled'] === true)
    throw fieldError(['data', 'custom_id'], {
      code: 'COMPONENT_VALIDATION_FAILED',
      message: 'Component validation failed',
    })
  const isButton = component_type === ComponentType.Button
  if (!isButton) {
    assertValues(component, values ?? [])
    resolveValues(component_type, values ?? [], resolver)
  }
  return {
    data: {
      id: component['id'],
      custom_id,
      component_type,
      ...(!isButton && { values: values ?? [], ...resolvedOf(resolver) }),
    },
    source,
    answerType: MessageType.Reply,
    commandName: null,
  }
}

function fromModal(form: ModalRequestForm, { deps, channel, resolver, userId }: PartContext): Part {
  const { id, custom_id, components } = form.data
  const modal = deps.modals.find(id, userId)
  if (modal?.customId !== custom_id) throw new DiscordError(10062)
  return {
    data: {
      custom_id,
      components: modal.fill(components, resolver),
      ...resolvedOf(resolver),
    },
    source:
      modal.source &&
      (channel.log.get(modal.source.id) ?? channel.ephemeral.get(modal.source.id) ?? null),
    answerType: modal.source ? MessageType.Reply : MessageType.ChatInputCommand,
    commandName: null,
  }
}

const resolvedOf = ({ resolved }: Resolver) =>
  Object.keys(resolved).length > 0 ? { resolved } : {}

const findComponent = (components: readonly object[], customId: string) => {
  for (const { value } of walk(components)) if (value['custom_id'] === customId) return value
  return undefined
}

function assertValues(component: Record<string, unknown>, values: readonly string[]): void {
  const min = Number(component['min_values'] ?? 1)
  const max = Number(component['max_values'] ?? 1)
  const offered = Array.isArray(component['options'])
    ? new Set(component['options'].map(({ value }: { value: string }) => value))
    : null
  const isKnown = offered === null || values.every((value) => offered.has(value))
  if (isKnown && values.length >= min && values.length <= max) return
  throw fieldError(['data', 'values'], {
    code: 'COMPONENT_VALIDATION_FAILED',
    message: 'Component validation failed',
  })
}

function storeUploads(
  attachments: Attachments,
  {
    form,
    uploads,
    channel,
    origin,
  }: { form: RequestForm; uploads: readonly Upload[]; channel: Channel; origin: string },
): Map<string, APIAttachment> {
  const named = 'attachments' in form.data ? (form.data.attachments ?? []) : []
  return new Map(
    uploads.map((upload) => {
      const filename = named.find(({ id }) => id === upload.index)?.filename ?? upload.filename
      const stored = attachments.add({ ...upload, filename }, { channelId: channel.id, origin })
      return [upload.index, { ...stored, ephemeral: true }]
    }),
  )
}

/** The interaction as the application receives it (documentation, "Interaction Object"). */
function toPayload(record: Pending, part: Part, deps: CreateDeps): object {
  const { world, permissions, applicationId } = deps
  const { channel, userId } = record
  const guild = world.guildOf(channel)
  const user = world.user(userId)
  const member = guild?.members.get(userId)
  const bits = permissions.in(channel, userId).toString()
  const isInstalled = guild !== null && guild.members.has(applicationId)
  return {
    id: record.id,
    application_id: applicationId,
    type: record.type,
    data: part.data,
    ...(guild && {
      guild: { id: guild.id, locale: guild.preferredLocale, features: [] },
      guild_id: guild.id,
      guild_locale: guild.preferredLocale,
      member: { ...member, permissions: bits },
    }),
    ...(!guild && { user: toPublicUser(user) }),
    channel: toInteractionChannel(channel, bits, deps),
    channel_id: channel.id,
    token: record.token,
    version: 1,
    ...(part.source && { message: toMessage(part.source, applicationId) }),
    app_permissions: permissions.in(channel, applicationId).toString(),
    locale: user.locale,
    entitlements: [],
    entitlement_sku_ids: [],
    authorizing_integration_owners: {
      [ApplicationIntegrationType.GuildInstall]: isInstalled ? guild.id : '0',
    },
    context: guild ? InteractionContextType.Guild : InteractionContextType.BotDM,
    attachment_size_limit: deps.attachmentSizeLimit,
  }
}

function toInteractionChannel(
  channel: Channel,
  bits: string,
  { world, applicationId }: Pick<CreateDeps, 'world' | 'applicationId'>,
): object {
  if (channel.kind !== 'dm') return { ...channel.data, permissions: bits }
  const others = channel.recipients.filter((id) => id !== applicationId)
  return {
    ...channel.data,
    type: 1,
    permissions: (BigInt(bits) | PermissionFlagsBits.ViewChannel).toString(),
    recipients: others.map((id) => toPublicUser(world.user(id))),
  }
}
