import { MessageFlags } from 'discord.js'

import { NotFoundError } from '../../errors.ts'
import { toLocale, type Translate } from '../../i18n.ts'
import type { Schedule } from '../../schedule/schedule.ts'
import { RefusedChangeError } from '../../schedule/store/refused-change.ts'
import {
  type MadeRevision,
  StaleRevisionError,
  type TimetableEdits,
} from '../../schedule/store/schedule-store.ts'
import type { CommandDeps } from '../command.ts'
import { buttonRow, textMessage } from './answer-text.ts'
import { differenceText } from './difference-text.ts'
import type { RepliableHere } from './permission.ts'

const mostLines = 12

export interface ChangeOptions {
  guildId: string
  /** As it was read to make the edits. */
  schedule: Pick<Schedule, 'own'>
  edits: TimetableEdits
}

/** Changes a timetable at once and says what changed; whoever may, can undo it with one press. */
export async function changeTimetable(
  interaction: RepliableHere,
  deps: CommandDeps,
  { guildId, schedule, edits }: ChangeOptions,
): Promise<void> {
  const locale = toLocale(interaction.locale)
  const t = deps.translations(locale)
  const flags = MessageFlags.Ephemeral
  try {
    const made = await deps.timetables.change({
      guildId,
      origin: { by: interaction.user.id, kind: 'edit', note: null },
      edits,
      revision: schedule.own?.revision ?? 0,
    })
    if (!made) {
      await interaction.reply({ content: t('commands.schedule.nothingChanged'), flags })
      return
    }
    const text = await doneText(made, { interaction, deps, guildId })
    const isFirst = schedule.own === null
    const first = isFirst ? `\n-# ${t('commands.schedule.ownNow')}` : ''
    await interaction.reply({
      ...textMessage(text + first, t),
      components: [undoRow(made, t)],
      flags,
    })
  } catch (error) {
    await interaction.reply({ content: refusalText(error, t), flags })
  }
}

interface DoneTextOptions {
  interaction: RepliableHere
  deps: CommandDeps
  guildId: string
}

/** What a change that has just been made did. */
export async function doneText(
  { difference }: Pick<MadeRevision, 'difference'>,
  { interaction, deps, guildId }: DoneTextOptions,
): Promise<string> {
  const locale = toLocale(interaction.locale)
  const t = deps.translations(locale)
  const { timeZone } = await deps.schedules.forGuild(guildId)
  return differenceText(difference, { locale, t, timeZone, most: mostLines })
}

export function undoRow({ revision }: Pick<MadeRevision, 'revision'>, t: Translate) {
  return buttonRow({ label: t('commands.schedule.undoButton'), id: `undo:${revision}` })
}

/** Why a change was refused, for its maker. Throws whatever is nobody's fault. */
export function refusalText(error: unknown, t: Translate): string {
  if (error instanceof StaleRevisionError) return t('commands.schedule.stale')
  if (error instanceof RefusedChangeError) {
    const reason = t(`scheduleRefusals.${error.reason}`, error.values)
    return t('commands.schedule.refused', { reason })
  }
  if (error instanceof NotFoundError) {
    return t('commands.schedule.refused', { reason: t('scheduleRefusals.gone') })
  }
  throw error
}
