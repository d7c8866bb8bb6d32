import { ApplicationCommandOptionType, MessageFlags, time, TimestampStyles } from 'discord.js'

import { toLocale, type Translate } from '../../i18n.ts'
import type { Revision } from '../../schedule/store/schedule-store.ts'
import { asWritten } from '../as-written.ts'
import { named } from '../command-definition.ts'
import { textMessage } from './answer-text.ts'
import { countsText } from './difference-text.ts'
import { isPerson } from './people.ts'
import type { Subcommand } from './subcommand.ts'

const maxShown = 15

/** `/schedule history`: who changed what, the newest first. */
export const history: Subcommand = {
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ schedule }) => schedule.history),
  },

  async execute(interaction, { timetables, translations }) {
    const t = translations(toLocale(interaction.locale))
    const { guildId } = interaction
    const revisions = guildId === null ? [] : await timetables.listRevisions(guildId, maxShown)
    const text =
      revisions.length === 0
        ? t('commands.schedule.noHistory')
        : revisions.map((revision) => line(revision, t)).join('\n')
    await interaction.reply({ ...textMessage(text, t), flags: MessageFlags.Ephemeral })
  },
}

function line({ at, by, kind, note, counts, undoes }: Revision, t: Translate): string {
  const when = time(Math.floor(at / 1000), TimestampStyles.ShortDateTime)
  const who = isPerson(by) ? `<@${by}>` : asWritten(by)
  const what = t(`commands.schedule.kinds.${kind}`)
  const of = undoes === null ? '' : ` #${undoes}`
  const named = note === null ? '' : ` ${asWritten(note.slice(0, 100))}`
  const line = `- ${when} ${who} ${what}${of}${named}`
  const value = countsText(counts)
  // A change of the time zone is none of any row.
  return value === '' ? line : t('scheduleImport.said', { what: line, value })
}
