import type { Block, Source } from '../block.ts'
import { createParagraphs } from './paragraphs.ts'
import { readLines } from './read-text.ts'

const sectioning =
  /^\s*\\(?:part|chapter|section|subsection|subsubsection|paragraph|frametitle)\*?(?:\[[^\]]*\])?\{(.*)$/u
const beginFrame = /^\s*\\begin\{frame\}(?:\[[^\]]*\])?\{(.*)$/u
const verbatim = /\\(begin|end)\{(?:verbatim|lstlisting|minted|comment)\*?\}/u

/** LaTeX as it is written, less its comments, with the titles of its parts as headings. */
export async function* extractLatex(source: Source): AsyncGenerator<Block> {
  let heading: string | null = null
  let isVerbatim = false
  const paragraphs = createParagraphs(() => ({ page: null, heading }))
  for await (const line of readLines(source)) {
    const isComment: boolean = !isVerbatim && /^\s*%/u.test(line.text)
    if (isComment) continue
    const text: string = isVerbatim ? line.text : withoutComment(line.text)
    isVerbatim = verbatimAfter(text, isVerbatim)
    const title = isVerbatim ? null : titleOf(text)
    if (title) {
      const before = paragraphs.flush()
      if (before) yield before
      heading = title
      yield { text: text.trim(), page: null, heading, isHeading: true }
      continue
    }
    const block = paragraphs.add({ ...line, text })
    if (block) yield block
  }
  const last = paragraphs.flush()
  if (last) yield last
}

/** A percent sign begins a comment unless an odd number of backslashes stands before it. */
function withoutComment(line: string): string {
  return line.replace(/(?<!\\)((?:\\\\)*)%.*$/u, '$1')
}

function verbatimAfter(line: string, before: boolean): boolean {
  const command = verbatim.exec(line)?.[1]
  return command === undefined ? before : command === 'begin'
}

/** What stands between the braces, without commands; it may go on in the next line, which is left out. */
function titleOf(line: string): string | null {
  const rest = sectioning.exec(line)?.[1] ?? beginFrame.exec(line)?.[1]
  if (rest === undefined) return null
  let depth = 1
  let end = 0
  for (; end < rest.length && depth > 0; end += 1) {
    if (rest[end] === '{') depth += 1
    if (rest[end] === '}') depth -= 1
  }
  const inner = rest.slice(0, depth === 0 ? end - 1 : end)
  const plain = inner
    .replace(/\\[a-z]+\*?\s?|[{}~]/giu, ' ')
    .replace(/\s+/gu, ' ')
    .trim()
  return plain === '' ? null : plain
}
