import {
  type ActionRowData,
  type BaseMessageOptions,
  ButtonStyle,
  ComponentType,
  type StringSelectMenuComponentData,
} from 'discord.js'

import type { Locale, Translate } from '../../i18n.ts'
import { type Field, fields, type Note, type Problem } from '../../schedule/import/draft.ts'
import { countChanges } from '../../schedule/store/difference.ts'
import { asWritten } from '../as-written.ts'
import { messageLimit } from '../splitting.ts'
import { buttonRow } from './answer-text.ts'
import { quoted } from './class-fields.ts'
import { countsText, differenceText } from './difference-text.ts'
import type { Preview, StartedImport } from './import-file.ts'
import { shorten } from './inputs.ts'

/** What stands in the message itself; the file has all of it. */
const short = { rows: 8, problems: 6, notes: 4 }
const long = { rows: 5_000, problems: 500, notes: 500 }
/** The value that stands for no field. */
export const leftOut = 'none'

export interface PreviewOptions {
  locale: Locale
  t: Translate
  timeZone: string
  /** Stands above it all. */
  heading: string | null
}

/** What an import would do, with menus to correct the columns and the buttons to decide. */
export function previewMessage(preview: Preview, options: PreviewOptions): BaseMessageOptions {
  const { t } = options
  const whole = previewText(preview, { ...options, most: long })
  const brief = previewText(preview, { ...options, most: short })
  const note = `\n-# ${t('commands.schedule.inFile')}`
  const isWhole = brief === whole && brief.length <= messageLimit
  return {
    content: isWhole ? brief : shorten(brief, messageLimit - note.length) + note,
    files: isWhole ? [] : [{ name: 'preview.md', attachment: Buffer.from(whole, 'utf8') }],
    allowedMentions: { parse: [] },
    components: decisionRows(preview.started, { t, column: null }),
  }
}

type TextOptions = PreviewOptions & { most: typeof short }

function previewText({ started, draft, proposal }: Preview, options: TextOptions): string {
  const { t, locale, timeZone, heading, most } = options
  const { problems, problemCount, notes, mapping } = draft
  const counts = proposal ? countChanges(proposal.difference) : null
  const columns = mapping.map(({ column, field }) => `${quoted(column)} → ${fieldName(field, t)}`)
  const moreProblems = problemCount - Math.min(most.problems, problems.length)
  const rows =
    proposal && differenceText(proposal.difference, { locale, t, timeZone, most: most.rows })
  return [
    ...(heading === null ? [] : [`**${heading}**`]),
    `### ${asWritten(started.fileName)}`,
    counts === null ? t('commands.schedule.import.nothingNew') : countsText(counts),
    ...(rows === null ? [] : [rows]),
    ...(problemCount > 0
      ? [`**⚠️ ${t('commands.schedule.import.leftOut', { count: problemCount })}**`]
      : []),
    ...problems.slice(0, most.problems).map((problem) => `- ${problemText(problem, t)}`),
    ...(moreProblems > 0 ? [`-# ${t('commands.schedule.more', { count: moreProblems })}`] : []),
    ...notes.slice(0, most.notes).map((noted) => `-# ${noteText(noted, t)}`),
    ...(columns.length > 0 ? [`-# ${columns.join(t('scheduleImport.comma'))}`] : []),
  ].join('\n')
}

function problemText({ reason, ...place }: Problem, t: Translate): string {
  return withPlace(t(`scheduleImport.problems.${reason}`), place, t)
}

function noteText({ reason, ...place }: Note, t: Translate): string {
  return withPlace(t(`scheduleImport.notes.${reason}`), place, t)
}

type Place = Omit<Problem, 'reason'>

function withPlace(text: string, { line, sheet, column, value }: Place, t: Translate): string {
  const where = [
    ...(sheet === undefined ? [] : [asWritten(t('scheduleImport.sheet', { sheet }))]),
    ...(line > 0 ? [t('scheduleImport.line', { line })] : []),
    ...(column === undefined ? [] : [quoted(column)]),
  ]
  const say = (what: string, said: string) => t('scheduleImport.said', { what, value: said })
  const said = value === undefined || value === '' ? text : say(text, quoted(value))
  return where.length > 0 ? say(where.join(t('scheduleImport.comma')), said) : said
}

function fieldName(field: Field | null, t: Translate): string {
  return t(`commands.schedule.import.fields.${field ?? leftOut}`)
}

interface DecisionOptions {
  t: Translate
  /** Number of the column that is being corrected. */
  column: number | null
}

/** Menus for the columns, Apply and Cancel; each names the import. */
export function decisionRows(started: StartedImport, { t, column }: DecisionOptions) {
  const { id, columns, proposalId } = started
  const current = column === null ? undefined : columns[column]
  const cancel = { label: t('commands.schedule.import.cancel'), id: `import:cancel:${id}` }
  const apply = {
    label: t('commands.schedule.import.apply'),
    id: `import:apply:${id}`,
    style: ButtonStyle.Primary as const,
  }
  return [
    ...(columns.length > 0
      ? [
          menuRow({
            customId: `schedule:import:column:${id}`,
            placeholder: t('commands.schedule.import.chooseColumn'),
            options: columns.map(({ column: name, field }, index) => ({
              label: shorten(`${name} → ${fieldName(field, t)}`),
              value: `${index}`,
              default: index === column,
            })),
          }),
        ]
      : []),
    ...(current
      ? [
          menuRow({
            customId: `schedule:import:field:${id}:${column}`,
            placeholder: t('commands.schedule.import.chooseField'),
            options: [...fields, null].map((field) => ({
              label: fieldName(field, t),
              value: field ?? leftOut,
              default: field === current.field,
            })),
          }),
        ]
      : []),
    buttonRow(...(proposalId === null ? [] : [apply]), cancel),
  ]
}

type Menu = Pick<StringSelectMenuComponentData, 'customId' | 'placeholder' | 'options'>

function menuRow(menu: Menu): ActionRowData<StringSelectMenuComponentData> {
  return {
    type: ComponentType.ActionRow,
    components: [{ type: ComponentType.StringSelect, ...menu }],
  }
}
