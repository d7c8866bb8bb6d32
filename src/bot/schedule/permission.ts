import { GuildMemberRoleManager, MessageFlags, PermissionFlagsBits } from 'discord.js'
import type {
  AutocompleteInteraction,
  ButtonInteraction,
  ChatInputCommandInteraction,
  MessageContextMenuCommandInteraction,
  ModalSubmitInteraction,
  StringSelectMenuInteraction,
} from 'discord.js'

import type { Translate } from '../../i18n.ts'

export type RepliableHere =
  | ButtonInteraction
  | ChatInputCommandInteraction
  | MessageContextMenuCommandInteraction
  | ModalSubmitInteraction
  | StringSelectMenuInteraction

/** A role of one of these names may change the timetable. */
const teacherNames =
  /^(?:teachers?|instructors?|lecturers?|professors?|tas?|teaching assistants?|老师|教师|讲师|教授|助教|教务)$/iu

const permissions = [PermissionFlagsBits.ManageGuild, PermissionFlagsBits.ManageEvents] as const

/**
 * Whether a member may change his guild's timetable: with the permission to manage the server or its
 * events, or with a role that is named like one of teachers.
 */
export function isTeacher(interaction: RepliableHere | AutocompleteInteraction): boolean {
  const { guildId, memberPermissions, member } = interaction
  if (guildId === null) return false
  if (permissions.some((permission) => memberPermissions?.has(permission) === true)) return true
  const roles = member?.roles
  if (!(roles instanceof GuildMemberRoleManager)) return false
  return roles.cache.some(({ name }) => teacherNames.test(withoutPictures(name)))
}

/** Role names are decorated: `🎓 Teacher`. */
function withoutPictures(name: string): string {
  return name.replaceAll(/[^\p{L}\p{N}]+/gu, ' ').trim()
}

/** The guild whose timetable may be changed here; null: it was said why not. */
export async function guildOfTeacher(
  interaction: RepliableHere,
  t: Translate,
): Promise<string | null> {
  const { guildId } = interaction
  if (guildId !== null && isTeacher(interaction)) return guildId
  const key = guildId === null ? 'onlyInServers' : 'onlyTeachers'
  const content = t(`commands.schedule.${key}`)
  await interaction.reply({ content, flags: MessageFlags.Ephemeral })
  return null
}
