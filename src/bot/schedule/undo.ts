import { ApplicationCommandOptionType, MessageFlags } from 'discord.js'

import { toLocale } from '../../i18n.ts'
import { type MadeRevision, StaleRevisionError } from '../../schedule/store/schedule-store.ts'
import { named } from '../command-definition.ts'
import type { CommandDeps } from '../command.ts'
import { textMessage } from './answer-text.ts'
import { doneText, refusalText } from './change.ts'
import { guildOfTeacher, type RepliableHere } from './permission.ts'
import type { Subcommand } from './subcommand.ts'

/** `/schedule undo`, and the button below a change. */
export const undo: Subcommand = {
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ schedule }) => schedule.undo),
  },

  async execute(interaction, deps) {
    const t = deps.translations(toLocale(interaction.locale))
    const guildId = await guildOfTeacher(interaction, t)
    if (guildId === null) return
    const flags = MessageFlags.Ephemeral
    try {
      const made = await deps.timetables.undo(guildId, interaction.user.id)
      const text = await undoneText(made, { interaction, deps, guildId })
      await interaction.reply({ ...textMessage(text, t), flags })
    } catch (error) {
      await interaction.reply({ content: refusalText(error, t), flags })
    }
  },

  async press({ interaction, rest }, deps) {
    const t = deps.translations(toLocale(interaction.locale))
    const guildId = await guildOfTeacher(interaction, t)
    if (guildId === null) return
    try {
      const made = await deps.timetables.undo(guildId, interaction.user.id, Number(rest))
      const text = await undoneText(made, { interaction, deps, guildId })
      await interaction.update({ ...textMessage(text, t), components: [] })
    } catch (error) {
      const isStale = error instanceof StaleRevisionError
      const content = isStale ? t('commands.schedule.notNewest') : refusalText(error, t)
      await interaction.reply({ content, flags: MessageFlags.Ephemeral })
    }
  },
}

interface UndoneTextOptions {
  interaction: RepliableHere
  deps: CommandDeps
  guildId: string
}

async function undoneText(made: MadeRevision | null, options: UndoneTextOptions): Promise<string> {
  const t = options.deps.translations(toLocale(options.interaction.locale))
  if (!made) return t('commands.schedule.nothingToUndo')
  return `${t('commands.schedule.undone')}\n${await doneText(made, options)}`
}
