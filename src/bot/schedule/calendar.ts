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
    const flags = MessageFlags.Ephemeral
    if (interaction.guildId === null) {
      await interaction.reply({ content: t('commands.schedule.calendar.inServers'), flags })
      return
    }
    const options = await calendarOf(interaction, deps)
    const address = await feedAddressOf(interaction, deps)
    const renew = { label: t('commands.schedule.calendar.renew'), id: 'calendar:renew' }
    const files = options === null ? [] : [await fileOf(options)]
    const way = address === null ? 'file' : 'feed'
    const key = options === null ? (`${way}Empty` as const) : way
    await interaction.reply({
      content: t(`commands.schedule.calendar.${key}`, { address }),
      files,
      components: address === null ? [] : [buttonRow(renew)],
      flags,
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

/** Null: the guild has no timetable of its own. The sample is nothing for anybody's calendar. */
async function calendarOf(
  { guildId, guild, locale }: ChatInputCommandInteraction,
  { timetables }: CommandDeps,
): Promise<CalendarOptions | null> {
  const timetable = guildId === null ? null : await timetables.getTimetable(guildId)
  if (guildId === null || timetable === null) return null
  const [newest] = await timetables.listRevisions(guildId, 1)
  return {
    guildId,
    name: guild?.name ?? '瓜瓜 Guagua',
    timetable,
    modifiedAt: newest?.at ?? 0,
    locale: toLocale(locale),
  }
}

async function fileOf(options: CalendarOptions) {
  const { toCalendar } = await import('../../schedule/calendar/to-calendar.ts')
  return { name: 'schedule.ics', attachment: Buffer.from(toCalendar(options), 'utf8') }
}
