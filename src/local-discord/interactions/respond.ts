import {
  InteractionResponseType as Response,
  InteractionType,
  MessageFlags,
  MessageType,
  type APIMessage,
} from 'discord-api-types/v10'
import { z } from 'zod'

import type { Clock } from '../clock.ts'
import { DiscordError, fieldError } from '../discord-error.ts'
import { list, parseForm, text } from '../form.ts'
import type { Hub } from '../gateway/hub.ts'
import type { StoredMessage } from '../message-log.ts'
import { toMessage } from '../messages/announce.ts'
import type { Upload } from '../messages/attachments.ts'
import { modalForm, numberComponents } from '../messages/component-form.ts'
import { parseEdit, parseMessage } from '../messages/message-form.ts'
import type { Messages } from '../messages/messages.ts'
import { toPublicUser } from '../wire.ts'
import type { World } from '../world.ts'
import { toNotice } from './create.ts'
import type { Modals } from './modals.ts'
import { firstAnswerMs, type Pending, type PendingStore } from './pending.ts'

export interface Body {
  body: unknown
  uploads: readonly Upload[]
}

/** The application's side of an interaction. */
export interface Respond {
  /** `POST /interactions/:id/:token/callback`; the answer is the body of `?with_response=true`. */
  callback(id: string, token: string, body: Body): object
  /** `POST /webhooks/:application/:token` */
  followUp(token: string, body: Body): APIMessage
  /** `messageId` may be `@original`. */
  get(token: string, messageId: string): APIMessage
  edit(token: string, messageId: string, body: Body): APIMessage
  remove(token: string, messageId: string): void
}

export interface RespondDeps {
  applicationId: string
  applicationName: string
  world: World
  hub: Hub
  messages: Messages
  modals: Modals
  pending: PendingStore
  clock: Pick<Clock, 'now'>
}

const callbackForm = z.object({ type: z.number(), data: z.unknown().optional() })
const choicesForm = z.object({
  choices: list(
    z.object({
      name: text(1, 100),
      name_localizations: z.record(z.string(), z.string()).nullish(),
      value: z.union([text(0, 100), z.number()]),
    }),
    { max: 25 },
  ),
})
const flagsForm = z.object({ flags: z.number().int().nullish() }).nullish()

export function createRespond(deps: RespondDeps): Respond {
  const { applicationId, world, hub, messages, modals, pending, clock } = deps

  /** @throws DiscordError 50027 after 15 minutes, 10015 before the first answer */
  const webhook = (token: string): Pending => {
    const record = pending.byToken(token)
    if (!record) throw new DiscordError(50027)
    if (!record.isAcknowledged) throw new DiscordError(10015)
    return record
  }

  const find = (record: Pending, messageId: string): StoredMessage => {
    const id = messageId === '@original' ? record.original?.id : messageId
    const { log, ephemeral } = record.channel
    const stored = id === undefined ? undefined : (log.get(id) ?? ephemeral.get(id))
    if (stored?.wire.author.id !== applicationId) throw new DiscordError(10008)
    return stored
  }

  /** A message of the interaction: the first answer, or one after it. */
  const send = (
    record: Pending,
    { body, uploads }: Body,
    { isLoading, isFirst }: { isLoading: boolean; isFirst: boolean },
  ): StoredMessage => {
    const form = parseMessage(body ?? {})
    const isEphemeral = ((form.flags ?? 0) & MessageFlags.Ephemeral) !== 0
    const type = isFirst ? record.answerType : MessageType.Reply
    return messages.send({
      channel: record.channel,
      authorId: applicationId,
      form: isLoading ? { ...form, content: '' } : form,
      uploads,
      origin: record.origin,
      interaction: {
        type,
        ephemeralFor: isEphemeral ? record.userId : null,
        isLoading,
        members: membersOf(record, { type, isFirst, deps }),
      },
    })
  }

  const editMessage = (record: Pending, stored: StoredMessage, { body, uploads }: Body) =>
    messages.edit(stored, {
      form: parseEdit(body, stored.wire.flags ?? 0),
      uploads,
      origin: record.origin,
    })

  /** What each kind of callback does; the answer is the message it made or changed. */
  const perform = (record: Pending, type: number, body: Body): StoredMessage | null => {
    const isFromMessage = record.source !== null
    const isAutocomplete = record.type === InteractionType.ApplicationCommandAutocomplete
    const refuse = () =>
      fieldError(['type'], {
        code: 'INTERACTION_RESPONSE_TYPE_INVALID',
        message: 'This response type is not valid for this interaction.',
      })
    if (isAutocomplete !== (type === Response.ApplicationCommandAutocompleteResult)) throw refuse()
    switch (type) {
      case Response.ChannelMessageWithSource:
        record.original = send(record, body, { isLoading: false, isFirst: true })
        return record.original
      case Response.DeferredChannelMessageWithSource: {
        const flags = parseForm(flagsForm, body.body)?.flags ?? 0
        record.original = send(
          record,
          { body: { flags }, uploads: [] },
          { isLoading: true, isFirst: true },
        )
        return record.original
      }
      case Response.DeferredMessageUpdate:
        if (!isFromMessage) throw refuse()
        record.original = record.source
        return record.original
      case Response.UpdateMessage:
        if (!record.source) throw refuse()
        record.original = editMessage(record, record.source, body)
        return record.original
      case Response.ApplicationCommandAutocompleteResult: {
        const { choices } = parseForm(choicesForm, body.body)
        hub.tell(record.userId, 'APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE', {
          choices,
          ...(record.nonce !== undefined && { nonce: record.nonce }),
        })
        return null
      }
      case Response.Modal:
        if (record.type === InteractionType.ModalSubmit) throw refuse()
        openModal(record, body.body)
        return null
      default:
        throw refuse()
    }
  }

  const openModal = (record: Pending, body: unknown) => {
    const modal = parseForm(modalForm, body)
    numberComponents(modal.components)
    modals.open(record.id, {
      userId: record.userId,
      customId: modal.custom_id,
      source: record.source,
      components: modal.components,
    })
    const bot = toPublicUser(world.user(applicationId))
    hub.tell(record.userId, 'INTERACTION_MODAL_CREATE', {
      ...modal,
      ...toNotice(record),
      channel_id: record.channel.id,
      application: { id: applicationId, name: deps.applicationName, icon: bot.avatar, bot },
    })
  }

  return {
    callback(id, token, { body, uploads }) {
      const record = pending.byId(id)
      const isKnown = record?.token === token && clock.now() - record.createdAt <= firstAnswerMs
      if (record?.token === token && record.isAcknowledged) throw new DiscordError(40060)
      if (!isKnown) throw new DiscordError(10062)
      const form = parseForm(callbackForm, body)
      const stored = perform(record, form.type, { body: form.data, uploads })
      record.isAcknowledged = true
      hub.tell(record.userId, 'INTERACTION_SUCCESS', toNotice(record))
      return toCallbackResponse(record, { type: form.type, stored, applicationId })
    },
    followUp(token, body) {
      const record = webhook(token)
      const isWaiting = ((record.original?.wire.flags ?? 0) & MessageFlags.Loading) !== 0
      const stored =
        record.original && isWaiting
          ? editMessage(record, record.original, body)
          : send(record, body, { isLoading: false, isFirst: false })
      return toMessage(stored, applicationId)
    },
    get: (token, messageId) => toMessage(find(webhook(token), messageId), applicationId),
    edit(token, messageId, body) {
      const record = webhook(token)
      return toMessage(editMessage(record, find(record, messageId), body), applicationId)
    },
    remove(token, messageId) {
      const record = webhook(token)
      messages.remove(record.channel, find(record, messageId))
    },
  }
}

/** What marks a message as the answer to an interaction. */
function membersOf(
  record: Pending,
  { type, isFirst, deps }: { type: MessageType; isFirst: boolean; deps: RespondDeps },
): Partial<APIMessage> {
  const { world, applicationId } = deps
  const guild = world.guildOf(record.channel)
  const user = toPublicUser(world.user(record.userId))
  const target = isFirst ? record.source : record.original
  const members = {
    application_id: applicationId,
    webhook_id: applicationId,
    interaction_metadata: {
      id: record.id,
      type: record.type,
      user,
      authorizing_integration_owners: { 0: guild?.id ?? '0' },
      ...(record.commandName !== null && { name: record.commandName }),
      ...(record.source && { interacted_message_id: record.source.id }),
      ...(!isFirst && record.original && { original_response_message_id: record.original.id }),
    },
    ...(record.commandName !== null &&
      isFirst && {
        interaction: { id: record.id, type: record.type, name: record.commandName, user },
      }),
    ...(type === MessageType.Reply && target && referenceTo(target, guild?.id)),
  }
  // The library's union ties each member to one interaction type; the record's type decides here at run time.
  return members as Partial<APIMessage>
}

function referenceTo(target: StoredMessage, guildId: string | undefined): Partial<APIMessage> {
  const { referenced_message: _nested, ...referenced } = target.wire
  return {
    message_reference: {
      type: 0,
      message_id: target.id,
      channel_id: target.channelId,
      ...(guildId !== undefined && { guild_id: guildId }),
    },
    referenced_message: referenced,
  }
}

function toCallbackResponse(
  record: Pending,
  {
    type,
    stored,
    applicationId,
  }: { type: number; stored: StoredMessage | null; applicationId: string },
): object {
  const flags = stored?.wire.flags ?? 0
  return {
    interaction: {
      id: record.id,
      type: record.type,
      channel_id: record.channel.id,
      ...(record.channel.kind !== 'dm' && { guild_id: record.channel.guildId }),
      ...(stored && {
        response_message_id: stored.id,
        response_message_loading: (flags & MessageFlags.Loading) !== 0,
        response_message_ephemeral: (flags & MessageFlags.Ephemeral) !== 0,
      }),
    },
    resource: { type, ...(stored && { message: toMessage(stored, applicationId) }) },
  }
}
