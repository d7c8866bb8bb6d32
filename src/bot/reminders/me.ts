import { ApplicationCommandOptionType, MessageFlags } from 'discord.js'

import { toLocale } from '../../i18n.ts'
import { named } from '../command-definition.ts'
import type { Subcommand } from '../schedule/subcommand.ts'
import { setUp, suggestCourses, whatOptions } from './set-up.ts'

/** `/remind me`: by direct message. */
export const me: Subcommand = {
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ remind }) => remind.me),
    options: whatOptions(),
  },

  async execute(interaction, deps) {
    const t = deps.translations(toLocale(interaction.locale))
    const { guildId, guild, user, locale } = interaction
    if (guildId === null || guild === null) {
      const content = t(`commands.remind.${guildId === null ? 'onlyInServers' : 'notHere'}`)
      await interaction.reply({ content, flags: MessageFlags.Ephemeral })
      return
    }
    await setUp(interaction, deps, {
      target: { guildId, type: 'user', id: user.id },
      locale,
      done: t('commands.remind.doneMe'),
    })
  },

  autocomplete: suggestCourses,
}
