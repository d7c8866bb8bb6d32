import { MessageFlags, PermissionFlagsBits, time, TimestampStyles } from 'discord.js'

import { chatInput, privateOption } from '../src/bot/command-definition.ts'
import type { Command } from '../src/bot/command.ts'
import { placeOfInteraction } from '../src/bot/interaction-place.ts'
import { threadFacts } from '../src/bot/thread-facts.ts'
import { toLocale } from '../src/i18n.ts'

export default {
  data: { ...chatInput('thread'), options: [privateOption()] },

  async execute(interaction, { conversations, openai, translations }) {
    await interaction.deferReply({ flags: MessageFlags.Ephemeral })
    const t = translations(toLocale(interaction.locale))
    const isPrivate = interaction.options.getBoolean('private') ?? false
    const known = await conversations.find(placeOfInteraction(interaction, isPrivate).key)
    if (!known) {
      await interaction.editReply({ content: t('commands.thread.none') })
      return
    }
    const facts = await threadFacts(openai, known.threadId)
    if (!facts) {
      await interaction.editReply({ content: t('commands.thread.lost', { id: known.threadId }) })
      return
    }
    const { thread, messages, promptTokens, completionTokens, areAllRunsCounted } = facts
    const atLeast = (value: number, isExact: boolean): string =>
      isExact ? String(value) : t('commands.thread.more', { count: value })
    const lines = [
      t('commands.thread.id', { id: thread.id }),
      t('commands.thread.created', {
        date: time(thread.created_at, TimestampStyles.LongDateShortTime),
        age: time(thread.created_at, TimestampStyles.RelativeTime),
      }),
      t('commands.thread.messages', { count: atLeast(messages.value, messages.isExact) }),
      t('commands.thread.tokens', {
        total: atLeast(promptTokens + completionTokens, areAllRunsCounted),
        prompt: promptTokens,
        completion: completionTokens,
      }),
    ]
    const isAdministrator = interaction.memberPermissions?.has(PermissionFlagsBits.Administrator)
    const attachment = Buffer.from(JSON.stringify(thread, null, 2), 'utf8')
    await interaction.editReply({
      content: lines.join('\n'),
      files: isAdministrator === true ? [{ name: `${thread.id}.json`, attachment }] : [],
    })
  },
} satisfies Command
