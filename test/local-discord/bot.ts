import {
  Client,
  Events,
  GatewayIntentBits,
  Partials,
  type ClientEvents,
  type ClientOptions,
} from 'discord.js'

import type { TestDiscord } from '../helpers/local-discord.ts'

/** The intents of a bot that reads messages everywhere. */
export const allIntents = [
  GatewayIntentBits.Guilds,
  GatewayIntentBits.GuildMembers,
  GatewayIntentBits.GuildMessages,
  GatewayIntentBits.GuildMessageReactions,
  GatewayIntentBits.GuildMessageTyping,
  GatewayIntentBits.DirectMessages,
  GatewayIntentBits.DirectMessageReactions,
  GatewayIntentBits.DirectMessageTyping,
  GatewayIntentBits.MessageContent,
]

export interface BotOptions extends Partial<Omit<ClientOptions, 'rest'>> {
  rest?: ClientOptions['rest']
}

/** An unmodified discord.js client that is told only where the API is. It is not logged in. */
export function createBot(discord: Pick<TestDiscord, 'api'>, options: BotOptions = {}): Client {
  return new Client({
    intents: allIntents,
    partials: [Partials.Channel, Partials.Message, Partials.Reaction],
    ...options,
    rest: { ...options.rest, api: discord.api },
  })
}

/** A bot that is ready, and ends with the test. */
export async function startBot(
  discord: Pick<TestDiscord, 'api' | 'botToken' | 'beforeClose'>,
  options?: BotOptions,
): Promise<Client<true>> {
  const client = createBot(discord, options)
  discord.beforeClose(() => client.destroy())
  const ready = once(client, Events.ClientReady)
  await client.login(discord.botToken)
  const [readied] = await ready
  return readied
}

/** The arguments of the next event. */
export function once<Event extends keyof ClientEvents>(
  client: Client,
  event: Event,
): Promise<ClientEvents[Event]> {
  return new Promise((resolve) => client.once(event, (...values) => resolve(values)))
}
