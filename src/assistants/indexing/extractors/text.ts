import type { Block, Source } from '../block.ts'
import { createParagraphs } from './paragraphs.ts'
import { readLines } from './read-text.ts'

/** Plain text and code: parts between empty lines, as they are. */
export async function* extractText(source: Source): AsyncGenerator<Block> {
  const paragraphs = createParagraphs(() => ({ page: null, heading: null }))
  for await (const line of readLines(source)) {
    const block = paragraphs.add(line)
    if (block) yield block
  }
  const last = paragraphs.flush()
  if (last) yield last
}
