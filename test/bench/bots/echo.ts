/** The floor of any bot: discord.js alone, answering each mention with its own text. */
import { Client, Events, GatewayIntentBits } from 'discord.js'

const { DISCORD_TOKEN, DISCORD_API_URL = '', DISCORD_REQUESTS_PER_SECOND = '50' } = process.env

const client = new Client({
  intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages],
  rest: { api: DISCORD_API_URL, globalRequestsPerSecond: Number(DISCORD_REQUESTS_PER_SECOND) },
  allowedMentions: { parse: [] },
})

client.on(Events.MessageCreate, (message) => {
  if (message.author.bot || !client.user || !message.mentions.has(client.user)) return
  message.reply(message.content).catch(console.error)
})

process.once('SIGTERM', () => void client.destroy().then(() => process.exit(0)))
await client.login(DISCORD_TOKEN)
