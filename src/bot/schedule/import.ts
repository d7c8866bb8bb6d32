import {
  ApplicationCommandOptionType,
  type BaseMessageOptions,
  type ButtonInteraction,
  ComponentType,
  MessageFlags,
  type ModalSubmitInteraction,
  type StringSelectMenuInteraction,
} from 'discord.js'

import { NotFoundError } from '../../errors.ts'
import { toLocale, type Translate } from '../../i18n.ts'
import { replaceModes } from '../../schedule/import/compare.ts'
import { type Field, fields } from '../../schedule/import/draft.ts'
import { ImportError } from '../../schedule/import/import-error.ts'
import { importLimits } from '../../schedule/import/limits.ts'
import { StaleRevisionError } from '../../schedule/store/schedule-store.ts'
import { named } from '../command-definition.ts'
import type { CommandDeps } from '../command.ts'
import { textMessage } from './answer-text.ts'
import { doneText, refusalText, undoRow } from './change.ts'
import { countsText } from './difference-text.ts'
import { previewImport, startImport, type StartedImport, withField } from './import-file.ts'
import { decisionRows, leftOut, previewMessage } from './import-preview.ts'
import { guildOfTeacher } from './permission.ts'
import type { Subcommand } from './subcommand.ts'

/** `/schedule import`: a file, a preview of what it changes, and a decision. */
export const importFile: Subcommand = {
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ schedule }) => schedule.import),
  },

  async execute(interaction, { translations }) {
    const t = translations(toLocale(interaction.locale))
    if ((await guildOfTeacher(interaction, t)) === null) return
    await interaction.showModal({
      customId: 'schedule:import:file',
      title: t('commands.schedule.import.title'),
      components: [
        {
          type: ComponentType.Label,
          label: t('commands.schedule.import.file'),
          description: t('commands.schedule.import.formats'),
          component: { type: ComponentType.FileUpload, customId: 'file', maxValues: 1 },
        },
        {
          type: ComponentType.Label,
          label: t('commands.schedule.import.mode'),
          component: {
            type: ComponentType.StringSelect,
            customId: 'mode',
            options: replaceModes.map((mode) => ({
              label: t(`commands.schedule.import.modes.${mode}`),
              value: mode,
              default: mode === 'range',
            })),
          },
        },
      ],
    })
  },

  async submit({ interaction }, deps) {
    const t = deps.translations(toLocale(interaction.locale))
    const guildId = await guildOfTeacher(interaction, t)
    if (guildId === null) return
    const file = interaction.fields.getUploadedFiles('file', true).first()
    const [chosen] = interaction.fields.getStringSelectValues('mode')
    if (!file || file.size > importLimits.fileBytes) {
      const reason = t('scheduleImport.errors.too_large')
      const content = t('commands.schedule.refused', { reason })
      await interaction.reply({ content, flags: MessageFlags.Ephemeral })
      return
    }
    await interaction.deferReply({ flags: MessageFlags.Ephemeral })
    const started = startImport({
      guildId,
      userId: interaction.user.id,
      fileName: file.name,
      url: file.url,
      mode: replaceModes.find((mode) => mode === chosen) ?? 'range',
    })
    await interaction.editReply(await showPreview(started, { interaction, deps, t }))
  },

  async select({ interaction, rest }, deps) {
    const [what, id = '', index = ''] = rest.split(':')
    const found = await findImport(interaction, { deps, id })
    if (!found) return
    const { started, t } = found
    const [value = ''] = interaction.values
    if (what === 'column') {
      await interaction.update({ components: decisionRows(started, { t, column: Number(value) }) })
      return
    }
    const column = started.columns[Number(index)]?.column
    if (column === undefined) return
    await interaction.deferUpdate()
    const corrected = withField(started, column, toField(value))
    await interaction.editReply(await showPreview(corrected, { interaction, deps, t }))
  },

  async press({ interaction, rest }, deps) {
    const [what, id = ''] = rest.split(':')
    const found = await findImport(interaction, { deps, id })
    if (!found) return
    await interaction.deferUpdate()
    const decide = what === 'apply' ? apply : cancel
    await interaction.editReply(await decide(found.started, { interaction, deps, t: found.t }))
  },
}

interface Step {
  interaction: ButtonInteraction | StringSelectMenuInteraction | ModalSubmitInteraction
  deps: CommandDeps
  t: Translate
}

type Message = BaseMessageOptions & { attachments?: [] }

/** The import of a component, if its presser may decide about it; else it was said why not. */
async function findImport(
  interaction: ButtonInteraction | StringSelectMenuInteraction,
  { deps, id }: { deps: CommandDeps; id: string },
): Promise<{ started: StartedImport; t: Translate } | null> {
  const t = deps.translations(toLocale(interaction.locale))
  const guildId = await guildOfTeacher(interaction, t)
  if (guildId === null) return null
  const started = await deps.imports.find(guildId, id)
  if (started) return { started, t }
  await interaction.update(over(t))
  return null
}

async function showPreview(
  started: StartedImport,
  step: Step,
  heading: string | null = null,
): Promise<Message> {
  const { interaction, deps, t } = step
  try {
    const preview = await previewImport(started, deps)
    const { timeZone } = await deps.schedules.forGuild(started.guildId)
    const locale = toLocale(interaction.locale)
    const message = previewMessage(preview, { locale, t, timeZone, heading })
    return { ...message, attachments: [] }
  } catch (error) {
    return { content: failureText(error, t), attachments: [], components: [] }
  }
}

async function apply(started: StartedImport, step: Step): Promise<Message> {
  const { interaction, deps, t } = step
  const { guildId, id, proposalId } = started
  try {
    const made = await deps.timetables.apply(guildId, proposalId ?? '')
    await deps.imports.forget(id)
    const counts = countsText(made.counts)
    const text = await doneText(made, { interaction, deps, guildId })
    const done = t('commands.schedule.import.done', { counts })
    const message = textMessage(`${done}\n${text}`, t)
    return { ...message, attachments: [], components: [undoRow(made, t)] }
  } catch (error) {
    if (error instanceof StaleRevisionError) {
      return await showPreview(started, step, t('commands.schedule.import.stale'))
    }
    if (error instanceof NotFoundError) return over(t)
    throw error
  }
}

async function cancel(started: StartedImport, { deps, t }: Step): Promise<Message> {
  const { guildId, id, proposalId } = started
  if (proposalId !== null) await deps.timetables.drop(guildId, proposalId)
  await deps.imports.forget(id)
  const content = t('commands.schedule.import.cancelled')
  return { content, attachments: [], components: [] }
}

function over(t: Translate): Message {
  return { content: t('commands.schedule.import.over'), attachments: [], components: [] }
}

function failureText(error: unknown, t: Translate): string {
  if (error instanceof ImportError) {
    const reason = t(`scheduleImport.errors.${error.reason}`)
    return t('commands.schedule.refused', { reason })
  }
  return refusalText(error, t)
}

function toField(value: string): Field | null {
  return value === leftOut ? null : (fields.find((field) => field === value) ?? null)
}
