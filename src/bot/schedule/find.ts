import { ApplicationCommandOptionType, MessageFlags } from 'discord.js'

import { toLocale } from '../../i18n.ts'
import type { Course, Schedule } from '../../schedule/schedule.ts'
import { named } from '../command-definition.ts'
import { textMessage } from './answer-text.ts'
import { dayList } from './day-list.ts'
import { isLike, toSuggestions } from './inputs.ts'
import { localNow } from './local-time.ts'
import { periodDays, toPeriod, whenOption, type Days } from './period.ts'
import type { Subcommand } from './subcommand.ts'

const maxShown = 25

/** `/schedule find`: the classes of a teacher, of a course, or both. */
export const find: Subcommand = {
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ schedule }) => schedule.find),
    options: [
      {
        type: ApplicationCommandOptionType.String,
        ...named(({ schedule }) => schedule.teacher),
        autocomplete: true,
        max_length: 255,
      },
      {
        type: ApplicationCommandOptionType.String,
        ...named(({ schedule }) => schedule.course),
        autocomplete: true,
        max_length: 255,
      },
      whenOption(),
    ],
  },

  async execute(interaction, { schedules, clock, translations }) {
    const locale = toLocale(interaction.locale)
    const t = translations(locale)
    const { options } = interaction
    const wanted = { teacher: options.getString('teacher'), course: options.getString('course') }
    if (wanted.teacher === null && wanted.course === null) {
      const content = t('commands.schedule.nothingToFind')
      await interaction.reply({ content, flags: MessageFlags.Ephemeral })
      return
    }
    const schedule = await schedules.forGuild(interaction.guildId)
    const today = localNow(clock.now(), schedule.timeZone).toPlainDate()
    const when = options.getString('when')
    const days = when === null ? ahead(today) : periodDays(toPeriod(when), today)
    const found = ofWanted(await schedule.between(days.from, days.to), wanted)
    const courses = found.slice(0, maxShown)
    const what = [wanted.teacher, wanted.course].filter((text) => text !== null).join(' · ')
    const text = dayList(
      { schedule, days: noDays, courses, assignments: [] },
      {
        locale,
        t,
        title: t('commands.schedule.foundTitle', { what, count: found.length }),
        empty: t('commands.schedule.foundNone', { what }),
      },
    )
    const more = found.length - courses.length
    const note = more > 0 ? `\n-# ${t('commands.schedule.more', { count: more })}` : ''
    await interaction.reply(textMessage(text + note, t))
  },

  async autocomplete(interaction, { schedules }) {
    const { name, value } = interaction.options.getFocused(true)
    const schedule = await schedules.forGuild(interaction.guildId)
    await interaction.respond(toSuggestions(await namesOf(schedule, name), value))
  },
}

/** All teachers or all courses of a timetable, the most frequent first. */
export async function namesOf(
  schedule: Pick<Schedule, 'between'>,
  option: string,
): Promise<string[]> {
  const courses = await schedule.between('0000-01-01', '9999-12-31')
  const counts = new Map<string, number>()
  for (const { course_name: course, instructor } of courses) {
    const name = option === 'teacher' ? instructor : course
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts].toSorted(([, a], [, b]) => b - a).map(([name]) => name)
}

/** So that no holidays are listed. */
const noDays: Days = { from: '9999-12-31', to: '0000-01-01' }

function ahead(today: Temporal.PlainDate): Days {
  return { from: today.toString(), to: today.add({ years: 1 }).toString() }
}

interface Wanted {
  teacher: string | null
  course: string | null
}

/** What is named exactly, else what holds the name. */
function ofWanted(courses: readonly Course[], { teacher, course }: Wanted): Course[] {
  const ofTeacher = ofName(courses, teacher, ({ instructor }) => instructor)
  return ofName(ofTeacher, course, ({ course_name: name }) => name)
}

function ofName(
  courses: readonly Course[],
  wanted: string | null,
  nameOf: (course: Course) => string,
): Course[] {
  if (wanted === null) return [...courses]
  const exact = courses.filter((course) => nameOf(course) === wanted)
  return exact.length > 0 ? exact : courses.filter((course) => isLike(nameOf(course), wanted))
}
