import { chatInput } from '../src/bot/command-definition.ts'
import type { Command } from '../src/bot/command.ts'
import { find } from '../src/bot/schedule/find.ts'
import { free } from '../src/bot/schedule/free.ts'
import { next } from '../src/bot/schedule/next.ts'
import { show } from '../src/bot/schedule/show.ts'
import { routeToSubcommands } from '../src/bot/schedule/subcommand.ts'

const alone = [show, next, free, find]

export default {
  data: { ...chatInput('schedule'), options: alone.map(({ data }) => data) },
  ...routeToSubcommands(alone),
} satisfies Command
