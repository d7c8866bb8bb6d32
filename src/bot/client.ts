import { Client, GatewayIntentBits, Options, Partials } from 'discord.js'

export interface ClientOptions {
  /** Discord's REST base, without the version. */
  apiUrl?: string | undefined
  /** discord.js's own cap over all routes; Discord allows 50. */
  requestsPerSecond?: number | undefined
}

/** None is privileged: the content of mentions, replies that ping and direct messages comes anyway. */
const intents = [
  GatewayIntentBits.Guilds,
  GatewayIntentBits.GuildMessages,
  GatewayIntentBits.DirectMessages,
]

/** Members, users and threads are only needed for the moment in which a message is read. */
const few = 100

/** A discord.js client that keeps next to nothing: the bot's memory is the runtime's. */
export function createClient({ apiUrl, requestsPerSecond }: ClientOptions): Client {
  const client: Client = new Client({
    intents,
    // Direct messages arrive in channels that were never announced.
    partials: [Partials.Channel],
    allowedMentions: { parse: [], repliedUser: false },
    failIfNotExists: false,
    rest: {
      ...(apiUrl !== undefined && { api: apiUrl }),
      ...(requestsPerSecond !== undefined && { globalRequestsPerSecond: requestsPerSecond }),
    },
    makeCache: Options.cacheWithLimits({
      ApplicationCommandManager: 0,
      ApplicationEmojiManager: 0,
      AutoModerationRuleManager: 0,
      BaseGuildEmojiManager: 0,
      DMMessageManager: 0,
      EntitlementManager: 0,
      GuildBanManager: 0,
      GuildEmojiManager: 0,
      GuildForumThreadManager: few,
      GuildInviteManager: 0,
      GuildMemberManager: { maxSize: few, keepOverLimit: isSelf },
      GuildMessageManager: 0,
      GuildScheduledEventManager: 0,
      GuildStickerManager: 0,
      GuildTextThreadManager: few,
      MessageManager: 0,
      PresenceManager: 0,
      ReactionManager: 0,
      ReactionUserManager: 0,
      StageInstanceManager: 0,
      ThreadMemberManager: 0,
      UserManager: { maxSize: few, keepOverLimit: isSelf },
      VoiceStateManager: 0,
    }),
  })

  function isSelf({ id }: { id: string }): boolean {
    return id === client.user?.id
  }

  return client
}
