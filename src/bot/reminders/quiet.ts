import { ApplicationCommandOptionType, MessageFlags } from 'discord.js'

import { toLocale, type Translate } from '../../i18n.ts'
import type { QuietHours } from '../../schedule/reminders/due.ts'
import { named } from '../command-definition.ts'
import { quoted, textOption } from '../schedule/class-fields.ts'
import { toTime } from '../schedule/inputs.ts'
import type { Subcommand } from '../schedule/subcommand.ts'

/** `/remind quiet`: the same hours for all of a person's servers, each in the zone of its timetable. */
export const quiet: Subcommand = {
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ remind }) => remind.quiet),
    options: [
      textOption(({ remind }) => remind.from, { max_length: 20 }),
      textOption(({ remind }) => remind.to, { max_length: 20 }),
    ],
  },

  async execute(interaction, { reminders, translations }) {
    const t = translations(toLocale(interaction.locale))
    const { options, user } = interaction
    const hours = readHours(options.getString('from'), options.getString('to'), t)
    if (typeof hours !== 'string') {
      await reminders.store.setQuietHours(user.id, hours)
      const own = await reminders.store.ofUser(user.id)
      for (const { target } of own) reminders.refresh(target.guildId)
    }
    await interaction.reply({
      content: typeof hours === 'string' ? hours : quietLine(hours, t),
      flags: MessageFlags.Ephemeral,
      allowedMentions: { parse: [] },
    })
  },
}

/** A text says why they cannot be used. */
function readHours(
  from: string | null,
  to: string | null,
  t: Translate,
): QuietHours | string | null {
  if (from === null && to === null) return null
  if (from === null || to === null) return t('commands.remind.bothTimes')
  const hours = { from: toTime(from)?.slice(0, 5), to: toTime(to)?.slice(0, 5) }
  if (hours.from === undefined) return t('commands.remind.badTime', { text: quoted(from) })
  if (hours.to === undefined) return t('commands.remind.badTime', { text: quoted(to) })
  if (hours.from === hours.to) return t('commands.remind.bothTimes')
  return { from: hours.from, to: hours.to }
}

export function quietLine(hours: QuietHours | null, t: Translate): string {
  if (hours === null) return t('commands.remind.quietNone')
  return t('commands.remind.quietAre', { from: hours.from, to: hours.to })
}
