// Slash commands as one picks them: subcommands flattened, in the speaker's words.
import type { APIApplicationCommandOptionChoice } from 'discord-api-types/v10'

import type { CommandIndex, IndexedCommand, InteractionRequestOption } from '../protocol.ts'
import { commandTypes, optionTypes } from './wire.ts'

export interface CommandOption {
  type: number
  name: string
  label: string
  description: string
  required: boolean
  autocomplete: boolean
  choices: APIApplicationCommandOptionChoice[]
  min: number | undefined
  max: number | undefined
  minLength: number | undefined
  maxLength: number | undefined
}

export interface SlashCommand {
  command: IndexedCommand
  /** Names of group and subcommand, outermost first. */
  path: { type: number; name: string }[]
  /** Without the slash: `schedule today` */
  label: string
  description: string
  options: CommandOption[]
}

/** An option as it is on the wire; which members there are depends on the type. */
interface RawOption {
  type: number
  name: string
  description: string
  name_localizations?: Record<string, string> | null
  description_localizations?: Record<string, string> | null
  name_localized?: string
  description_localized?: string
  required?: boolean
  autocomplete?: boolean
  choices?: APIApplicationCommandOptionChoice[]
  min_value?: number
  max_value?: number
  min_length?: number
  max_length?: number
  options?: RawOption[]
}

export function slashCommands(index: CommandIndex | undefined, locale: string): SlashCommand[] {
  return (index?.application_commands ?? [])
    .filter(({ type }) => type === commandTypes.chatInput)
    .flatMap((command) => flatten(command, locale))
    .toSorted((a, b) => a.label.localeCompare(b.label, locale))
}

export function contextCommands(
  index: CommandIndex | undefined,
  type: typeof commandTypes.user | typeof commandTypes.message,
): { command: IndexedCommand; label: string }[] {
  return (index?.application_commands ?? [])
    .filter((command) => command.type === type)
    .map((command) => ({ command, label: command.name_localized ?? command.name }))
}

/** How a command that was used is shown: `name` is its own one and those of its subcommands. */
export function usedLabel(index: CommandIndex | undefined, name: string, locale: string): string {
  const known = index?.application_commands ?? []
  const other = known.find((each) => each.type !== commandTypes.chatInput && each.name === name)
  if (other) return other.name_localized ?? other.name
  const slash = known
    .filter((each) => each.type === commandTypes.chatInput && each.name === name.split(' ')[0])
    .flatMap((each) => flatten(each, locale))
    .find((each) => fullName(each) === name)
  return `/${slash?.label ?? name}`
}

function fullName({ command, path }: SlashCommand): string {
  return [command.name, ...path.map((step) => step.name)].join(' ')
}

function flatten(command: IndexedCommand, locale: string): SlashCommand[] {
  const name = command.name_localized ?? command.name
  const description = command.description_localized ?? command.description
  // Discord's option types are a union over `type`; here all members are optional instead.
  const options = (command.options ?? []) as RawOption[]
  const nested = options.filter((option) => isNesting(option.type))
  if (nested.length === 0) {
    const fields = options.map((option) => toOption(option, locale))
    return [{ command, path: [], label: name, description, options: fields }]
  }
  return nested.flatMap((option) => {
    const inner =
      option.type === optionTypes.group
        ? (option.options ?? []).map((sub) => [option, sub])
        : [[option]]
    return inner.map((steps) => {
      const last = steps.at(-1) ?? option
      return {
        command,
        path: steps.map((step) => ({ type: step.type, name: step.name })),
        label: [name, ...steps.map((step) => localName(step, locale))].join(' '),
        description: localDescription(last, locale),
        options: (last.options ?? []).map((each) => toOption(each, locale)),
      }
    })
  })
}

function isNesting(type: number): boolean {
  return type === optionTypes.subcommand || type === optionTypes.group
}

function toOption(raw: RawOption, locale: string): CommandOption {
  return {
    type: raw.type,
    name: raw.name,
    label: localName(raw, locale),
    description: localDescription(raw, locale),
    required: raw.required ?? false,
    autocomplete: raw.autocomplete ?? false,
    choices: (raw.choices ?? []).map((choice) => ({ ...choice, name: choiceName(choice, locale) })),
    min: raw.min_value,
    max: raw.max_value,
    minLength: raw.min_length,
    maxLength: raw.max_length,
  }
}

function localName(option: RawOption, locale: string): string {
  return option.name_localized ?? option.name_localizations?.[locale] ?? option.name
}

function localDescription(option: RawOption, locale: string): string {
  return (
    option.description_localized ?? option.description_localizations?.[locale] ?? option.description
  )
}

function choiceName(choice: APIApplicationCommandOptionChoice, locale: string): string {
  const localizations: Record<string, string | null | undefined> = choice.name_localizations ?? {}
  return localizations[locale] ?? choice.name
}

/** Those whose name begins with what was typed, then those that contain it. */
export function matchCommands(commands: readonly SlashCommand[], query: string): SlashCommand[] {
  const wanted = query.toLowerCase()
  const names = (each: SlashCommand) => [each.label.toLowerCase(), fullName(each).toLowerCase()]
  const first = commands.filter((each) => names(each).some((name) => name.startsWith(wanted)))
  const others = commands.filter(
    (each) => !first.includes(each) && names(each).some((name) => name.includes(wanted)),
  )
  return [...first, ...others]
}

/** What the user put into the fields, by option name; empty fields are left out. */
export type FieldValues = ReadonlyMap<string, string>

/** The options of a request, wrapped in their subcommand and group. */
export function toRequestOptions(
  { path, options }: SlashCommand,
  values: FieldValues,
  focused?: string,
): InteractionRequestOption[] {
  const given = options.flatMap((option): InteractionRequestOption[] => {
    const text = values.get(option.name) ?? ''
    const isFocused = option.name === focused
    if (text === '' && !isFocused) return []
    const value = isFocused ? text : typedValue(option, text)
    return [{ type: option.type, name: option.name, value, ...(isFocused && { focused: true }) }]
  })
  return path.reduceRight<InteractionRequestOption[]>(
    (inner, { type, name }) => [{ type, name, options: inner }],
    given,
  )
}

function typedValue(option: CommandOption, text: string): string | number | boolean {
  if (option.type === optionTypes.boolean) return text === 'true'
  if (option.type === optionTypes.integer || option.type === optionTypes.number) return Number(text)
  return text
}
