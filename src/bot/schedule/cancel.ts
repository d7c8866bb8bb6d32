import { ApplicationCommandOptionType } from 'discord.js'

import { named } from '../command-definition.ts'
import { OptionError } from './class-fields.ts'
import { classOption, findClass, suggestClasses } from './class-option.ts'
import { editingCommand } from './editing.ts'
import type { Subcommand } from './subcommand.ts'

/** `/schedule cancel`: one class does not take place. */
export const cancel: Subcommand = {
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ schedule }) => schedule.cancel),
    options: [classOption()],
  },

  execute: editingCommand(
    async ({ options, schedule, t }) => {
      const course = await findClass(schedule, options.getString('class', true))
      if (!course) throw new OptionError(t('commands.schedule.noSuchClass'))
      return { classes: { remove: [course.id] } }
    },
    { needsOwn: true },
  ),

  autocomplete: suggestClasses,
}
