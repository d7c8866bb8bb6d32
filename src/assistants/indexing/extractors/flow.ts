import type { Block } from '../block.ts'

/** Blocks longer than this are given in parts. */
const blockLength = 16 * 1024

/**
 * Puts the pieces of text that a parser meets together to blocks. Whitespace is as in HTML: any amount
 * of it is one space, and none at the ends of a line.
 */
export interface Flow {
  text(piece: string): void
  /** Text whose spaces and line ends mean something. */
  verbatim(piece: string): void
  lineBreak(): void
  /** The block ends; what comes next is apart from it by an empty line, or only by a line end. */
  end(next?: 'line'): void
  /** What comes until `endHeading` is a heading. */
  beginHeading(): void
  endHeading(): void
  setPage(page: number): void
  /** The blocks that are complete; they are given once. */
  take(): Block[]
}

export function createFlow(): Flow {
  let blocks: Block[] = []
  let text = ''
  let page: number | null = null
  let heading: string | null = null
  let inHeading = false
  let join: Block['join']

  function text_(piece: string): void {
    if (piece === '') return
    const squeezed = piece.replace(/[^\S\u00a0]+/gu, ' ')
    const startsLine = text === '' ? join !== '' : text.endsWith('\n')
    const isDouble = squeezed.startsWith(' ') && (startsLine || text.endsWith(' '))
    text += isDouble ? squeezed.slice(1) : squeezed
    if (text.length > blockLength) spill()
  }

  function verbatim(piece: string): void {
    text += piece
    if (text.length > blockLength) spill()
  }

  function lineBreak(): void {
    text = `${text.replace(/ +$/u, '')}\n`
  }

  /** Gives what there is, so that no block is too long. */
  function spill(): void {
    const isPair = (text.codePointAt(text.length - 2) ?? 0) > 0xffff
    const isHigh = !isPair && /[\ud800-\udbff]$/u.test(text)
    const rest = isHigh ? text.slice(-1) : ''
    add(text.slice(0, text.length - rest.length))
    text = rest
    join = ''
  }

  function end(next?: 'line'): void {
    const whole = text.replace(/[^\S\n]+$/gmu, '').replace(/^\n+|\n+$/gu, '')
    text = ''
    if (whole.trim() !== '') add(whole)
    else if (join === '') join = undefined
    if (whole.trim() !== '') join = next === 'line' ? '\n' : undefined
    else if (next !== 'line') join = undefined
  }

  function add(whole: string): void {
    if (inHeading) heading = whole.replace(/\s+/gu, ' ').trim().slice(0, 400)
    blocks.push({
      text: whole,
      page,
      heading,
      ...(inHeading && { isHeading: true }),
      ...(join !== undefined && { join }),
    })
    join = undefined
  }

  return {
    text: text_,
    verbatim,
    lineBreak,
    end,
    beginHeading() {
      end()
      inHeading = true
    },
    endHeading() {
      end()
      inHeading = false
    },
    setPage(next) {
      end()
      page = next
      heading = null
    },
    take() {
      const taken = blocks
      blocks = []
      return taken
    },
  }
}
