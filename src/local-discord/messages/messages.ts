import {
  ChannelType,
  MessageFlags,
  MessageReferenceType,
  MessageType,
  PermissionFlagsBits,
  type APIAttachment,
  type APIMessage,
} from 'discord-api-types/v10'

import { toTimestamp, type Clock } from '../clock.ts'
import { DiscordError, fieldError } from '../discord-error.ts'
import type { StoredMessage } from '../message-log.ts'
import type { NextSnowflake } from '../snowflake.ts'
import type { Threads } from '../threads.ts'
import { toPublicUser } from '../wire.ts'
import type { Channel } from '../world.ts'
import { announce, announceMessage, type AnnounceDeps } from './announce.ts'
import type { Attachments, Upload } from './attachments.ts'
import { numberComponents } from './component-form.ts'
import { fillMedia, toEmbeds } from './file-references.ts'
import { findMentions } from './mentions.ts'
import type { EditForm, MessageForm } from './message-form.ts'
import { createNonces } from './nonces.ts'

export interface NewMessage {
  channel: Channel
  authorId: string
  form: MessageForm
  uploads: readonly Upload[]
  /** The server's own address, for the URLs of attachments. */
  origin: string
  /** Set when it answers an interaction: such messages need no permissions. */
  interaction?: InteractionOrigin
}

export interface InteractionOrigin {
  type: MessageType
  ephemeralFor: string | null
  isLoading: boolean
  /** `interaction_metadata`, `webhook_id` and the like. */
  members: Partial<APIMessage>
}

export interface MessageEdit {
  form: EditForm
  uploads: readonly Upload[]
  origin: string
}

export interface Messages {
  /** Checks permissions, stores, announces. A nonce that was used already answers with its first message. */
  send(message: NewMessage): StoredMessage
  edit(stored: StoredMessage, edit: MessageEdit): StoredMessage
  remove(channel: Channel, stored: StoredMessage): void
  /** A message that Discord itself writes, such as "started a thread". */
  sendSystem(channel: Channel, members: Partial<APIMessage> & { authorId: string }): StoredMessage
}

export interface MessagesDeps extends AnnounceDeps {
  threads: Pick<Threads, 'prepareToSend' | 'sent'>
  attachments: Attachments
  clock: Clock
  nextId: NextSnowflake
}

const settable =
  MessageFlags.SuppressEmbeds | MessageFlags.SuppressNotifications | MessageFlags.IsComponentsV2

export function createMessages(deps: MessagesDeps): Messages {
  const { world, permissions, threads, clock, nextId } = deps
  const nonces = createNonces({ clock })

  const store = (
    channel: Channel,
    wire: APIMessage,
    ephemeralFor: string | null,
  ): StoredMessage => {
    const stored: StoredMessage = {
      id: wire.id,
      channelId: channel.id,
      wire,
      reactions: new Map(),
      ephemeralFor,
    }
    if (ephemeralFor === null) {
      channel.log.add(stored)
      channel.data.last_message_id = wire.id
    } else channel.ephemeral.add(stored)
    return stored
  }

  const blank = (channel: Channel, authorId: string): APIMessage => ({
    id: nextId(),
    channel_id: channel.id,
    type: MessageType.Default,
    author: toPublicUser(world.user(authorId)),
    content: '',
    timestamp: toTimestamp(clock.now()),
    edited_timestamp: null,
    tts: false,
    mention_everyone: false,
    mentions: [],
    mention_roles: [],
    attachments: [],
    embeds: [],
    components: [],
    pinned: false,
    // No flags; the enum has no name for it.
    flags: 0 as MessageFlags,
  })

  /** Fills `wire` with what the form says; members that the form leaves out stay as they are. */
  const apply = (channel: Channel, wire: APIMessage, { form, uploads, origin }: MessageEdit) => {
    if (form.content !== undefined || form.allowed_mentions !== undefined)
      setContent(channel, wire, form)
    if (form.attachments !== undefined || uploads.length > 0)
      wire.attachments = mergeAttachments(wire.attachments, { form, uploads, origin }, (upload) =>
        deps.attachments.add(upload, { channelId: channel.id, origin }),
      )
    if (form.embeds !== undefined) wire.embeds = toEmbeds(form.embeds ?? [], wire.attachments)
    if (form.components !== undefined) {
      // rowsForm and layoutForm let only Discord's own shapes pass.
      wire.components = structuredClone(form.components ?? []) as NonNullable<
        APIMessage['components']
      >
      fillMedia(wire.components, wire.attachments)
      numberComponents(wire.components)
    }
    if (form.flags !== undefined && form.flags !== null)
      wire.flags = ((wire.flags ?? 0) & ~MessageFlags.SuppressEmbeds) | (form.flags & settable)
  }

  const setContent = (channel: Channel, wire: APIMessage, form: EditForm) => {
    if (form.content !== undefined) wire.content = (form.content ?? '').trim()
    const mentions = findMentions(wire.content, form.allowed_mentions, {
      world,
      permissions,
      channel,
      authorId: wire.author.id,
      repliedUserId: wire.referenced_message?.author.id ?? null,
    })
    wire.mentions = mentions.users.map((id) => toPublicUser(world.user(id)))
    wire.mention_roles = mentions.roles
    wire.mention_everyone = mentions.everyone
  }

  const refer = (channel: Channel, wire: APIMessage, form: MessageForm) => {
    const reference = form.message_reference
    if (!reference) return
    const target = channel.log.get(reference.message_id)
    if (!target && reference.fail_if_not_exists === false) return
    if (!target)
      throw fieldError(['message_reference'], {
        code: 'REPLIES_UNKNOWN_MESSAGE',
        message: 'Unknown message',
      })
    const { referenced_message: _nested, ...referenced } = target.wire
    wire.type = MessageType.Reply
    wire.message_reference = {
      type: MessageReferenceType.Default,
      message_id: target.id,
      channel_id: channel.id,
      ...(channel.kind !== 'dm' && { guild_id: channel.guildId }),
    }
    wire.referenced_message = referenced
  }

  const requirePermissions = ({ channel, authorId, form, uploads }: NewMessage) => {
    permissions.require(channel, authorId)
    if (channel.kind === 'guild' && channel.data.type === ChannelType.GuildCategory)
      throw new DiscordError(50008)
    permissions.require(channel, authorId, PermissionFlagsBits.SendMessages)
    if (uploads.length > 0) permissions.require(channel, authorId, PermissionFlagsBits.AttachFiles)
    if (form.embeds?.length) permissions.require(channel, authorId, PermissionFlagsBits.EmbedLinks)
  }

  return {
    send(message) {
      const { channel, authorId, form, uploads, origin, interaction } = message
      if (!interaction) requirePermissions(message)
      if (!interaction?.isLoading) assertNotEmpty(form, uploads)
      const first = nonces.find(channel.id, authorId, form)
      const known = first === undefined ? undefined : channel.log.get(first)
      if (known) return known
      threads.prepareToSend(channel, authorId)

      const wire = blank(channel, authorId)
      refer(channel, wire, form)
      if (form.tts) wire.tts = true
      if (interaction) Object.assign(wire, interaction.members, { type: interaction.type })
      apply(channel, wire, { form: { ...form, content: form.content ?? '' }, uploads, origin })
      if (interaction?.isLoading) wire.flags = (wire.flags ?? 0) | MessageFlags.Loading
      if (interaction && interaction.ephemeralFor !== null)
        wire.flags = (wire.flags ?? 0) | MessageFlags.Ephemeral

      const stored = store(channel, wire, interaction?.ephemeralFor ?? null)
      nonces.remember(channel.id, authorId, { form, messageId: wire.id })
      announceMessage(deps, {
        event: 'MESSAGE_CREATE',
        stored,
        ...(form.nonce !== undefined && form.nonce !== null && { nonce: form.nonce }),
      })
      if (stored.ephemeralFor === null) threads.sent(channel, wire)
      return stored
    },
    edit(stored, edit) {
      const channel = world.channel(stored.channelId)
      const draft = structuredClone(stored.wire)
      apply(channel, draft, edit)
      if (isEmpty(draft)) throw new DiscordError(50006)
      // The answer that "is thinking…" stood for is no edit.
      const isAwaited = ((stored.wire.flags ?? 0) & MessageFlags.Loading) !== 0
      if (!isAwaited) draft.edited_timestamp = toTimestamp(clock.now())
      draft.flags = (draft.flags ?? 0) & ~MessageFlags.Loading
      Object.assign(stored.wire, draft)
      announceMessage(deps, { event: 'MESSAGE_UPDATE', stored })
      return stored
    },
    remove(channel, stored) {
      const data = { id: stored.id, channel_id: channel.id }
      if (stored.ephemeralFor !== null) {
        channel.ephemeral.delete(stored.id)
        deps.hub.tell(stored.ephemeralFor, 'MESSAGE_DELETE', data)
        return
      }
      channel.log.delete(stored.id)
      announce(deps, channel, { event: 'MESSAGE_DELETE', data })
    },
    sendSystem(channel, { authorId, ...members }) {
      const stored = store(channel, { ...blank(channel, authorId), ...members }, null)
      announceMessage(deps, { event: 'MESSAGE_CREATE', stored })
      return stored
    },
  }
}

const isEmpty = ({ content, embeds, attachments, components }: APIMessage): boolean =>
  content === '' && embeds.length === 0 && attachments.length === 0 && !components?.length

function assertNotEmpty(form: MessageForm, uploads: readonly Upload[]): void {
  const hasContent = Boolean(form.content?.trim()) || Boolean(form.embeds?.length)
  if (!hasContent && uploads.length === 0 && !form.components?.length) throw new DiscordError(50006)
}

/** `attachments` of the form names what stays and describes what is new; without it all stays. */
function mergeAttachments(
  current: readonly APIAttachment[],
  { form, uploads }: MessageEdit,
  add: (upload: Upload) => APIAttachment,
): APIAttachment[] {
  const named = form.attachments ?? null
  const kept =
    named === null ? current : current.filter(({ id }) => named.some((one) => one.id === id))
  if (kept.length + uploads.length > 10)
    throw fieldError(['attachments'], {
      code: 'BASE_TYPE_MAX_LENGTH',
      message: 'Must be 10 or fewer in length.',
    })
  const added = uploads.map((upload) => {
    const about = named?.find(({ id }) => id === upload.index)
    const attachment = add({ ...upload, filename: about?.filename ?? upload.filename })
    return about?.description ? { ...attachment, description: about.description } : attachment
  })
  return [...kept, ...added]
}
