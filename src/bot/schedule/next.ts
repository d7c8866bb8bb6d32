import { ApplicationCommandOptionType, time, TimestampStyles } from 'discord.js'

import { toLocale, type Translate } from '../../i18n.ts'
import type { Course, Schedule } from '../../schedule/schedule.ts'
import { asWritten } from '../as-written.ts'
import { named } from '../command-definition.ts'
import { textMessage } from './answer-text.ts'
import { courseText, footLines } from './day-list.ts'
import { dayAndTimesFor, localNow, toSeconds } from './local-time.ts'
import type { Subcommand } from './subcommand.ts'

/** How far ahead the next class is looked for. */
const horizon = { years: 1 } as const

/** `/schedule next`: the class that is going on, and the one after it. Those on holidays are none. */
export const next: Subcommand = {
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ schedule }) => schedule.next),
  },

  async execute(interaction, { schedules, clock, translations }) {
    const t = translations(toLocale(interaction.locale))
    const schedule = await schedules.forGuild(interaction.guildId)
    const now = localNow(clock.now(), schedule.timeZone)
    const { running, coming } = await findNext(schedule, now)
    const lines = [
      ...running.map((course) => describe(course, { schedule, t, key: 'now' })),
      ...coming.map((course) => describe(course, { schedule, t, key: 'comingUp' })),
      ...(coming.length === 0 ? [t('commands.schedule.noneComing')] : []),
      ...footLines(schedule, t),
    ]
    await interaction.reply(textMessage(lines.join('\n'), t))
  },
}

/** The classes of this moment, and all that begin at the next time at which one does. */
async function findNext(
  schedule: Pick<Schedule, 'between'>,
  now: Temporal.ZonedDateTime,
): Promise<{ running: Course[]; coming: Course[] }> {
  const today = now.toPlainDate()
  const listed = await schedule.between(today.toString(), today.add(horizon).toString())
  const courses = listed.filter(({ holiday }) => holiday === null)
  const present = `${today.toString()} ${now.toPlainTime().toString({ smallestUnit: 'second' })}`
  const start = (course: Course) => `${course.course_date} ${course.start_time}`
  const end = (course: Course) => `${course.course_date} ${course.end_time}`
  const first = courses.find((course) => start(course) > present)
  return {
    running: courses.filter((course) => start(course) <= present && present < end(course)),
    coming: first ? courses.filter((course) => start(course) === start(first)) : [],
  }
}

interface DescribeOptions {
  schedule: Pick<Schedule, 'timeZone'>
  t: Translate
  key: 'now' | 'comingUp'
}

function describe(course: Course, { schedule, t, key }: DescribeOptions): string {
  const { timeZone } = schedule
  const { course_date: date, notes } = course
  const at = key === 'now' ? course.end_time : course.start_time
  const relative = time(toSeconds(date, at, timeZone), TimestampStyles.RelativeTime)
  return [
    `${t(`commands.schedule.${key}`, { relative })} ${courseText(course, t)}`,
    dayAndTimesFor(course, timeZone),
    ...(notes === null ? [] : [`> ${asWritten(notes.slice(0, 500)).replaceAll('\n', '\n> ')}`]),
  ].join('\n')
}
