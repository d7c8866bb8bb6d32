import { type InteractionEditReplyOptions, MessageFlags } from 'discord.js'
import type OpenAI from 'openai'

import { toLocale, type Translate, type Translations } from '../i18n.ts'
import type { Answer } from './answer.ts'
import { asWritten } from './as-written.ts'
import { shorten } from './code-block.ts'
import type { ButtonPress } from './command.ts'
import { cleanFileName } from './file-names.ts'
import { createNumbering, oneLine, passagesOf, type Source } from './passages.ts'
import { findPressedRun, type PressedRun, runButtonId } from './pressed-run.ts'
import { createReferences } from './references.ts'
import { messageLimit } from './splitting.ts'
import type { MessageButton } from './surface.ts'

/** What the button's `custom_id` begins with. */
export const sourcesName = 'sources'

const maxFootnotes = 12
const maxHeading = 80
/** Of a passage in the message; a file has all of it. */
const maxQuoted = 400
const maxMessages = 100

/** The button below an answer that cites files. */
export function sourcesButton(
  answer: Pick<Answer, 'sources' | 'threadId' | 'runId'>,
  t: Translate,
): MessageButton | undefined {
  const customId = runButtonId(sourcesName, answer)
  if (answer.sources.length === 0 || customId === null) return undefined
  return { customId, label: t('sources.button') }
}

/** The grey lines below an answer, one for each number in its text: `-# [1] notes.pdf p. 12`. */
export function footnotes(sources: readonly Source[], t: Translate): string[] {
  const lines = sources
    .slice(0, maxFootnotes)
    .map((source) => `-# [${source.number}] ${placeOf(source, t)}`)
  return sources.length > maxFootnotes ? [...lines, '-# …'] : lines
}

export interface SourcesDeps {
  openai: OpenAI
  translations: Translations
}

/** Shows the passages that an answer cites, to the one who asks only. */
export function createSources({ openai, translations }: SourcesDeps) {
  const { beta } = openai

  /** The numbers as the answer has them: its text is gone through once more. */
  async function readSources({ threadId, runId, steps }: PressedRun): Promise<Source[]> {
    const query = { run_id: runId, order: 'asc', limit: maxMessages } as const
    const { data: messages } = await beta.threads.messages.list(threadId, query)
    const numbering = createNumbering()
    numbering.know(steps.flatMap(passagesOf))
    const references = createReferences({
      numberOf: (citation) => numbering.numberOf(citation),
      onLink() {},
    })
    for (const { content } of messages) {
      for (const block of content) {
        if (block.type === 'text') references.add(block.text.value, block.text.annotations)
      }
      references.finish()
    }
    return numbering.sources()
  }

  return async function press(pressed: ButtonPress): Promise<void> {
    const { interaction } = pressed
    await interaction.deferReply({ flags: MessageFlags.Ephemeral })
    const t = translations(toLocale(interaction.locale))
    const run = await findPressedRun(beta, pressed)
    const sources = run ? await readSources(run) : []
    const isKept = sources.length > 0
    await interaction.editReply(isKept ? toReply(sources, t) : { content: t('sources.gone') })
  }
}

function toReply(sources: readonly Source[], t: Translate): InteractionEditReplyOptions {
  const allowedMentions = { parse: [] }
  const isCut = sources.some(({ passage }) => (passage?.text.length ?? 0) > maxQuoted)
  const content = sources.map((source) => toEntry(source, t)).join('\n')
  if (!isCut && content.length <= messageLimit) return { content, allowedMentions }
  const note = `\n-# ${t('sources.inFile')}`
  const most = messageLimit - note.length
  const file = Buffer.from(sources.map((source) => toFileEntry(source, t)).join('\n\n'), 'utf8')
  return {
    content: shortenEntries(content, most) + note,
    allowedMentions,
    files: [{ name: 'sources.txt', attachment: file }],
  }
}

function toEntry(source: Source, t: Translate): string {
  const { number, passage } = source
  // Behind the quotation mark nothing is the beginning of a list or a heading.
  const quoted = passage
    ? `“${asWritten(shorten(oneLine(passage.text), maxQuoted))}”`
    : t('sources.earlier')
  return `**[${number}]** ${placeOf(source, t)}\n> ${quoted}`
}

function toFileEntry(source: Source, t: Translate): string {
  const { number, passage } = source
  const heading = passage?.heading ? `\n${passage.heading}` : ''
  return `[${number}] ${nameAndPage(source, t)}${heading}\n\n${passage?.text ?? t('sources.earlier')}`
}

/** As many whole lines as fit. */
function shortenEntries(content: string, most: number): string {
  if (content.length <= most) return content
  const room = content.slice(0, most)
  return room.slice(0, Math.max(0, room.lastIndexOf('\n')))
}

/** With the page or, where there is none, the heading; for a line of a message. */
function placeOf(source: Source, t: Translate): string {
  const { passage } = source
  if (passage?.page != null || !passage?.heading) return asWritten(nameAndPage(source, t))
  const heading = `“${shorten(oneLine(passage.heading), maxHeading)}”`
  return asWritten(t('sources.heading', { name: nameOf(source, t), heading }))
}

function nameAndPage(source: Source, t: Translate): string {
  const name = nameOf(source, t)
  const page = source.passage?.page ?? null
  return page === null ? name : t('sources.page', { name, page })
}

function nameOf({ passage, label }: Source, t: Translate): string {
  if (passage) return cleanFileName(passage.fileName)
  // Servers may call every file `source`.
  return label === '' || label === 'source' ? t('sources.unnamed') : cleanFileName(label)
}
