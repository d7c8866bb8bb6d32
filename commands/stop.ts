import { MessageFlags } from 'discord.js'

import { chatInput, privateOption } from '../src/bot/command-definition.ts'
import type { Command } from '../src/bot/command.ts'
import { placeOfInteraction } from '../src/bot/interaction-place.ts'
import { toLocale } from '../src/i18n.ts'

export default {
  data: { ...chatInput('stop'), options: [privateOption()] },

  async execute(interaction, { turns, translations }) {
    const isPrivate = interaction.options.getBoolean('private') ?? false
    const isStopped = turns.stop(placeOfInteraction(interaction, isPrivate).key)
    const t = translations(toLocale(interaction.locale))
    await interaction.reply({
      content: isStopped ? t('commands.stop.stopped') : t('commands.stop.nothing'),
      flags: MessageFlags.Ephemeral,
    })
  },
} satisfies Command
