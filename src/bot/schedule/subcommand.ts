import type {
  APIApplicationCommandSubcommandOption,
  AutocompleteInteraction,
  ChatInputCommandInteraction,
} from 'discord.js'

import type { ButtonPress, Command, CommandDeps, Selection, Submission } from '../command.ts'

/** A command of its own below another one. */
export interface Subcommand {
  data: APIApplicationCommandSubcommandOption
  /** The group that it is in; absent: in none. */
  group?: string
  execute(interaction: ChatInputCommandInteraction, deps: CommandDeps): Promise<void>
  autocomplete?(interaction: AutocompleteInteraction, deps: CommandDeps): Promise<void>
  /** Handles components whose `custom_id` is `<command>:<subcommand>:<rest>`. */
  press?(press: ButtonPress, deps: CommandDeps): Promise<void>
  select?(selection: Selection, deps: CommandDeps): Promise<void>
  submit?(submission: Submission, deps: CommandDeps): Promise<void>
}

/** Leads what arrives at a command to its subcommands. */
export function routeToSubcommands(subcommands: readonly Subcommand[]): Omit<Command, 'data'> {
  const byPath = new Map(subcommands.map((each) => [pathOf(each.group, each.data.name), each]))

  function find({ options }: Pick<ChatInputCommandInteraction, 'options'>): Subcommand | undefined {
    return byPath.get(
      pathOf(options.getSubcommandGroup(false) ?? undefined, options.getSubcommand()),
    )
  }

  /** Buttons, menus and modals name a subcommand by what stands before their first colon. */
  function open<Given extends { rest: string }>(given: Given): [Subcommand | undefined, Given] {
    const [name = '', ...rest] = given.rest.split(':')
    return [byPath.get(name), { ...given, rest: rest.join(':') }]
  }

  return {
    execute: async (interaction, deps) => find(interaction)?.execute(interaction, deps),
    async autocomplete(interaction, deps) {
      const { options } = interaction
      const path = pathOf(options.getSubcommandGroup(false) ?? undefined, options.getSubcommand())
      await byPath.get(path)?.autocomplete?.(interaction, deps)
    },
    async press(press, deps) {
      const [subcommand, inner] = open(press)
      await subcommand?.press?.(inner, deps)
    },
    async select(selection, deps) {
      const [subcommand, inner] = open(selection)
      await subcommand?.select?.(inner, deps)
    },
    async submit(submission, deps) {
      const [subcommand, inner] = open(submission)
      await subcommand?.submit?.(inner, deps)
    },
  }
}

function pathOf(group: string | undefined, name: string): string {
  return group === undefined ? name : `${group} ${name}`
}
