import type { Block } from '../block.ts'
import type { Chunk, ChunkSizes } from '../document.ts'
import { documentLimits } from '../limits.ts'
import { tooLarge } from '../refusals.ts'
import { borders, codePointsOf, segmentsOf, splitSegment, type Segment } from './segments.ts'
import { createTokenMeter, meterSlack, tokensOf } from './token-count.ts'

export interface CutChunk extends Chunk {
  /** UTF-16 units at the beginning of `text` that end the chunk before, too. */
  repeated: number
}

/** Takes the blocks of one document in order and gives its chunks. */
export interface Chunker {
  push(block: Block): CutChunk[]
  /** The rest. */
  end(): CutChunk[]
}

interface CountedSegment extends Segment {
  tokens: number
}

interface OpenSegment extends CountedSegment {
  page: number | null
  heading: string | null
  startsLine: boolean
}

/**
 * Chunks of at most `max_chunk_size_tokens` each, counted on the chunk's own text; each begins with up to
 * `chunk_overlap_tokens` of what the one before ended with. They are cut at the best border of the last
 * quarter: sections, paragraphs, sentences, lines, words, and only within a word if it is longer than all
 * that. Throws `DocumentError` beyond `maxTokens` of the document; default five million.
 */
export function createChunker(
  sizes: ChunkSizes,
  { maxTokens = documentLimits.tokens }: { maxTokens?: number } = {},
): Chunker {
  const max = sizes.max_chunk_size_tokens
  const overlap = Math.min(sizes.chunk_overlap_tokens, Math.floor(max / 2))
  // So that overlap, what is left behind a cut, and one more segment fit into a chunk.
  const largest = Math.max(Math.floor(max / 5), 1)
  let open: OpenSegment[] = []
  let openTokens = 0
  /** How many of `open` the last chunk had, too. */
  let repeated = 0
  let total = 0
  let isFirst = true

  function push(block: Block): CutChunk[] {
    const chunks: CutChunk[] = []
    markBorder(block)
    for (const segment of openSegments(block)) {
      while (openTokens + segment.tokens > max && open.length > repeated) {
        chunks.push(...close())
      }
      open.push(segment)
      openTokens += segment.tokens
    }
    return chunks
  }

  /** The border after the last segment is as good as the block that follows says. */
  function markBorder(block: Block): void {
    const last = open.at(-1)
    if (!last || last.border === borders.none) return
    if (block.isHeading) last.border = borders.section
    else if (block.join === undefined) last.border = borders.paragraph
    else if (block.join === '\n') last.border = borders.line
  }

  function* openSegments({ text, page, heading, isHeading, join }: Block): Generator<OpenSegment> {
    const before = isFirst ? '' : (join ?? '\n\n')
    let startsLine = isFirst || before !== ''
    isFirst = false
    const place = { page, heading: heading === null ? null : beginningOf(heading) }
    const whole = before + text
    const meter = createTokenMeter(whole)
    for (const segment of segmentsOf(whole)) {
      const tokens = meter.take(segment.text.length)
      total += tokens
      if (total > maxTokens) throw tooLarge()
      for (const small of smallEnough({ ...segment, tokens })) {
        yield { ...small, ...place, startsLine, ...(isHeading && { border: borders.none }) }
        startsLine = small.text.endsWith('\n')
      }
    }
  }

  function* smallEnough(segment: CountedSegment): Generator<CountedSegment> {
    const parts = segment.tokens > largest ? splitSegment(segment) : []
    if (parts.length < 2 && segment.tokens > max / 4) parts.splice(0, 1, ...codePointsOf(segment))
    if (parts.length < 2) yield segment
    else for (const part of parts) yield* smallEnough({ ...part, tokens: tokensOf(part.text) })
  }

  /** `isLast`: nothing follows, so all of it is taken if it fits. */
  function close(isLast = false): CutChunk[] {
    let end = isLast ? open.length : bestCut(open, { max, repeated })
    let text = textOf(open, end)
    // The parts were counted one by one, which may differ from the whole by a little.
    while (end > repeated + 1 && !fits(text, end)) {
      end = bestCut(open.slice(0, end - 1), { max, repeated })
      text = textOf(open, end)
    }
    const chunk = toChunk(text)
    const start = Math.max(overlapStart(open, { end, overlap }), Math.min(end, 1))
    open = open.slice(start)
    repeated = end - start
    openTokens = sumOf(open)
    return chunk === null ? [] : [chunk]
  }

  function fits(text: string, end: number): boolean {
    return sumOf(open.slice(0, end)) + meterSlack <= max || tokensOf(text) <= max
  }

  function toChunk(text: string): CutChunk | null {
    const first = open[0]
    if (!first || text === '') return null
    const { page, heading } = first
    const whole = open.slice(0, repeated).reduce((sum, segment) => sum + segment.text.length, 0)
    const cutOff = leadingLength(open)
    return { text, page, heading, repeated: Math.max(Math.min(whole - cutOff, text.length), 0) }
  }

  function end(): CutChunk[] {
    const chunks: CutChunk[] = []
    while (open.length > repeated) chunks.push(...close(true))
    return chunks
  }

  return { push, end }
}

/** How many of the segments are in the chunk: as many as fit, or fewer if a better border is not far. */
function bestCut(
  open: OpenSegment[],
  { max, repeated }: { max: number; repeated: number },
): number {
  let best = open.length
  let tokens = sumOf(open)
  for (let end = open.length; end > repeated && tokens > max * 0.75; end -= 1) {
    const border = open[end - 1]?.border ?? 0
    if (border > (open[best - 1]?.border ?? 0)) best = end
    tokens -= open[end - 1]?.tokens ?? 0
  }
  return best
}

/** Where the next chunk begins: as early as the overlap allows, or a little later with a sentence or line. */
function overlapStart(
  open: OpenSegment[],
  { end, overlap }: { end: number; overlap: number },
): number {
  let earliest = end
  let best: number | undefined
  let tokens = 0
  for (let start = end - 1; start > 0; start -= 1) {
    tokens += open[start]?.tokens ?? 0
    if (tokens > overlap) break
    earliest = start
    const isGood = (open[start - 1]?.border ?? 0) >= borders.line
    if (isGood && tokens >= overlap / 2) best = start
  }
  return best ?? earliest
}

function sumOf(segments: CountedSegment[]): number {
  return segments.reduce((sum, { tokens }) => sum + tokens, 0)
}

function textOf(open: OpenSegment[], end: number): string {
  const whole = open
    .slice(0, end)
    .map(({ text }) => text)
    .join('')
  return whole.slice(leadingLength(open)).trimEnd()
}

/** Empty lines before the text, and spaces unless they indent its first line. */
function leadingLength(open: OpenSegment[]): number {
  let length = 0
  for (const { text, startsLine } of open) {
    const leading = (startsLine ? /^(?:[^\S\n]*\n)*/u : /^\s*/u).exec(text)?.[0].length ?? 0
    length += leading
    if (leading < text.length) break
  }
  return length
}

/** As much of a heading as is shown; half a surrogate pair would be no text. */
function beginningOf(heading: string): string {
  return heading.slice(0, documentLimits.headingLength).replace(/[\ud800-\udbff]$/, '')
}
