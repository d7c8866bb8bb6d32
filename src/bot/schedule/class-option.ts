import { ApplicationCommandOptionType, type AutocompleteInteraction } from 'discord.js'

import { toLocale } from '../../i18n.ts'
import type { Course, Schedule } from '../../schedule/schedule.ts'
import { named } from '../command-definition.ts'
import type { CommandDeps } from '../command.ts'
import { isLike, shorten } from './inputs.ts'
import { dayName, localNow } from './local-time.ts'

/** How far back a class can be changed by its suggestion. */
const pastDays = 14

/** The option that names one class; its value is the class's id. */
export function classOption() {
  return {
    type: ApplicationCommandOptionType.String as const,
    ...named(({ schedule }) => schedule.theClass),
    required: true,
    autocomplete: true,
    max_length: 100,
  }
}

/** Suggests classes, those to come first. */
export async function suggestClasses(
  interaction: AutocompleteInteraction,
  { schedules, clock }: CommandDeps,
): Promise<void> {
  const schedule = await schedules.forGuild(interaction.guildId)
  const locale = toLocale(interaction.locale)
  const today = localNow(clock.now(), schedule.timeZone).toPlainDate()
  const to = today.add({ years: 1 }).toString()
  const past = today.subtract({ days: pastDays }).toString()
  const courses = schedule.own === null ? [] : await schedule.between(past, to)
  const isToCome = ({ course_date: date }: Course) => date >= today.toString()
  const ordered = [...courses.filter(isToCome), ...courses.filter((each) => !isToCome(each))]
  const typed = interaction.options.getFocused()
  const choices = ordered
    .map((course) => ({ name: classLabel(course, locale), value: `${course.id}` }))
    .filter(({ name }) => isLike(name, typed))
    .slice(0, 25)
  await interaction.respond(choices)
}

function classLabel(course: Course, locale: 'en' | 'zh-CN'): string {
  const { course_date: date, start_time: start, course_name: name, instructor, room } = course
  const said = [name, instructor, room ?? ''].filter((text) => text !== '').join(' · ')
  return shorten(`${dayName(date, locale, 'short')} ${start.slice(0, 5)} ${said}`)
}

/** The class of an option's value; null: there is none (any more). */
export async function findClass(
  schedule: Pick<Schedule, 'between'>,
  value: string,
): Promise<Course | null> {
  const id = /^\d{1,15}$/.test(value) ? Number(value) : null
  const courses = await schedule.between('0000-01-01', '9999-12-31')
  return courses.find((course) => course.id === id) ?? null
}
