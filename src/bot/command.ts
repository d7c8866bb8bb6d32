import {
  ApplicationCommandType,
  type AutocompleteInteraction,
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  type MessageContextMenuCommandInteraction,
  type ModalSubmitInteraction,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
  type RESTPostAPIContextMenuApplicationCommandsJSONBody,
  type StringSelectMenuInteraction,
} from 'discord.js'
import type OpenAI from 'openai'

import type { Translations } from '../i18n.ts'
import type { Pictures } from '../schedule/picture/pictures.ts'
import type { ReminderStore } from '../schedule/reminders/reminder-store.ts'
import type { Reminders } from '../schedule/reminders/reminders.ts'
import type { Schedules } from '../schedule/schedule.ts'
import type { ScheduleStore } from '../schedule/store/schedule-store.ts'
import type { ClassFiles } from './class-files/class-files.ts'
import type { Clock } from './clock.ts'
import type { Conversations } from './conversations.ts'
import type { StartedImports } from './schedule/import-file.ts'
import type { Notices } from './schedule/notices.ts'
import type { Turns } from './turns.ts'

/** What commands may use; the same for all of them. */
export interface CommandDeps {
  turns: Pick<Turns, 'ask' | 'stop'>
  conversations: Pick<Conversations, 'find' | 'reset' | 'restore'>
  openai: OpenAI
  schedules: Pick<Schedules, 'forGuild'>
  /** The guilds' own timetables, to be changed. */
  timetables: ScheduleStore
  imports: StartedImports
  /** Looks at the calendars on the web whose time has come, new ones among them. */
  refreshCalendars: () => Promise<void>
  /** The address of the feed of a secret; null: nobody could reach it. */
  feedAddress: ((token: string) => string) | null
  pictures: Pick<Pictures, 'drawWeek' | 'warm'>
  reminders: { store: ReminderStore } & Pick<Reminders, 'refresh'>
  classFiles: ClassFiles
  notices: Pick<Notices, 'channelOf' | 'setChannel'>
  translations: Translations
  clock: Clock
  /** The names of the functions that the model can call in a guild. */
  toolNames: (guildId: string | null) => Promise<string[]>
  /** Every command there is, e.g. for `/help`. */
  commands: readonly AnyCommand[]
}

/** One file in `commands/`: the definition that Discord gets, and what happens when it is used. */
export interface Command {
  data: RESTPostAPIChatInputApplicationCommandsJSONBody
  execute(interaction: ChatInputCommandInteraction, deps: CommandDeps): Promise<void>
  /** Suggests values for the option that is being typed. */
  autocomplete?(interaction: AutocompleteInteraction, deps: CommandDeps): Promise<void>
  /** Handles buttons whose `custom_id` is `<command name>:<rest>`; the rest says all there is to know. */
  press?(press: ButtonPress, deps: CommandDeps): Promise<void>
  /** The same for select menus of texts. */
  select?(selection: Selection, deps: CommandDeps): Promise<void>
  /** The same for modals. */
  submit?(submission: Submission, deps: CommandDeps): Promise<void>
}

/** A command in the menu of a message, in a file of its own like the others. */
export interface MessageCommand {
  data: RESTPostAPIContextMenuApplicationCommandsJSONBody
  execute(interaction: MessageContextMenuCommandInteraction, deps: CommandDeps): Promise<void>
}

export type AnyCommand = Command | MessageCommand

export function isChatInput(command: AnyCommand): command is Command {
  return command.data.type === undefined || command.data.type === ApplicationCommandType.ChatInput
}

/** What follows the command's name in a `custom_id`; anybody may have made it up. */
interface WithRest<Interaction> {
  interaction: Interaction
  rest: string
}

export type ButtonPress = WithRest<ButtonInteraction>
export type Selection = WithRest<StringSelectMenuInteraction>
export type Submission = WithRest<ModalSubmitInteraction>
