import { type AutocompleteInteraction, MessageFlags } from 'discord.js'

import { toLocale } from '../../i18n.ts'
import type { CommandDeps } from '../command.ts'
import { isTeacher, type RepliableHere } from '../schedule/permission.ts'

/** The guild whose class files are meant, for everybody or for teachers; null: it was said why not. */
export async function guildOfFiles(
  interaction: RepliableHere,
  { classFiles, translations }: CommandDeps,
  { isForTeachers }: { isForTeachers: boolean },
): Promise<string | null> {
  const { guildId } = interaction
  const refuse = async (key: 'onlyInServers' | 'otherAssistant' | 'onlyTeachers') => {
    const t = translations(toLocale(interaction.locale))
    const content = t(`commands.files.${key}`)
    await interaction.reply({ content, flags: MessageFlags.Ephemeral })
    return null
  }
  if (guildId === null) return await refuse('onlyInServers')
  if (!classFiles.isAvailable) return await refuse('otherAssistant')
  if (isForTeachers && !isTeacher(interaction)) return await refuse('onlyTeachers')
  return guildId
}

/** The guild whose class files may be suggested for a change. */
export function guildToSuggestFrom(
  interaction: AutocompleteInteraction,
  { classFiles }: CommandDeps,
): string | null {
  return classFiles.isAvailable && isTeacher(interaction) ? interaction.guildId : null
}
