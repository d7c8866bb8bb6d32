import { add } from '../src/bot/class-files/add.ts'
import { list } from '../src/bot/class-files/list.ts'
import { remove } from '../src/bot/class-files/remove.ts'
import { search } from '../src/bot/class-files/search.ts'
import { chatInput } from '../src/bot/command-definition.ts'
import type { Command } from '../src/bot/command.ts'
import { routeToSubcommands } from '../src/bot/schedule/subcommand.ts'

const subcommands = [search, list, add, remove]

export default {
  data: { ...chatInput('files'), options: subcommands.map(({ data }) => data) },
  ...routeToSubcommands(subcommands),
} satisfies Command
