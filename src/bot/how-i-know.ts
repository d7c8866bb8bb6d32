import { type InteractionEditReplyOptions, MessageFlags } from 'discord.js'
import type OpenAI from 'openai'
import { z } from 'zod'

import { toLocale, type Translate, type Translations } from '../i18n.ts'
import { widthOf } from '../text-width.ts'
import type { Answer } from './answer.ts'
import { codeBlock, shorten, visible } from './code-block.ts'
import type { ButtonPress } from './command.ts'
import { findPressedRun, runButtonId } from './pressed-run.ts'
import { messageLimit } from './splitting.ts'
import type { MessageButton } from './surface.ts'

/** What the button's `custom_id` begins with. */
export const howIKnowName = 'know'

const tool = 'ask_database'
const maxCellWidth = 40
/** Characters of a statement that are shown, and of the one above a file. */
const maxSqlLength = 20_000
const maxLeadLength = 1_000
/** Further queries are only counted, once those above take so many characters. */
const maxShownLength = 500_000

/** The button below an answer that comes from the schedule. */
export function howIKnowButton(
  { calledTools, threadId, runId }: Pick<Answer, 'calledTools' | 'threadId' | 'runId'>,
  t: Translate,
): MessageButton | undefined {
  const customId = runButtonId(howIKnowName, { threadId, runId })
  if (!calledTools.has(tool) || customId === null) return undefined
  return { customId, label: t('howIKnow.button') }
}

export interface HowIKnowDeps {
  openai: OpenAI
  translations: Translations
}

/**
 * Shows the queries of one run and what they answered, to the one who asks only. Everything is read
 * from the run's steps, so it is there as long as the thread is.
 */
export function createHowIKnow({ openai, translations }: HowIKnowDeps) {
  return async function press(pressed: ButtonPress): Promise<void> {
    const { interaction } = pressed
    await interaction.deferReply({ flags: MessageFlags.Ephemeral })
    const t = translations(toLocale(interaction.locale))
    const run = await findPressedRun(openai.beta, pressed)
    const queries = run?.steps.flatMap(queriesOf) ?? []
    const isKept = queries.length > 0
    await interaction.editReply(isKept ? toReply(queries, t) : { content: t('howIKnow.gone') })
  }
}

interface Query {
  sql: string
  /** Null: it was never answered. */
  output: string | null
}

function queriesOf({ step_details: details }: OpenAI.Beta.Threads.Runs.RunStep): Query[] {
  if (details.type !== 'tool_calls') return []
  return details.tool_calls.flatMap((call) => {
    if (call.type !== 'function' || call.function.name !== tool) return []
    return [{ sql: sqlOf(call.function.arguments), output: call.function.output }]
  })
}

const callSchema = z.object({ query: z.string() })
const cell = z.union([z.string(), z.number(), z.null()])
const rowsSchema = z.object({
  columns: z.array(z.string()),
  rows: z.array(z.array(cell)),
  note: z.string().optional(),
})
const errorSchema = z.object({ error: z.string() })

function sqlOf(args: string): string {
  return callSchema.safeParse(parseJson(args)).data?.query ?? args
}

function parseJson(text: string | null): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return null
  }
}

function toReply(queries: readonly Query[], t: Translate): InteractionEditReplyOptions {
  const content = blocksOf(queries, t).join('\n')
  const allowedMentions = { parse: [] }
  if (content.length <= messageLimit) return { content, allowedMentions }
  const first = codeBlock(queries[0]?.sql ?? '', 'sql', maxLeadLength)
  return {
    content: `${first}\n-# ${t('howIKnow.inFile')}`,
    allowedMentions,
    files: [{ name: 'how-i-know.md', attachment: Buffer.from(content, 'utf8') }],
  }
}

function blocksOf(queries: readonly Query[], t: Translate): string[] {
  const blocks: string[] = []
  let length = 0
  for (const [index, query] of queries.entries()) {
    if (length > maxShownLength) {
      return [...blocks, `-# ${t('howIKnow.moreQueries', { count: queries.length - index })}`]
    }
    const heading = queries.length > 1 ? `**${t('howIKnow.query', { number: index + 1 })}**\n` : ''
    const block = `${heading}${codeBlock(query.sql, 'sql', maxSqlLength)}\n${resultOf(query, t)}`
    length += block.length
    blocks.push(block)
  }
  return blocks
}

function resultOf({ output }: Query, t: Translate): string {
  const answered = parseJson(output)
  const failed = errorSchema.safeParse(answered)
  if (failed.success) return t('howIKnow.failed', { error: codeBlock(failed.data.error) })
  const { data } = rowsSchema.safeParse(answered)
  if (!data) return t('howIKnow.unreadable')
  const { columns, rows, note } = data
  if (rows.length === 0) return t('howIKnow.noRows')
  const isCut = note !== undefined
  const count = t('howIKnow.rows', { count: rows.length })
  const more = isCut ? `\n-# ${t('howIKnow.moreRows')}` : ''
  return `${count}\n${codeBlock(alignedTable([columns, ...rows]))}${more}`
}

/** Cells in columns of equal width; numbers stand to the right. */
function alignedTable(rows: readonly (string | number | null)[][]): string {
  const texts = rows.map((row) => row.map(cellText))
  const [header = []] = texts
  const widths = header.map((_name, column) =>
    Math.max(...texts.map((row) => widthOf(row[column] ?? ''))),
  )
  const [head = '', ...body] = texts.map((row, index) =>
    widths
      .map((width, column) => {
        const text = row[column] ?? ''
        const space = ' '.repeat(width - widthOf(text))
        const isNumber = index > 0 && typeof rows[index]?.[column] === 'number'
        return isNumber ? space + text : text + space
      })
      .join('  ')
      .trimEnd(),
  )
  const rule = widths.map((width) => '-'.repeat(width)).join('  ')
  return [head, rule, ...body].join('\n')
}

function cellText(value: string | number | null): string {
  if (value === null) return 'NULL'
  return shorten(visible(String(value).replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')), maxCellWidth)
}
