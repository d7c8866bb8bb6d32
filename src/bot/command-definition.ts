import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  type LocalizationMap,
} from 'discord.js'

import { texts } from '../i18n.ts'

interface Named {
  name: string
  description: string
}

type CommandTexts = typeof texts.en.commands

/** The parts of the texts that name and describe something, by their path below `commands`. */
type NamedKey = {
  [Key in keyof CommandTexts]: CommandTexts[Key] extends Named ? Key : never
}[keyof CommandTexts]

/** Name and description in every language, as Discord's definitions hold them. */
export function named(select: (commands: CommandTexts) => Named) {
  const { name, description } = select(texts.en.commands)
  const chinese = select(texts['zh-CN'].commands)
  return {
    name,
    description,
    name_localizations: localized(chinese.name),
    description_localizations: localized(chinese.description),
  }
}

/** A choice whose label is localised. */
export function choice(value: string, select: (commands: CommandTexts) => string) {
  return {
    value,
    name: select(texts.en.commands),
    name_localizations: localized(select(texts['zh-CN'].commands)),
  }
}

/** What all chat-input commands share: usable in guilds, direct messages and group chats. */
export function chatInput(key: NamedKey) {
  return {
    type: ApplicationCommandType.ChatInput as const,
    ...named((commands) => commands[key]),
    ...anywhere,
  }
}

/** The same for a command in the menu of a message, which has a name only. */
export function messageMenu(select: (commands: CommandTexts) => string) {
  return {
    type: ApplicationCommandType.Message as const,
    name: select(texts.en.commands),
    name_localizations: localized(select(texts['zh-CN'].commands)),
    ...anywhere,
  }
}

const anywhere = {
  contexts: [
    InteractionContextType.Guild,
    InteractionContextType.BotDM,
    InteractionContextType.PrivateChannel,
  ],
  integration_types: [
    ApplicationIntegrationType.GuildInstall,
    ApplicationIntegrationType.UserInstall,
  ],
}

/** The option by which a user means his own conversation instead of the shared one. */
export function privateOption(select: (commands: CommandTexts) => Named = (all) => all.private) {
  return { type: ApplicationCommandOptionType.Boolean as const, ...named(select) }
}

/** Both Chinese interfaces, since `toLocale` speaks the same to both and Discord has no fallback. */
function localized(chinese: string): LocalizationMap {
  return { 'zh-CN': chinese, 'zh-TW': chinese }
}
