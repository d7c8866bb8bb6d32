import { ApplicationCommandOptionType, MessageFlags } from 'discord.js'

import { toLocale, type Translate } from '../../i18n.ts'
import type { Subscriber } from '../../schedule/reminders/reminder-store.ts'
import type { Schedule } from '../../schedule/schedule.ts'
import { asWritten } from '../as-written.ts'
import { named } from '../command-definition.ts'
import { textMessage } from '../schedule/answer-text.ts'
import { quoted } from '../schedule/class-fields.ts'
import { namesOf } from '../schedule/find.ts'
import { shorten } from '../schedule/inputs.ts'
import type { Subcommand } from '../schedule/subcommand.ts'
import { reminderLine } from './lines.ts'
import { quietLine } from './quiet.ts'
import { visibleReminders } from './visible.ts'

/** `/remind list` */
export const list: Subcommand = {
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ remind }) => remind.list),
  },

  async execute(interaction, deps) {
    const t = deps.translations(toLocale(interaction.locale))
    const { guildId, user, client } = interaction
    const shown = await visibleReminders(interaction, deps)
    const blocks = await Promise.all(
      shown.map(async (subscriber) => {
        const guild = client.guilds.cache.get(subscriber.target.guildId)
        const schedule = await deps.schedules.forGuild(subscriber.target.guildId)
        const server = guildId === null ? (guild?.name ?? subscriber.target.guildId) : null
        const lines = await linesOf(subscriber, { t, schedule })
        return { lines: [heading(subscriber, { t, server }), ...lines], zone: schedule.timeZone }
      }),
    )
    const quiet = quietLine(await deps.reminders.store.getQuietHours(user.id), t)
    const zones = new Set(blocks.map(({ zone }) => zone))
    const timeZone = [...zones].join(t('commands.remind.comma'))
    const hint = `-# ${t('commands.remind.hint', { timeZone })}`
    const parts =
      blocks.length === 0
        ? [t('commands.remind.none')]
        : [...blocks.flatMap(({ lines }) => lines), quiet, hint]
    await interaction.reply({
      ...textMessage(parts.join('\n'), t),
      flags: MessageFlags.Ephemeral,
    })
  },
}

function heading(
  { target }: Subscriber,
  { t, server }: { t: Translate; server: string | null },
): string {
  if (target.type === 'channel') return `<#${target.id}>`
  if (server === null) return `**${t('commands.remind.mine')}**`
  return `**${t('commands.remind.mineOf', { server: asWritten(shorten(server)) })}**`
}

async function linesOf(
  { reminders, paused }: Subscriber,
  { t, schedule }: { t: Translate; schedule: Schedule },
): Promise<string[]> {
  const courses = new Set(await namesOf(schedule, 'course'))
  const assignments = await schedule.assignmentsBetween('0000-01-01', '9999-12-31')
  for (const { course_name: course } of assignments) if (course !== null) courses.add(course)
  const lines = reminders.flatMap((reminder) => {
    const { course } = reminder
    const isLost = course !== null && !courses.has(course)
    const note = isLost ? [`  ⚠️ ${t('commands.remind.noCourse', { course: quoted(course) })}`] : []
    return [reminderLine(reminder, t), ...note]
  })
  return paused === null ? lines : [...lines, `⏸️ ${t(`commands.remind.paused.${paused}`)}`]
}
