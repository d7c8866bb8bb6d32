import { GatewayIntentBits as Intent, type APIMessage } from 'discord-api-types/v10'

/** Which dispatches need which intent (documentation, "List of Intents"); what is not named needs none. */
export const privileged = Intent.GuildMembers | Intent.GuildPresences | Intent.MessageContent

const guild: Record<string, number> = {
  GUILD_CREATE: Intent.Guilds,
  GUILD_UPDATE: Intent.Guilds,
  GUILD_DELETE: Intent.Guilds,
  GUILD_ROLE_CREATE: Intent.Guilds,
  GUILD_ROLE_UPDATE: Intent.Guilds,
  GUILD_ROLE_DELETE: Intent.Guilds,
  CHANNEL_CREATE: Intent.Guilds,
  CHANNEL_UPDATE: Intent.Guilds,
  CHANNEL_DELETE: Intent.Guilds,
  CHANNEL_PINS_UPDATE: Intent.Guilds,
  THREAD_CREATE: Intent.Guilds,
  THREAD_UPDATE: Intent.Guilds,
  THREAD_DELETE: Intent.Guilds,
  THREAD_MEMBER_UPDATE: Intent.Guilds,
  THREAD_MEMBERS_UPDATE: Intent.Guilds,
  GUILD_MEMBER_ADD: Intent.GuildMembers,
  GUILD_MEMBER_UPDATE: Intent.GuildMembers,
  GUILD_MEMBER_REMOVE: Intent.GuildMembers,
  PRESENCE_UPDATE: Intent.GuildPresences,
  MESSAGE_CREATE: Intent.GuildMessages,
  MESSAGE_UPDATE: Intent.GuildMessages,
  MESSAGE_DELETE: Intent.GuildMessages,
  MESSAGE_DELETE_BULK: Intent.GuildMessages,
  MESSAGE_REACTION_ADD: Intent.GuildMessageReactions,
  MESSAGE_REACTION_REMOVE: Intent.GuildMessageReactions,
  MESSAGE_REACTION_REMOVE_ALL: Intent.GuildMessageReactions,
  MESSAGE_REACTION_REMOVE_EMOJI: Intent.GuildMessageReactions,
  TYPING_START: Intent.GuildMessageTyping,
}

const direct: Record<string, number> = {
  CHANNEL_PINS_UPDATE: Intent.DirectMessages,
  MESSAGE_CREATE: Intent.DirectMessages,
  MESSAGE_UPDATE: Intent.DirectMessages,
  MESSAGE_DELETE: Intent.DirectMessages,
  MESSAGE_REACTION_ADD: Intent.DirectMessageReactions,
  MESSAGE_REACTION_REMOVE: Intent.DirectMessageReactions,
  MESSAGE_REACTION_REMOVE_ALL: Intent.DirectMessageReactions,
  MESSAGE_REACTION_REMOVE_EMOJI: Intent.DirectMessageReactions,
  TYPING_START: Intent.DirectMessageTyping,
}

/** The intent bit an event needs; 0 when it needs none. */
export const intentFor = (event: string, guildId: string | null): number =>
  (guildId === null ? direct[event] : guild[event]) ?? 0

/**
 * A message as a bot without MESSAGE_CONTENT gets it over the gateway: what people wrote is emptied, unless
 * the message is its own, mentions it, or is a direct message. The message it replies to has its own right.
 */
export function withoutContent(
  whole: APIMessage,
  reader: { botId: string; guildId: string | null },
): APIMessage {
  const { botId, guildId } = reader
  const { referenced_message: target } = whole
  const message = target ? { ...whole, referenced_message: withoutContent(target, reader) } : whole
  const isReadable =
    guildId === null ||
    message.author.id === botId ||
    message.mentions.some((user) => user.id === botId)
  if (isReadable) return message
  return { ...message, content: '', embeds: [], attachments: [], components: [] }
}
