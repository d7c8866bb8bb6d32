import { type ChatInputCommandInteraction, MessageFlags } from 'discord.js'

import { toLocale, type Translate } from '../../i18n.ts'
import type { Schedule } from '../../schedule/schedule.ts'
import type { TimetableEdits } from '../../schedule/store/schedule-store.ts'
import type { CommandDeps } from '../command.ts'
import { changeTimetable } from './change.ts'
import { createFieldReader, type FieldReader, OptionError } from './class-fields.ts'
import { guildOfTeacher } from './permission.ts'

/** What edits are made from. */
export interface EditSource {
  options: ChatInputCommandInteraction['options']
  schedule: Schedule
  read: FieldReader
  t: Translate
}

/** A subcommand that changes the timetable by edits made from its options. */
export function editingCommand(
  toEdits: (source: EditSource) => TimetableEdits | Promise<TimetableEdits>,
  { needsOwn = false }: { needsOwn?: boolean } = {},
) {
  return async function execute(
    interaction: ChatInputCommandInteraction,
    deps: CommandDeps,
  ): Promise<void> {
    const t = deps.translations(toLocale(interaction.locale))
    const guildId = await guildOfTeacher(interaction, t)
    if (guildId === null) return
    const schedule = await deps.schedules.forGuild(guildId)
    const { options } = interaction
    try {
      if (needsOwn && schedule.own === null) throw new OptionError(t('commands.schedule.noOwn'))
      const read = createFieldReader({ schedule, now: deps.clock.now(), t })
      const edits = await toEdits({ options, schedule, read, t })
      await changeTimetable(interaction, deps, { guildId, schedule, edits })
    } catch (error) {
      if (!(error instanceof OptionError)) throw error
      await interaction.reply({ content: error.message, flags: MessageFlags.Ephemeral })
    }
  }
}
