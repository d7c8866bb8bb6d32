import { ApplicationCommandOptionType } from 'discord.js'

import type { Schedule } from '../../schedule/schedule.ts'
import { named } from '../command-definition.ts'
import { OptionError, suggestFields, textOption } from './class-fields.ts'
import { editingCommand } from './editing.ts'
import type { Subcommand } from './subcommand.ts'

const maxWeeks = 30

/** `/schedule add`: one class, or one for each of several weeks. */
export const add: Subcommand = {
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ schedule }) => schedule.add),
    options: [
      textOption(({ schedule }) => schedule.course, { required: true, autocomplete: true }),
      textOption(({ schedule }) => schedule.date, { required: true, autocomplete: true }),
      textOption(({ schedule }) => schedule.start, { required: true, max_length: 20 }),
      textOption(({ schedule }) => schedule.end, { required: true, max_length: 20 }),
      textOption(({ schedule }) => schedule.teacher, { autocomplete: true }),
      textOption(({ schedule }) => schedule.room),
      textOption(({ schedule }) => schedule.link, { max_length: 2000 }),
      textOption(({ schedule }) => schedule.notes, { max_length: 2000 }),
      {
        type: ApplicationCommandOptionType.Integer,
        ...named(({ schedule }) => schedule.weeks),
        min_value: 1,
        max_value: maxWeeks,
      },
    ],
  },

  execute: editingCommand(({ options, schedule, read, t }) => {
    const link = options.getString('link')
    const meeting = {
      start_time: read.time(options.getString('start', true)),
      end_time: read.time(options.getString('end', true)),
      course_name: options.getString('course', true).trim(),
      instructor: options.getString('teacher')?.trim() ?? '',
      room: options.getString('room')?.trim() || null,
      online_url: link === null ? null : read.url(link),
      notes: options.getString('notes'),
      source_id: null,
    }
    if (meeting.start_time >= meeting.end_time) throw new OptionError(t('commands.schedule.badEnd'))
    const first = read.date(options.getString('date', true))
    const dates = weeklyDates(first, options.getInteger('weeks') ?? 1, schedule)
    return { classes: { add: dates.map((course_date) => ({ course_date, ...meeting })) } }
  }),

  autocomplete: suggestFields,
}

/** The same weekday of so many weeks. Holidays are left out, unless it is the only day. */
function weeklyDates(
  first: string,
  weeks: number,
  { holidays }: Pick<Schedule, 'holidays'>,
): string[] {
  const from = Temporal.PlainDate.from(first)
  const dates = Array.from({ length: weeks }, (_each, index) =>
    from.add({ weeks: index }).toString(),
  )
  const isFree = (date: string) =>
    holidays.some(({ first_date: start, last_date: end }) => start <= date && date <= end)
  return weeks === 1 ? dates : dates.filter((date) => !isFree(date))
}
