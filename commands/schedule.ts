import { ApplicationCommandOptionType } from 'discord.js'

import { chatInput, named } from '../src/bot/command-definition.ts'
import type { Command } from '../src/bot/command.ts'
import { add } from '../src/bot/schedule/add.ts'
import { addAssignment, removeAssignment } from '../src/bot/schedule/assignments.ts'
import { calendar } from '../src/bot/schedule/calendar.ts'
import { cancel } from '../src/bot/schedule/cancel.ts'
import { find } from '../src/bot/schedule/find.ts'
import { free } from '../src/bot/schedule/free.ts'
import { history } from '../src/bot/schedule/history.ts'
import { importFile } from '../src/bot/schedule/import.ts'
import { move } from '../src/bot/schedule/move.ts'
import { next } from '../src/bot/schedule/next.ts'
import { settings } from '../src/bot/schedule/settings.ts'
import { show } from '../src/bot/schedule/show.ts'
import { routeToSubcommands } from '../src/bot/schedule/subcommand.ts'
import { subscribe } from '../src/bot/schedule/subscribe.ts'
import { undo } from '../src/bot/schedule/undo.ts'

const alone = [show, next, free, find, add, move, cancel, importFile, undo, history, calendar]
const assignments = [addAssignment, removeAssignment]

export default {
  data: {
    ...chatInput('schedule'),
    options: [
      ...alone.map(({ data }) => data),
      {
        type: ApplicationCommandOptionType.SubcommandGroup,
        ...named(({ schedule }) => schedule.assignment),
        options: assignments.map(({ data }) => data),
      },
      {
        type: ApplicationCommandOptionType.SubcommandGroup,
        ...named(({ schedule }) => schedule.settings),
        options: settings.map(({ data }) => data),
      },
      {
        type: ApplicationCommandOptionType.SubcommandGroup,
        ...named(({ schedule }) => schedule.subscribe),
        options: subscribe.map(({ data }) => data),
      },
    ],
  },
  ...routeToSubcommands([...alone, ...assignments, ...settings, ...subscribe]),
} satisfies Command
