import type { AutocompleteInteraction } from 'discord.js'

import type { Subscriber } from '../../schedule/reminders/reminder-store.ts'
import type { CommandDeps } from '../command.ts'
import { isTeacher, type RepliableHere } from '../schedule/permission.ts'

/**
 * The reminders that somebody may see and stop: his own of this server, or in a direct message of all
 * servers; a teacher's are also those of the server's channels.
 */
export async function visibleReminders(
  interaction: RepliableHere | AutocompleteInteraction,
  { reminders }: Pick<CommandDeps, 'reminders'>,
): Promise<Subscriber[]> {
  const { guildId, user } = interaction
  if (guildId === null) return await reminders.store.ofUser(user.id)
  const own = await reminders.store.find({ guildId, type: 'user', id: user.id })
  const channels = isTeacher(interaction) ? await reminders.store.channelsOf(guildId) : []
  return [...(own ? [own] : []), ...channels]
}
