import { ApplicationCommandOptionType, MessageFlags } from 'discord.js'

import { toLocale } from '../../i18n.ts'
import { holidayFinder } from '../../schedule/holidays.ts'
import type { Course } from '../../schedule/schedule.ts'
import { named } from '../command-definition.ts'
import { textMessage } from './answer-text.ts'
import { footLines, holidayMark } from './day-list.ts'
import { toTime } from './inputs.ts'
import { dayName, localNow, timesFor } from './local-time.ts'
import { type Days, periodDays, toPeriod, whenOption } from './period.ts'
import type { Subcommand } from './subcommand.ts'

const usualHours = { start: '08:00:00', end: '22:00:00' }
/** Shorter gaps are breaks. */
const minMinutes = 30

/** `/schedule free`: when there is no class. */
export const free: Subcommand = {
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ schedule }) => schedule.free),
    options: [
      whenOption(),
      {
        type: ApplicationCommandOptionType.String,
        ...named(({ schedule }) => schedule.from),
        max_length: 20,
      },
      {
        type: ApplicationCommandOptionType.String,
        ...named(({ schedule }) => schedule.until),
        max_length: 20,
      },
    ],
  },

  async execute(interaction, { schedules, clock, translations }) {
    const locale = toLocale(interaction.locale)
    const t = translations(locale)
    const { options } = interaction
    const hours = toHours(options.getString('from'), options.getString('until'))
    if (!hours) {
      const content = t('commands.schedule.badHours')
      await interaction.reply({ content, flags: MessageFlags.Ephemeral })
      return
    }
    const period = toPeriod(options.getString('when'))
    const schedule = await schedules.forGuild(interaction.guildId)
    const now = localNow(clock.now(), schedule.timeZone)
    const days = periodDays(period, now.toPlainDate())
    const listed = await schedule.between(days.from, days.to)
    const courses = listed.filter(({ holiday }) => holiday === null)
    const holidayOn = holidayFinder(schedule.holidays)
    const blocks = datesOf(days).flatMap((date) => {
      const gaps = freeTimes({ date, courses, hours, now })
      if (gaps === null) return []
      const heading = `**${dayName(date, locale)}**${holidayMark(holidayOn(date))}`
      const times = gaps.map(({ start, end }) => {
        const at = { course_date: date, start_time: start, end_time: end }
        return `- ${timesFor(at, schedule.timeZone)}`
      })
      return [heading, ...(times.length > 0 ? times : [`- ${t('commands.schedule.notFree')}`])]
    })
    const when = t(`commands.schedule.${period}`)
    const title = `### ${t('commands.schedule.freeTitle', { when })}`
    const rest = blocks.length > 0 ? blocks : [t('commands.schedule.dayIsOver')]
    const text = [title, ...rest, ...footLines(schedule, t)].join('\n')
    await interaction.reply(textMessage(text, t))
  },
}

interface Hours {
  /** `HH:MM:SS` */
  start: string
  end: string
}

function toHours(from: string | null, until: string | null): Hours | null {
  const start = from === null ? usualHours.start : toTime(from)
  const end = until === null ? usualHours.end : toTime(until)
  return start !== null && end !== null && start < end ? { start, end } : null
}

function datesOf({ from, to }: Days): string[] {
  const first = Temporal.PlainDate.from(from)
  const count = first.until(Temporal.PlainDate.from(to)).days + 1
  return Array.from({ length: count }, (_each, days) => first.add({ days }).toString())
}

interface FreeTimesOptions {
  date: string
  /** In order of time. */
  courses: readonly Course[]
  hours: Hours
  now: Temporal.ZonedDateTime
}

/** Null: these hours of that day are over. */
function freeTimes({ date, courses, hours, now }: FreeTimesOptions): Hours[] | null {
  const today = now.toPlainDate().toString()
  const present = now.toPlainTime().toString({ smallestUnit: 'second' })
  if (date < today || (date === today && present >= hours.end)) return null
  let at = date === today && present > hours.start ? present : hours.start
  const gaps: Hours[] = []
  for (const { course_date, start_time: start, end_time: end } of courses) {
    if (course_date !== date) continue
    if (start > at) gaps.push({ start: at, end: start < hours.end ? start : hours.end })
    if (end > at) at = end
    if (at >= hours.end) break
  }
  if (at < hours.end) gaps.push({ start: at, end: hours.end })
  return gaps.filter((gap) => minutesOf(gap.end) - minutesOf(gap.start) >= minMinutes)
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))
}
