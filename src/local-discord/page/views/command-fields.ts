// What may stand in the fields of a slash command.
import type { App } from '../app.ts'
import type { CommandOption } from '../commands.ts'
import { channelName, displayName, guildChannels, knownUsers } from '../lookup.ts'
import { optionTypes } from '../wire.ts'

export interface Choice {
  name: string
  value: string
}

/** What stands in a field, and what it means when that was picked from a list. */
export interface CommandField {
  text: string
  value?: string
  file?: File
}

/** What the definition or the guild offers for an option; empty where any text will do. */
export function choicesFor(app: App, option: CommandOption): Choice[] {
  const { state } = app.store
  const { t } = app
  if (option.choices.length > 0) {
    return option.choices.map(({ name, value }) => ({ name, value: String(value) }))
  }
  const users = () =>
    knownUsers(state).map((user) => ({ name: displayName(state, user), value: user.id }))
  const roles = () => [...state.roles.values()].map(({ name, id }) => ({ name, value: id }))
  switch (option.type) {
    case optionTypes.boolean:
      return [
        { name: t.yes, value: 'true' },
        { name: t.no, value: 'false' },
      ]
    case optionTypes.user:
      return users()
    case optionTypes.role:
      return roles()
    case optionTypes.mentionable:
      return [...users(), ...roles()]
    case optionTypes.channel:
      return guildChannels(state).map((each) => ({
        name: channelName(state, each),
        value: each.id,
      }))
    default:
      return []
  }
}

/** Why the bot would refuse what stands in a field, in the speaker's language. */
export function problemWith(
  app: App,
  option: CommandOption,
  field: CommandField | undefined,
): string | undefined {
  const { t } = app
  const text = field?.text.trim() ?? ''
  if (text === '') return option.required ? t.fieldRequired : undefined
  const choices = choicesFor(app, option)
  if (choices.length > 0 && field?.value === undefined) {
    return choices.some((choice) => isSame(choice, text)) ? undefined : t.noChoices
  }
  const { min = -Infinity, max = Infinity, minLength = 0, maxLength = 6000 } = option
  if (isNumeric(option) && field?.value === undefined) {
    if (Number.isNaN(Number(text)) || Number(text) < min)
      return t.tooLow(min === -Infinity ? 0 : min)
    if (Number(text) > max) return t.tooHigh(max)
    return undefined
  }
  if (text.length < minLength) return t.tooShort(minLength)
  if (text.length > maxLength) return t.tooLong(text.length - maxLength)
  return undefined
}

export function isSame({ name, value }: Choice, text: string): boolean {
  return name.toLowerCase() === text.toLowerCase() || value === text
}

export function isNumeric({ type }: CommandOption): boolean {
  return type === optionTypes.integer || type === optionTypes.number
}
