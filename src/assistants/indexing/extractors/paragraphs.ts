import type { Block } from '../block.ts'
import type { Line } from './read-text.ts'

const paragraphLength = 8 * 1024

/** Puts lines together until an empty one, in blocks that are not too long. */
export interface Paragraphs {
  add(line: Line): Block | null
  /** What was put together, if anything; the next line begins a block of its own. */
  flush(): Block | null
}

/** `place` says where the block that begins now stands. */
export function createParagraphs(place: () => Pick<Block, 'page' | 'heading'>): Paragraphs {
  let lines: string[] = []
  let length = 0
  let begun = place()
  let join: Block['join']

  function flush(): Block | null {
    const text = take().trimEnd()
    const block = text === '' ? null : toBlock(text)
    join = undefined
    return block
  }

  function take(): string {
    const text = lines.join('\n')
    lines = []
    length = 0
    return text
  }

  function toBlock(text: string): Block {
    return { text, ...begun, ...(join !== undefined && { join }) }
  }

  function add({ text, continues }: Line): Block | null {
    if (!continues && text.trim() === '') return flush()
    const isFull = lines.length > 0 && length + text.length > paragraphLength
    const block = isFull ? toBlock(take()) : null
    if (isFull) join = continues ? '' : '\n'
    if (lines.length === 0) begun = place()
    if (continues && lines.length > 0) lines.push((lines.pop() ?? '') + text)
    else lines.push(text)
    length += text.length + 1
    return block
  }

  return { add, flush }
}
