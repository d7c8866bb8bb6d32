import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import {
  ActionRowBuilder,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ButtonBuilder,
  ButtonStyle,
  DiscordAPIError,
  Events,
  LabelBuilder,
  MessageFlags,
  ModalBuilder,
  PermissionFlagsBits,
  StringSelectMenuBuilder,
  TextInputBuilder,
  TextInputStyle,
  UserSelectMenuBuilder,
  type ApplicationCommandDataResolvable,
  type Client,
  type Interaction,
} from 'discord.js'

import { createTestClock, RestError, startLocalDiscord } from '../helpers/local-discord.ts'
import { once, startBot } from './bot.ts'

const commands: ApplicationCommandDataResolvable[] = [
  {
    name: 'ask',
    nameLocalizations: { 'zh-CN': '提问' },
    description: 'Ask something',
    options: [
      {
        name: 'question',
        description: 'q',
        type: ApplicationCommandOptionType.String,
        required: true,
        autocomplete: true,
      },
      { name: 'who', description: 'w', type: ApplicationCommandOptionType.User },
      { name: 'file', description: 'f', type: ApplicationCommandOptionType.Attachment },
      {
        name: 'count',
        description: 'c',
        type: ApplicationCommandOptionType.Integer,
        minValue: 1,
        maxValue: 5,
      },
    ],
  },
  {
    name: 'schedule',
    description: 'The schedule',
    options: [
      {
        name: 'today',
        description: 't',
        type: ApplicationCommandOptionType.Subcommand,
        options: [{ name: 'full', description: 'f', type: ApplicationCommandOptionType.Boolean }],
      },
    ],
  },
  {
    name: 'secret',
    description: 'For managers',
    defaultMemberPermissions: PermissionFlagsBits.ManageMessages,
  },
  { name: 'Explain', type: ApplicationCommandType.Message },
  { name: 'Greet', type: ApplicationCommandType.User },
]

/** A bot with the commands above, whose handler the test writes. */
async function setUp(
  t: { after(close: () => Promise<void>): void },
  handle: (interaction: Interaction) => Promise<unknown>,
  options: Parameters<typeof startLocalDiscord>[1] = {},
) {
  const discord = await startLocalDiscord(t, options)
  const bot = await startBot(discord)
  await bot.application.commands.set(commands)
  const failures: unknown[] = []
  discord.beforeClose(() => assert.deepEqual(failures, []))
  bot.on(Events.InteractionCreate, (interaction) => {
    handle(interaction).catch((error: unknown) => failures.push(error))
  })
  return { discord, bot, place: discord.channels.random, ...discord.users }
}

const next = async (bot: Client) => (await once(bot, Events.InteractionCreate))[0]
const codeOf = (error: unknown) => (error instanceof DiscordAPIError ? error.code : error)

describe('interactions: commands', () => {
  it('carries everything a handler looks at', async (t) => {
    const { bot, discord, liLei, alex, place } = await setUp(t, async () => {})
    const arriving = next(bot)
    await liLei.command(place, '提问', {
      question: '明天有课吗',
      who: alex.id,
      count: 3,
      file: { name: 'a.txt', data: '内容' },
    })
    const interaction = await arriving
    assert.ok(interaction.isChatInputCommand() && interaction.inCachedGuild())
    assert.equal(interaction.commandName, 'ask')
    assert.equal(interaction.options.getString('question'), '明天有课吗')
    assert.equal(interaction.options.getInteger('count'), 3)
    assert.equal(interaction.options.getMember('who')?.displayName, 'Alex')
    const file = interaction.options.getAttachment('file', true)
    assert.equal(await (await fetch(file.url)).text(), '内容')
    assert.equal(interaction.locale, 'zh-CN')
    assert.equal(interaction.guildLocale, 'zh-CN')
    assert.equal(interaction.member.id, liLei.id)
    assert.equal(interaction.channel?.id, place)
    assert.ok(interaction.appPermissions.has(PermissionFlagsBits.SendMessages))
    assert.ok(!interaction.memberPermissions.has(PermissionFlagsBits.ManageMessages))
    assert.equal(interaction.authorizingIntegrationOwners.guildId, discord.ids.guild)
    assert.equal(interaction.context, 0)
    const second = next(bot)
    await alex.command(await alex.dm(), 'schedule', { today: { full: true } })
    const direct = await second
    assert.ok(direct.isChatInputCommand())
    assert.deepEqual(
      [direct.inGuild(), direct.locale, direct.user.id, direct.context],
      [false, 'en-US', alex.id, 1],
    )
    assert.equal(direct.options.getSubcommand(), 'today')
    assert.equal(direct.options.getBoolean('full'), true)
  })

  it('answers at once, with the message on request', async (t) => {
    const { liLei, alex, place } = await setUp(t, async (interaction) => {
      assert.ok(interaction.isChatInputCommand())
      const { resource } = await interaction.reply({ content: 'first', withResponse: true })
      assert.equal(resource?.message?.content, 'first')
      await interaction.editReply(`edited ${resource.message.id}`)
      await interaction.followUp('second')
    })
    const asked = await liLei.command(place, 'schedule', { today: {} })
    await asked.succeeded()
    const reply = await asked.reply(({ content }) => content.startsWith('edited'))
    assert.equal(reply.type, 20)
    assert.equal(reply.interaction_metadata?.user.id, liLei.id)
    assert.equal(reply.interaction?.name, 'schedule today')
    const follow = await alex.waitForMessage(place, ({ content }) => content === 'second')
    assert.equal(follow.referenced_message?.id, reply.id)
  })

  it('defers, shows that it thinks, then answers', async (t) => {
    const { liLei, place } = await setUp(t, async (interaction) => {
      assert.ok(interaction.isChatInputCommand())
      await interaction.deferReply()
      await interaction.editReply('done')
      await interaction.editReply('changed')
    })
    await liLei.command(place, 'schedule', { today: {} })
    const reply = await liLei.waitForMessage(place, ({ content }) => content === 'changed')
    const states = liLei.seen.get(reply.id)?.states ?? []
    assert.deepEqual(
      states.map(({ content, flags, edited_timestamp }) => [
        content,
        flags,
        edited_timestamp !== null,
      ]),
      [
        ['', MessageFlags.Loading, false],
        // The answer that was waited for is no edit of anything.
        ['done', 0, false],
        ['changed', 0, true],
      ],
    )
  })

  it('lets the first follow-up fill a deferred answer', async (t) => {
    const { liLei, place } = await setUp(t, async (interaction) => {
      assert.ok(interaction.isChatInputCommand())
      await interaction.deferReply()
      await interaction.followUp('filled')
    })
    const reply = await (await liLei.command(place, 'schedule', { today: {} })).reply()
    assert.equal(reply.content, 'filled')
    assert.equal(reply.edited_timestamp, null)
    assert.equal(liLei.seen.size, 1)
  })

  it('shows ephemeral messages to one user only, and in no list', async (t) => {
    const { liLei, alex, place } = await setUp(t, async (interaction) => {
      assert.ok(interaction.isChatInputCommand())
      await interaction.deferReply({ flags: MessageFlags.Ephemeral })
      await interaction.editReply('only you')
      await interaction.followUp({ content: 'you, too', flags: MessageFlags.Ephemeral })
      await interaction.deleteReply()
      await interaction.followUp('everybody')
    })
    const asked = await liLei.command(place, 'schedule', { today: {} })
    const id = (await asked.reply(({ content }) => content === 'only you').catch(() => null))?.id
    await alex.waitForMessage(place, ({ content }) => content === 'everybody')
    await liLei.waitForMessage(place, ({ content }) => content === 'everybody')
    const contents = [...liLei.seen.values()].map(({ message, isDeleted }) => [
      message.content,
      message.flags,
      isDeleted,
    ])
    assert.deepEqual(contents, [
      ['only you', 64, true],
      ['you, too', 64, false],
      ['everybody', 0, false],
    ])
    assert.deepEqual(
      [...alex.seen.values()].map(({ message }) => message.content),
      ['everybody'],
    )
    const listed = (await liLei.rest('GET', `/channels/${place}/messages`)) as { content: string }[]
    assert.deepEqual(
      listed.map(({ content }) => content),
      ['everybody'],
    )
    assert.ok(id === undefined || !alex.seen.has(id))
  })

  it('opens from messages and users, whose content the bot may read', async (t) => {
    const { bot, liLei, alex, place } = await setUp(t, async () => {})
    const message = await alex.say(place, 'what is this?')
    const first = next(bot)
    await liLei.menu(place, 'Explain', message.id)
    const explain = await first
    assert.ok(explain.isMessageContextMenuCommand())
    assert.equal(explain.targetMessage.content, 'what is this?')
    const second = next(bot)
    await liLei.menu(place, 'Greet', alex.id)
    const greet = await second
    assert.ok(greet.isUserContextMenuCommand())
    assert.equal(greet.targetUser.username, 'alex')
  })

  it('answers autocompletion', async (t) => {
    const { liLei, place } = await setUp(t, async (interaction) => {
      assert.ok(interaction.isAutocomplete())
      const typed = interaction.options.getFocused()
      await interaction.respond([{ name: `${typed}…`, value: typed }])
    })
    const choices = await liLei.autocomplete(place, 'ask', {
      options: { question: '明' },
      focused: 'question',
    })
    assert.deepEqual(choices, [{ name: '明…', value: '明' }])
  })

  it('keeps commands from those who may not use them, and checks options', async (t) => {
    const { discord, liLei, hanMeimei, wangZhuoran, place } = await setUp(t, async () => {})
    const names = async (user: typeof liLei) => (await user.commands(place)).map(({ name }) => name)
    assert.ok(!(await names(liLei)).includes('secret'))
    assert.ok((await names(hanMeimei)).includes('secret'))
    assert.ok((await names(wangZhuoran)).includes('secret'))
    const secret = (await hanMeimei.commands(place)).find(({ name }) => name === 'secret')
    const forbidden = liLei.rest('POST', '/interactions', {
      type: 2,
      application_id: discord.applicationId,
      channel_id: place,
      data: { id: secret?.id, name: 'secret', type: 1 },
    })
    await assert.rejects(
      forbidden,
      (error) => error instanceof RestError && error.body.code === 50013,
    )
    await assert.rejects(liLei.command(place, 'ask', {}), /BASE_TYPE_REQUIRED/)
    await assert.rejects(
      liLei.command(place, 'ask', { question: 'x', count: 1.5 }),
      /NUMBER_TYPE_COERCE/,
    )
    assert.deepEqual(await liLei.commands(await liLei.dm(hanMeimei.id)), [])
    await assert.rejects(
      liLei.command(place, 'ask', { question: 'x', count: 9 }),
      /NUMBER_TYPE_MAX/,
    )
  })
})

describe('interactions: components and modals', () => {
  it('carries buttons and selects, updates their message, defers updates', async (t) => {
    const { bot, liLei, alex, place } = await setUp(t, async (interaction) => {
      if (interaction.isButton() && interaction.customId === 'update')
        await interaction.update({ content: `pressed by ${interaction.user.username}` })
      if (interaction.isButton() && interaction.customId === 'later') {
        await interaction.deferUpdate()
        await interaction.editReply('later')
      }
      if (interaction.isButton() && interaction.customId === 'reply')
        await interaction.reply('replied')
      if (interaction.isStringSelectMenu()) await interaction.update(interaction.values.join('+'))
      if (interaction.isUserSelectMenu())
        await interaction.update(interaction.users.first()?.username ?? '')
    })
    const channel = await bot.channels.fetch(place)
    assert.ok(channel?.isSendable())
    const buttons = ['update', 'later', 'reply', 'off'].map((id) =>
      new ButtonBuilder()
        .setCustomId(id)
        .setLabel(id)
        .setStyle(ButtonStyle.Primary)
        .setDisabled(id === 'off'),
    )
    const select = new StringSelectMenuBuilder()
      .setCustomId('select')
      .setMaxValues(2)
      .addOptions(['a', 'b', 'c'].map((value) => ({ label: value, value })))
    const sent = await channel.send({
      content: 'x',
      components: [
        new ActionRowBuilder<ButtonBuilder>().addComponents(buttons),
        new ActionRowBuilder<StringSelectMenuBuilder>().addComponents(select),
        new ActionRowBuilder<UserSelectMenuBuilder>().addComponents(
          new UserSelectMenuBuilder().setCustomId('user'),
        ),
      ],
    })
    const message = await liLei.waitForMessage(place, ({ id }) => id === sent.id)
    const becomes = (content: string) =>
      alex.waitForMessage(place, (one) => one.id === sent.id && one.content === content)
    await (await liLei.click(message, 'update')).succeeded()
    await becomes('pressed by lilei')
    await liLei.click(message, 'later')
    await becomes('later')
    await liLei.click(message, 'select', ['a', 'c'])
    await becomes('a+c')
    await liLei.click(message, 'user', [alex.id])
    await becomes('alex')
    const reply = await (await liLei.click(message, 'reply')).reply()
    assert.equal(reply.referenced_message?.id, sent.id)
    await assert.rejects(liLei.click(message, 'off'), /COMPONENT_VALIDATION_FAILED/)
    await assert.rejects(liLei.click(message, 'select', ['z']), /COMPONENT_VALIDATION_FAILED/)
  })

  it('presses buttons of ephemeral messages', async (t) => {
    const { liLei, place } = await setUp(t, async (interaction) => {
      const row = new ActionRowBuilder<ButtonBuilder>().addComponents(
        new ButtonBuilder().setCustomId('undo').setLabel('Undo').setStyle(ButtonStyle.Secondary),
      )
      if (interaction.isChatInputCommand())
        await interaction.reply({
          content: 'reset',
          components: [row],
          flags: MessageFlags.Ephemeral,
        })
      if (interaction.isButton()) await interaction.update({ content: 'undone', components: [] })
    })
    const reply = await (await liLei.command(place, 'schedule', { today: {} })).reply()
    await liLei.click(reply, 'undo')
    const undone = await liLei.waitForMessage(place, ({ content }) => content === 'undone')
    assert.deepEqual(undone.components, [])
    assert.equal(undone.flags, MessageFlags.Ephemeral)
  })

  it('opens a modal and carries what was filled in', async (t) => {
    const { liLei, place } = await setUp(t, async (interaction) => {
      if (interaction.isChatInputCommand()) {
        const input = new TextInputBuilder()
          .setCustomId('why')
          .setStyle(TextInputStyle.Short)
          .setMaxLength(10)
        const modal = new ModalBuilder()
          .setCustomId('feedback')
          .setTitle('Feedback')
          .addLabelComponents(new LabelBuilder().setLabel('Why?').setTextInputComponent(input))
        await interaction.showModal(modal)
      }
      if (interaction.isModalSubmit())
        await interaction.reply(`because ${interaction.fields.getTextInputValue('why')}`)
    })
    const asked = await liLei.command(place, 'schedule', { today: {} })
    const modal = await liLei.waitForModal(asked)
    assert.equal(modal.title, 'Feedback')
    await assert.rejects(liLei.submitModal(modal, { why: 'x'.repeat(11) }), /BASE_TYPE_BAD_LENGTH/)
    await assert.rejects(liLei.submitModal(modal, {}), /BASE_TYPE_REQUIRED/)
    const reply = await (await liLei.submitModal(modal, { why: '好' })).reply()
    assert.equal(reply.content, 'because 好')
  })
})

describe('interactions: time and order', () => {
  it('fails after 3 s, and then refuses the answer (10062)', async (t) => {
    const clock = createTestClock(Date.now())
    const { bot, liLei, place } = await setUp(t, async () => {}, { clock })
    const arriving = next(bot)
    const asked = await liLei.command(place, 'schedule', { today: {} })
    const interaction = await arriving
    assert.ok(interaction.isChatInputCommand())
    clock.advance(3001)
    assert.equal((await asked.failed()).reason_code, 2)
    assert.equal(await interaction.reply('late').catch(codeOf), 10062)
  })

  it('takes one first answer (40060)', async (t) => {
    const { bot, liLei, place } = await setUp(t, async () => {})
    const arriving = next(bot)
    await liLei.command(place, 'schedule', { today: {} })
    const interaction = await arriving
    assert.ok(interaction.isChatInputCommand())
    await interaction.reply('one')
    interaction.replied = false
    assert.equal(await interaction.reply('two').catch(codeOf), 40060)
  })

  it('ends the token after 15 minutes (50027)', async (t) => {
    const clock = createTestClock(Date.now())
    const { bot, liLei, place } = await setUp(t, async () => {}, { clock })
    const arriving = next(bot)
    await liLei.command(place, 'schedule', { today: {} })
    const interaction = await arriving
    assert.ok(interaction.isChatInputCommand())
    await interaction.deferReply()
    clock.advance(14 * 60_000)
    await interaction.editReply('in time')
    clock.advance(61_000)
    assert.equal(await interaction.editReply('late').catch(codeOf), 50027)
    assert.equal(await interaction.followUp('late').catch(codeOf), 50027)
  })

  it('refuses answers that do not fit the interaction', async (t) => {
    const { bot, liLei, place, discord } = await setUp(t, async () => {})
    const arriving = next(bot)
    await liLei.command(place, 'schedule', { today: {} })
    const interaction = await arriving
    const answer = (body: object) =>
      bot.rest
        .post(`/interactions/${interaction.id}/${interaction.token}/callback`, {
          body,
          auth: false,
        })
        .catch(codeOf)
    assert.equal(await answer({ type: 7, data: { content: 'x' } }), 50035)
    assert.equal(await answer({ type: 8, data: { choices: [] } }), 50035)
    assert.equal(await answer({ type: 4, data: {} }), 50006)
    assert.equal(await answer({ type: 4, data: { content: 'x'.repeat(2001) } }), 50035)
    await answer({ type: 4, data: { content: 'good' } })
    assert.equal(discord.botRequests({ route: '/interactions/:id/:token/callback' }).length, 5)
  })
})
