import { chatInput } from '../src/bot/command-definition.ts'
import type { Command } from '../src/bot/command.ts'
import { channel } from '../src/bot/reminders/channel.ts'
import { list } from '../src/bot/reminders/list.ts'
import { me } from '../src/bot/reminders/me.ts'
import { quiet } from '../src/bot/reminders/quiet.ts'
import { stop } from '../src/bot/reminders/stop.ts'
import { routeToSubcommands } from '../src/bot/schedule/subcommand.ts'

const subcommands = [me, channel, list, stop, quiet]

export default {
  data: { ...chatInput('remind'), options: subcommands.map(({ data }) => data) },
  ...routeToSubcommands(subcommands),
} satisfies Command
