import { ApplicationCommandOptionType } from 'discord.js'

import { toLocale } from '../../i18n.ts'
import { named } from '../command-definition.ts'
import { OptionError, suggestFields, textOption } from './class-fields.ts'
import { editingCommand } from './editing.ts'
import { isLike, shorten } from './inputs.ts'
import { dayName } from './local-time.ts'
import type { Subcommand } from './subcommand.ts'

const endOfDay = '23:59:00'

/** `/schedule assignment add` */
export const addAssignment: Subcommand = {
  group: 'assignment',
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ schedule }) => schedule.assignment.add),
    options: [
      textOption(({ schedule }) => schedule.assignment.title, { required: true }),
      textOption(({ schedule }) => schedule.date, { required: true, autocomplete: true }),
      textOption(({ schedule }) => schedule.assignment.time, { max_length: 20 }),
      textOption(({ schedule }) => schedule.course, { autocomplete: true }),
      textOption(({ schedule }) => schedule.link, { max_length: 2000 }),
      textOption(({ schedule }) => schedule.notes, { max_length: 2000 }),
    ],
  },

  execute: editingCommand(({ options, read }) => {
    const time = options.getString('time')
    const link = options.getString('link')
    const assignment = {
      title: options.getString('title', true).trim(),
      course_name: options.getString('course')?.trim() || null,
      due_date: read.date(options.getString('date', true)),
      due_time: time === null ? endOfDay : read.time(time),
      url: link === null ? null : read.url(link),
      notes: options.getString('notes'),
      source_id: null,
    }
    return { assignments: { add: [assignment] } }
  }),

  autocomplete: suggestFields,
}

/** `/schedule assignment remove` */
export const removeAssignment: Subcommand = {
  group: 'assignment',
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ schedule }) => schedule.assignment.remove),
    options: [
      textOption(({ schedule }) => schedule.assignment.which, {
        required: true,
        autocomplete: true,
        max_length: 100,
      }),
    ],
  },

  execute: editingCommand(
    async ({ options, schedule, t }) => {
      const value = options.getString('assignment', true)
      const all = await schedule.assignmentsBetween('0000-01-01', '9999-12-31')
      const found = all.find(({ id }) => `${id}` === value)
      if (!found) throw new OptionError(t('commands.schedule.assignment.none'))
      return { assignments: { remove: [found.id] } }
    },
    { needsOwn: true },
  ),

  async autocomplete(interaction, { schedules }) {
    const locale = toLocale(interaction.locale)
    const schedule = await schedules.forGuild(interaction.guildId)
    const all = await schedule.assignmentsBetween('0000-01-01', '9999-12-31')
    const typed = interaction.options.getFocused()
    const choices = all
      .toReversed()
      .map(({ id, title, due_date: due }) => ({
        name: shorten(`${dayName(due, locale, 'short')} ${title}`),
        value: `${id}`,
      }))
      .filter(({ name }) => isLike(name, typed))
      .slice(0, 25)
    await interaction.respond(choices)
  },
}
