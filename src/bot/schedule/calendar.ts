import {
  ApplicationCommandOptionType,
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  MessageFlags,
} from 'discord.js'

import { toLocale } from '../../i18n.ts'
import type { CalendarOptions } from '../../schedule/calendar/to-calendar.ts'
import { named } from '../command-definition.ts'
import type { CommandDeps } from '../command.ts'
import { buttonRow } from './answer-text.ts'
import type { Subcommand } from './subcommand.ts'

/** `/schedule calendar`: the timetable as a file, and an address that calendar programs can follow. */
export const calendar: Subcommand = {
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ schedule }) => schedule.calendar),
  },

  async execute(interaction, deps) {
    const t = deps.translations(toLocale(interaction.locale))
    const options = await calendarOf(interaction, deps)
    const address = await feedAddressOf(interaction, deps)
    const renew = { label: t('commands.schedule.calendar.renew'), id: 'calendar:renew' }
    const { toCalendar } = await import('../../schedule/calendar/to-calendar.ts')
    await interaction.reply({
      content:
        address === null
          ? t('commands.schedule.calendar.file')
          : t('commands.schedule.calendar.feed', { address }),
      files: [{ name: 'schedule.ics', attachment: Buffer.from(toCalendar(options), 'utf8') }],
      components: address === null ? [] : [buttonRow(renew)],
      flags: MessageFlags.Ephemeral,
    })
  },

  /** The address has come into other hands: a new one. */
  async press({ interaction }, deps) {
    const { guildId, user } = interaction
    if (guildId === null) return
    const t = deps.translations(toLocale(interaction.locale))
    await deps.timetables.revokeFeed(guildId, user.id)
    const address = await feedAddressOf(interaction, deps)
    if (address === null) return
    await interaction.update({
      content: t('commands.schedule.calendar.renewed', { address }),
      components: [],
    })
  },
}

type Asker = ChatInputCommandInteraction | ButtonInteraction

/** Null: there is no address that others could reach, or no guild that could be asked for its members. */
async function feedAddressOf(
  { guildId, guild, user }: Asker,
  { timetables, feedAddress }: CommandDeps,
): Promise<string | null> {
  if (guildId === null || guild === null || feedAddress === null) return null
  return feedAddress(await timetables.feedToken(guildId, user.id))
}

async function calendarOf(
  { guildId, guild, locale }: ChatInputCommandInteraction,
  { timetables, schedules, translations }: CommandDeps,
): Promise<CalendarOptions> {
  const t = translations(toLocale(locale))
  const own = guildId === null ? null : await timetables.getTimetable(guildId)
  const [newest] = guildId === null ? [] : await timetables.listRevisions(guildId, 1)
  const described = {
    guildId: guildId ?? 'sample',
    name: guild?.name ?? t('commands.schedule.calendar.sample'),
    modifiedAt: newest?.at ?? 0,
    locale: toLocale(locale),
  }
  if (own) return { ...described, timetable: own }
  const sample = await schedules.forGuild(guildId)
  const courses = await sample.between('0000-01-01', '9999-12-31')
  const classes = courses.map((course) => ({ ...course, source_id: null }))
  const { timeZone } = sample
  const timetable = { revision: 0, timeZone, classes, assignments: [], holidays: [] }
  return { ...described, timetable }
}
