import {
  type APIMessage,
  ButtonStyle,
  ComponentType,
  MessageFlags,
  parseResponse,
  RequestMethod,
  type ResponseLike,
  type REST,
  type RESTPatchAPIChannelMessageJSONBody,
  type RESTPostAPIChannelMessageJSONBody,
  type RouteLike,
  Routes,
} from 'discord.js'

import { isReplyForbidden } from './discord-failure.ts'
import type { Outgoing, Surface } from './surface.ts'

export interface ChannelSurfaceDeps {
  rest: Pick<REST, 'queueRequest' | 'globalRemaining' | 'globalReset' | 'options'>
  channelId: string
  /** The message that the first one replies to; its author is the only one who is pinged. */
  replyTo?: string
  /** The largest file that Discord takes in this place, in bytes; default: anywhere. */
  maxFileBytes?: number
}

/** Of one file, where the guild has not paid for more. */
export const usualFileBytes = 10 * 1024 * 1024

/** Time between two edits while the channel's bucket has room, in milliseconds. */
export const usualPaceMs = 1200
const maxPaceMs = 10_000

/**
 * Messages in a channel, straight through REST: no message is built or cached for what the bot says
 * itself. Every create and every edit names its allowed mentions, since an edit parses them anew.
 */
export function createChannelSurface({
  rest,
  channelId,
  replyTo,
  maxFileBytes = usualFileBytes,
}: ChannelSurfaceDeps): Surface {
  let replyId: string | null = null
  let paceMs = usualPaceMs
  let sent = 0

  async function request(method: RequestMethod, route: RouteLike, content?: RequestContent) {
    const response = await rest.queueRequest({ method, fullRoute: route, ...content })
    paceMs = paceOf(response)
    return response
  }

  /** Sent twice, e.g. after a timeout, a message with a nonce is still one message. */
  async function create(message: Outgoing, reply: ReplyFields = {}): Promise<string> {
    const body = {
      content: message.content,
      flags: MessageFlags.SuppressEmbeds,
      allowed_mentions: { parse: [], replied_user: reply.message_reference !== undefined },
      ...componentsOf(message),
      ...attachmentsOf(message),
      ...reply,
    } satisfies RESTPostAPIChannelMessageJSONBody
    const response = await request(RequestMethod.Post, Routes.channelMessages(channelId), {
      body,
      ...filesOf(message),
    })
    const { id } = (await parseResponse(response)) as APIMessage // Discord's answer to a create
    return id
  }

  async function createFirst(message: Outgoing, messageId: string): Promise<string> {
    const once = onceOnly(messageId)
    const message_reference = { message_id: messageId, fail_if_not_exists: false }
    try {
      return await create(message, { ...once, message_reference })
    } catch (error) {
      if (!isReplyForbidden(error)) throw error
      return await create(message, once)
    }
  }

  return {
    async send(message) {
      if (replyTo === undefined) return create(message)
      if (replyId !== null) {
        sent += 1
        return create(message, onceOnly(`${replyTo}-${sent}`))
      }
      replyId = await createFirst(message, replyTo)
      return replyId
    },

    async edit(id, message) {
      const body = {
        content: message.content,
        flags: MessageFlags.SuppressEmbeds,
        allowed_mentions: { parse: [], replied_user: id === replyId },
        ...componentsOf(message),
        ...attachmentsOf(message),
      } satisfies RESTPatchAPIChannelMessageJSONBody
      const content = { body, ...filesOf(message) }
      await discard(
        await request(RequestMethod.Patch, Routes.channelMessage(channelId, id), content),
      )
    },

    async typing() {
      if (isNearGlobalLimit(rest)) return
      await discard(
        await rest.queueRequest({
          method: RequestMethod.Post,
          fullRoute: Routes.channelTyping(channelId),
        }),
      )
    },

    maxFileBytes,
    pace: () => paceMs,
  }
}

function onceOnly(nonce: string): ReplyFields {
  return { nonce, enforce_nonce: true }
}

type ReplyFields = Pick<
  RESTPostAPIChannelMessageJSONBody,
  'message_reference' | 'nonce' | 'enforce_nonce'
>

/** Most of this second's requests are spent: what is left of them belongs to answers. */
function isNearGlobalLimit({ globalRemaining, globalReset, options }: ChannelSurfaceDeps['rest']) {
  return globalReset > Date.now() && globalRemaining < options.globalRequestsPerSecond / 2
}

interface RequestContent {
  body: object
  files?: { name: string; data: string | Uint8Array }[]
}

function componentsOf({ buttons = [] }: Outgoing): Pick<MessageBody, 'components'> {
  if (buttons.length === 0) return {}
  const components = buttons.map(({ label, customId }) => ({
    type: ComponentType.Button as const,
    style: ButtonStyle.Secondary as const,
    label,
    custom_id: customId,
  }))
  return { components: [{ type: ComponentType.ActionRow, components }] }
}

/** The whole list: in an edit that is done twice, the files of the first time are replaced. */
function attachmentsOf({ files = [] }: Outgoing): Pick<MessageBody, 'attachments'> {
  if (files.length === 0) return {}
  return {
    attachments: files.map(({ name, description }, index) => ({
      id: String(index),
      filename: name,
      ...(description !== undefined && { description }),
    })),
  }
}

type MessageBody = Pick<RESTPostAPIChannelMessageJSONBody, 'components' | 'attachments'>

function filesOf({ files = [] }: Outgoing): Pick<RequestContent, 'files'> {
  return files.length > 0 ? { files: files.map(({ name, data }) => ({ name, data })) } : {}
}

/** An unread body would keep its connection. */
async function discard(response: ResponseLike): Promise<void> {
  await response.arrayBuffer()
}

/** Slower while the bucket is nearly empty: as long as it takes to fill again. */
function paceOf({ headers }: ResponseLike): number {
  const remaining = headers.get('x-ratelimit-remaining')
  if (remaining === null || Number(remaining) > 1) return usualPaceMs
  const resetMs = Number(headers.get('x-ratelimit-reset-after') ?? 0) * 1000
  return Math.min(maxPaceMs, Math.max(usualPaceMs, Number.isFinite(resetMs) ? resetMs : 0))
}
