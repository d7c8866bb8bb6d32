import type { Block, Source } from '../block.ts'
import { createParagraphs } from './paragraphs.ts'
import { readLines, type Line } from './read-text.ts'

/** https://spec.commonmark.org/0.31.2/#atx-headings */
const atxHeading = /^ {0,3}#{1,6}(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/u
const setextUnderline = /^ {0,3}(?:=+|-{2,})[ \t]*$/u
const fence = /^ {0,3}(`{3,}|~{3,})(.*)$/u

/** Markdown as it is written, with its headings; what stands in fences is no heading. */
export async function* extractMarkdown(source: Source): AsyncGenerator<Block> {
  let heading: string | null = null
  let openFence: string | null = null
  /** The line before, which an underline may make a heading. */
  let held: Line | null = null
  const paragraphs = createParagraphs(() => ({ page: null, heading }))
  const take = (line: Line | null): Block[] => present(line && paragraphs.add(line))

  for await (const line of readLines(source)) {
    const mark = fence.exec(line.text)
    const isFence: boolean = openFence === null ? mark !== null : closes(openFence, mark)
    const inCode: boolean = openFence !== null || isFence
    if (isFence) openFence = openFence === null ? (mark?.[1] ?? null) : null
    if (inCode) {
      yield* take(held)
      held = null
      yield* take(line)
      continue
    }
    const title = atxHeading.exec(line.text)?.[1]?.trim()
    if (title) {
      yield* [...take(held), ...present(paragraphs.flush())]
      held = null
      heading = title
      yield { text: line.text.trim(), page: null, heading, isHeading: true }
      continue
    }
    const isUnderlined: boolean = setextUnderline.test(line.text) && isTitle(held)
    if (isUnderlined && held) {
      yield* present(paragraphs.flush())
      heading = held.text.trim()
      yield { text: `${heading}\n${line.text.trim()}`, page: null, heading, isHeading: true }
      held = null
      continue
    }
    yield* take(held)
    held = line
  }
  yield* [...take(held), ...present(paragraphs.flush())]
}

function closes(open: string, mark: RegExpExecArray | null): boolean {
  const [, run, rest] = mark ?? []
  return run !== undefined && run.startsWith(open) && rest?.trim() === ''
}

/** Lists, quotes and rows of tables above a line of dashes are not what it underlines. */
function isTitle(line: Line | null): boolean {
  return line !== null && /^ {0,3}[^\s>|*+-]/u.test(line.text) && !line.text.includes('|')
}

function present(block: Block | null): Block[] {
  return block ? [block] : []
}
