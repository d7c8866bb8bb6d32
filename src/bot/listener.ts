import { type Client, GuildPremiumTier, type Message } from 'discord.js'

import { type Locale, localeOfText, toLocale, type Translations } from '../i18n.ts'
import type { Logger } from '../log.ts'
import { toAttachedFile } from './attached-file.ts'
import { createChannelSurface, usualFileBytes } from './channel-surface.ts'
import { placeOf } from './conversations.ts'
import { readableText } from './prompt.ts'
import type { Turns } from './turns.ts'

export interface ListenerDeps {
  client: Client<true>
  turns: Pick<Turns, 'ask'>
  translations: Translations
  log: Logger
}

/** Turns a message that is addressed to the bot into a question, or into a hint how to ask one. */
export function createListener({ client, turns, translations, log }: ListenerDeps) {
  const botId = client.user.id

  async function onMessage(message: Message): Promise<void> {
    if (message.author.bot || message.system || message.webhookId !== null) return
    const isDirect = message.guildId === null
    const isMention = message.mentions.users.has(botId)
    const isReply = message.mentions.repliedUser?.id === botId
    // Easily picked instead of the bot itself, for it has the same name.
    const isRoleMention = message.mentions.roles.some(({ tags }) => tags?.botId === botId)
    if (!isDirect && !isMention && !isReply && !isRoleMention) return

    const text = readableText(message.content, { botId, names: namesIn(message) })
    const locale = localeOf(message, text)
    const surface = createChannelSurface({
      rest: client.rest,
      channelId: message.channelId,
      replyTo: message.id,
      maxFileBytes: maxFileBytesOf(message.guild),
    })
    const hint = (key: 'emptyMention' | 'unreadable' | 'busy'): Promise<string> => {
      const mention = `@${client.user.displayName}`
      return surface.send({ content: translations(locale)(`hint.${key}`, { mention }) })
    }
    const attachments = message.attachments.map(toAttachedFile)
    if (text === '' && attachments.length === 0) {
      // Without the Message Content intent, what does not mention the bot itself arrives empty.
      await hint(isDirect || isMention ? 'emptyMention' : 'unreadable')
      return
    }
    const place = placeOf({
      guildId: message.guildId,
      channelId: message.channelId,
      userId: message.author.id,
      isDirect,
      isPrivate: false,
    })
    const author = {
      id: message.author.id,
      name: message.member?.displayName ?? message.author.displayName,
    }
    const question = { place, surface, locale, text, attachments, author, sourceId: message.id }
    if (!turns.ask({ ...question, isCollectable: true })) await hint('busy')
  }

  return (message: Message): void => {
    onMessage(message).catch((err: unknown) => {
      log.warn({ err, channelId: message.channelId, messageId: message.id }, 'message not handled')
    })
  }
}

/** What Discord takes as one file; a guild may have paid for more. */
function maxFileBytesOf(guild: Message['guild']): number {
  if (guild?.premiumTier === GuildPremiumTier.Tier3) return 10 * usualFileBytes
  return guild?.premiumTier === GuildPremiumTier.Tier2 ? 5 * usualFileBytes : usualFileBytes
}

function localeOf({ guild }: Message, text: string): Locale {
  return localeOfText(text) ?? toLocale(guild?.preferredLocale)
}

function namesIn({ mentions, guild }: Message) {
  return {
    user: (id: string) =>
      mentions.members?.get(id)?.displayName ?? mentions.users.get(id)?.displayName ?? null,
    role: (id: string) => guild?.roles.cache.get(id)?.name ?? null,
    channel: (id: string) => guild?.channels.cache.get(id)?.name ?? null,
  }
}
