// A discord.js bot that uses everything the page must be able to show. Messages it sends and
// edits only when a test tells it to; commands and components answer at once.
import {
  ActionRowBuilder,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  AttachmentBuilder,
  ButtonBuilder,
  ButtonStyle,
  Client,
  Events,
  GatewayIntentBits,
  type Interaction,
  MessageFlags,
  ModalBuilder,
  Partials,
  StringSelectMenuBuilder,
  TextInputBuilder,
  TextInputStyle,
} from 'discord.js'

const commands = [
  {
    name: 'help',
    description: 'What I can do',
    descriptionLocalizations: { 'zh-CN': '我能做什么' },
  },
  {
    name: 'lookup',
    description: 'Finds a course',
    nameLocalizations: { 'zh-CN': '查课' },
    descriptionLocalizations: { 'zh-CN': '查找一门课' },
    options: [
      {
        name: 'course',
        description: 'Its name',
        type: ApplicationCommandOptionType.String as const,
        required: true,
        autocomplete: true,
      },
      {
        name: 'day',
        description: 'Which day',
        type: ApplicationCommandOptionType.String as const,
        choices: [
          { name: 'Today', value: 'd0' },
          { name: 'Tomorrow', value: 'd1' },
        ],
      },
    ],
  },
  { name: 'panel', description: 'Buttons and a menu' },
  { name: 'secret', description: 'Only for you' },
  { name: 'slow', description: 'Thinks first' },
  { name: 'silent', description: 'Never answers' },
  { name: 'Quote', type: ApplicationCommandType.Message as const },
  { name: 'Wave', type: ApplicationCommandType.User as const },
]

const courses = ['Prompt 工程', 'RAG 实战', 'Agent 开发']

export interface PageBot {
  client: Client<true>
  /** Lets the deferred answer of `/slow` come. */
  finishSlow(): void
  close(): Promise<void>
}

export async function startPageBot(local: { origin: string; botToken: string }): Promise<PageBot> {
  const { Guilds, GuildMessages, DirectMessages, MessageContent } = GatewayIntentBits
  const client = new Client({
    intents: [Guilds, GuildMessages, DirectMessages, MessageContent],
    partials: [Partials.Channel],
    rest: { api: `${local.origin}/api` },
  })
  let finishSlow = () => {}
  client.on(Events.InteractionCreate, (interaction) => void answer(interaction))
  client.on(Events.MessageCreate, (message) => {
    const isForMe = message.mentions.has(client.user?.id ?? '') || message.guildId === null
    if (message.author.bot || !isForMe || message.content.includes('quiet')) return
    const names = message.attachments.map(({ name }) => name)
    void message.reply({
      content: `heard: ${message.content} ${names.join()}`,
      ...(names.length > 0 && {
        files: [new AttachmentBuilder(Buffer.from('back'), { name: 'back <img src=x>.txt' })],
      }),
    })
  })

  async function answer(interaction: Interaction): Promise<void> {
    if (interaction.isAutocomplete()) {
      const typed = interaction.options.getFocused()
      const found = courses.filter((name) => name.toLowerCase().includes(typed.toLowerCase()))
      await interaction.respond(found.map((name) => ({ name, value: `id:${name}` })))
    } else if (interaction.isChatInputCommand()) {
      if (interaction.commandName === 'help') await interaction.reply('I answer questions.')
      if (interaction.commandName === 'lookup') {
        const { options } = interaction
        await interaction.reply(
          `course=${options.getString('course')} day=${options.getString('day')}`,
        )
      }
      if (interaction.commandName === 'panel') await interaction.reply(panel())
      if (interaction.commandName === 'secret') {
        await interaction.reply({ content: 'psst', flags: MessageFlags.Ephemeral })
      }
      if (interaction.commandName === 'slow') {
        await interaction.deferReply()
        finishSlow = () => void interaction.editReply('thought about it')
      }
    } else if (interaction.isMessageContextMenuCommand()) {
      await interaction.reply(`> ${interaction.targetMessage.content}`)
    } else if (interaction.isUserContextMenuCommand()) {
      await interaction.reply(`waves at ${interaction.targetUser.username}`)
    } else if (interaction.isButton() && interaction.customId === 'count') {
      await interaction.update({ content: 'counted' })
    } else if (interaction.isButton()) {
      await interaction.showModal(modal())
    } else if (interaction.isStringSelectMenu()) {
      await interaction.reply(`chosen: ${interaction.values.join()}`)
    } else if (interaction.isModalSubmit()) {
      const why = interaction.fields.getTextInputValue('why')
      if (why !== 'ignore me') await interaction.reply(`form: ${why}`)
    }
  }

  const ready = new Promise<Client<true>>((resolve) => client.once(Events.ClientReady, resolve))
  await client.login(local.botToken)
  const online = await ready
  await online.application.commands.set(commands)
  return {
    client: online,
    finishSlow: () => finishSlow(),
    close: () => client.destroy(),
  }
}

function panel() {
  const buttons = new ActionRowBuilder<ButtonBuilder>().addComponents(
    new ButtonBuilder().setCustomId('count').setLabel('Count').setStyle(ButtonStyle.Primary),
    new ButtonBuilder().setCustomId('form').setLabel('Form').setStyle(ButtonStyle.Secondary),
    new ButtonBuilder().setURL('https://example.com/').setLabel('Site').setStyle(ButtonStyle.Link),
  )
  const menu = new ActionRowBuilder<StringSelectMenuBuilder>().addComponents(
    new StringSelectMenuBuilder()
      .setCustomId('week')
      .setPlaceholder('Which week')
      .addOptions({ label: 'This week', value: 'w0' }, { label: 'Next week', value: 'w1' }),
  )
  return { content: 'a panel', components: [buttons, menu] }
}

function modal(): ModalBuilder {
  const input = new TextInputBuilder()
    .setCustomId('why')
    .setLabel('Why?')
    .setStyle(TextInputStyle.Paragraph)
    .setRequired(true)
  return new ModalBuilder()
    .setCustomId('reason')
    .setTitle('A reason')
    .addComponents(new ActionRowBuilder<TextInputBuilder>().addComponents(input))
}
