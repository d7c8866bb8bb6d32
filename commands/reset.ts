import { ButtonStyle, ComponentType, MessageFlags, time, TimestampStyles } from 'discord.js'

import { chatInput, privateOption } from '../src/bot/command-definition.ts'
import type { Command } from '../src/bot/command.ts'
import { placeOfInteraction } from '../src/bot/interaction-place.ts'
import { toLocale } from '../src/i18n.ts'

export default {
  data: { ...chatInput('reset'), options: [privateOption()] },

  async execute(interaction, { conversations, turns, translations }) {
    const isPrivate = interaction.options.getBoolean('private') ?? false
    const t = translations(toLocale(interaction.locale))
    const { key } = placeOfInteraction(interaction, isPrivate)
    const parted = await conversations.reset(key)
    turns.stop(key)
    if (!parted) {
      await interaction.reply({
        content: t('commands.reset.nothing'),
        flags: MessageFlags.Ephemeral,
      })
      return
    }
    const undo = {
      type: ComponentType.Button,
      style: ButtonStyle.Secondary,
      label: t('commands.reset.undo'),
      customId: `reset:${isPrivate ? 'private' : 'shared'}:${parted.threadId}`,
    } as const
    const deadline = time(Math.floor(parted.deleteAt / 1000), TimestampStyles.ShortTime)
    await interaction.reply({
      content: t('commands.reset.done', { deadline }),
      components: [{ type: ComponentType.ActionRow, components: [undo] }],
      ...(isPrivate && { flags: MessageFlags.Ephemeral }),
    })
  },

  async press({ interaction, rest }, { conversations, turns, translations }) {
    const t = translations(toLocale(interaction.locale))
    const [scope, threadId = ''] = rest.split(':')
    const { key } = placeOfInteraction(interaction, scope === 'private')
    if (await conversations.restore(key, threadId)) {
      turns.stop(key)
      await interaction.update({ content: t('commands.reset.undone'), components: [] })
    } else {
      await interaction.update({ content: t('commands.reset.tooLate'), components: [] })
    }
  },
} satisfies Command
