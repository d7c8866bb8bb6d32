import { ApplicationCommandOptionType } from 'discord.js'

import type { Course } from '../../schedule/schedule.ts'
import { named } from '../command-definition.ts'
import { OptionError, suggestFields, textOption } from './class-fields.ts'
import { classOption, findClass, suggestClasses } from './class-option.ts'
import { editingCommand, type EditSource } from './editing.ts'
import type { Subcommand } from './subcommand.ts'

/** `/schedule move`: another day, time, room or teacher for one class. */
export const move: Subcommand = {
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ schedule }) => schedule.move),
    options: [
      classOption(),
      textOption(({ schedule }) => schedule.date, { autocomplete: true }),
      textOption(({ schedule }) => schedule.start, { max_length: 20 }),
      textOption(({ schedule }) => schedule.end, { max_length: 20 }),
      textOption(({ schedule }) => schedule.room),
      textOption(({ schedule }) => schedule.teacher, { autocomplete: true }),
    ],
  },

  execute: editingCommand(
    async (source) => {
      const { options, schedule, t } = source
      const course = await findClass(schedule, options.getString('class', true))
      if (!course) throw new OptionError(t('commands.schedule.noSuchClass'))
      return { classes: { update: [{ id: course.id, ...toChanges(course, source) }] } }
    },
    { needsOwn: true },
  ),

  async autocomplete(interaction, deps) {
    const isClass = interaction.options.getFocused(true).name === 'class'
    await (isClass ? suggestClasses : suggestFields)(interaction, deps)
  },
}

/** A class that only begins at another time stays as long as it was. */
function toChanges(course: Course, { options, read, t }: EditSource) {
  const given = {
    date: options.getString('date'),
    start: options.getString('start'),
    end: options.getString('end'),
    room: options.getString('room'),
    teacher: options.getString('teacher'),
  }
  const start = given.start === null ? course.start_time : read.time(given.start)
  const end = given.end === null ? endAfter(start, course) : read.time(given.end)
  if (end === null || start >= end) throw new OptionError(t('commands.schedule.badEnd'))
  return {
    course_date: given.date === null ? course.course_date : read.date(given.date),
    start_time: start,
    end_time: end,
    ...(given.room !== null && { room: given.room.trim() || null }),
    ...(given.teacher !== null && { instructor: given.teacher.trim() }),
  }
}

/** Null: it would end after midnight. */
function endAfter(start: string, course: Course): string | null {
  const from = Temporal.PlainTime.from(course.start_time)
  const length = from.until(Temporal.PlainTime.from(course.end_time))
  const end = Temporal.PlainTime.from(start).add(length).toString({ smallestUnit: 'second' })
  return end > start ? end : null
}
