/** What Discord accepts as `content`, in UTF-16 units. */
export const messageLimit = 2000

/** One message's share of a longer text. */
export interface Page {
  /** Reopens the code block that the page before left open; otherwise empty. */
  prefix: string
  /** The page's own stretch of the text, unchanged: all bodies in order are the text. */
  body: string
  /** Closes a code block that goes on, or was never closed; otherwise empty. */
  suffix: string
}

/** A code block that is open at some point of the text. */
interface Fence {
  language: string
}

/**
 * Cuts a growing text into messages. A page that has a successor is final: the next call answers it
 * unchanged, whatever text came after it.
 */
export interface Pager {
  /** `text` begins with everything that earlier calls were given. */
  pages(text: string): Page[]
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const fenceMarker = /`{3,}/g
const languageName = /^[\w+\-.#]{1,32}(?=\r?\n)/
const closing = '\n```'
/** Text beyond the limit that is looked at so that no grapheme is cut at it. */
const lookahead = 256

export function createPager(limit: number = messageLimit): Pager {
  const done: Page[] = []
  let start = 0
  let open: Fence | null = null

  function takePage(text: string): void {
    const prefix = opening(open)
    const end = findCut(text, { start, limit: limit - prefix.length - closing.length, open })
    const body = text.slice(start, end)
    const left = fenceAfter(body, open)
    done.push({ prefix, body, suffix: closingOf(body, left) })
    start = end
    open = left
  }

  return {
    pages(text) {
      for (;;) {
        const last = text.length - start > limit ? null : lastPage(text, start, open)
        if (last && pageContent(last).length <= limit) {
          return last.body === '' && done.length > 0 ? [...done] : [...done, last]
        }
        takePage(text)
      }
    },
  }
}

/** Cuts a whole text into messages of at most `limit` UTF-16 units. */
export function split(text: string, limit: number = messageLimit): Page[] {
  return createPager(limit).pages(text)
}

/** The message that shows a page. */
export function pageContent({ prefix, body, suffix }: Page): string {
  return prefix + body + suffix
}

/** Closes a code block that the text left open, so that what follows is not part of it. */
export function closeCode(text: string): string {
  return text + closingOf(text, fenceAfter(text, null))
}

function lastPage(text: string, start: number, open: Fence | null): Page {
  const body = text.slice(start)
  return { prefix: opening(open), body, suffix: closingOf(body, fenceAfter(body, open)) }
}

function opening(fence: Fence | null): string {
  return fence ? `\`\`\`${fence.language}\n` : ''
}

function closingOf(body: string, fence: Fence | null): string {
  if (!fence) return ''
  return body.endsWith('\n') ? '```' : closing
}

/** Discord opens and closes a code block at every run of three backticks, wherever it stands. */
function fenceAfter(body: string, before: Fence | null): Fence | null {
  let open = before
  for (const marker of body.matchAll(fenceMarker)) {
    const language = languageName.exec(body.slice(marker.index + marker[0].length))?.[0] ?? ''
    open = open ? null : { language }
  }
  return open
}

interface CutOptions {
  start: number
  /** Room for the body, in UTF-16 units. */
  limit: number
  open: Fence | null
}

/** Where the next page ends: the best place in its second half, else the last whole grapheme. */
function findCut(text: string, { start, limit, open }: CutOptions): number {
  const view = text.slice(start, start + limit + lookahead)
  const segments = graphemes.segment(view)
  const isBoundary = (at: number): boolean =>
    at >= view.length || segments.containing(at)?.index === at
  const cut =
    bestBreak(view, { limit, open, isBoundary }) ?? lastWholeGrapheme(view, limit, isBoundary)
  return start + withClosingFence(view, cut, open)
}

interface BreakOptions {
  limit: number
  open: Fence | null
  isBoundary: (at: number) => boolean
}

const paragraphEnd = /\n[ \t]*\n+/g
const lineEnd = /\n/g
const sentenceEnd = /[。！？；…]["”’」』）)]*|[.!?;]["”’)]*\s+/g
const wordGap = /[\s，、：]/g
const codeGap = /[\s;,]/g

function bestBreak(view: string, { limit, open, isBoundary }: BreakOptions): number | null {
  const room = view.slice(0, limit)
  const code = codeRanges(room, open)
  const isCode = (at: number): boolean => code.some(([from, to]) => at > from && at < to)
  const endsInCode = fenceAfter(room, open) !== null
  const lastAfter = (pattern: RegExp, wanted: (at: number) => boolean): number | null => {
    let found: number | null = null
    for (const match of room.matchAll(pattern)) {
      const at = match.index + match[0].length
      if (at >= limit / 2 && wanted(at) && isBoundary(at)) found = at
    }
    return found
  }
  const outsideCode = (at: number): boolean => !isCode(at)
  const anywhere = (): boolean => true
  return (
    lastAfter(paragraphEnd, outsideCode) ??
    lastAfter(lineEnd, outsideCode) ??
    (endsInCode
      ? (lastAfter(lineEnd, anywhere) ?? lastAfter(codeGap, anywhere))
      : (lastAfter(sentenceEnd, outsideCode) ?? lastAfter(wordGap, outsideCode)))
  )
}

/** Stretches of code as `[from, to]`; one that stays open ends with the text. */
function codeRanges(text: string, open: Fence | null): [number, number][] {
  const ranges: [number, number][] = []
  let from = open ? -1 : null
  for (const marker of text.matchAll(fenceMarker)) {
    if (from === null) from = marker.index
    else {
      ranges.push([from, marker.index + marker[0].length])
      from = null
    }
  }
  if (from !== null) ranges.push([from, text.length + 1])
  return ranges
}

function lastWholeGrapheme(
  view: string,
  limit: number,
  isBoundary: (at: number) => boolean,
): number {
  let at = limit
  while (at > 0 && (!isBoundary(at) || isInsideMarker(view, at))) at -= 1
  if (at > 0) return at
  const isHighSurrogate = /[\uD800-\uDBFF]/.test(view.charAt(limit - 1))
  return isHighSurrogate ? limit - 1 : limit
}

function isInsideMarker(view: string, at: number): boolean {
  return view[at - 1] === '`' && view[at] === '`'
}

/** Takes a closing marker that stands right behind the cut along, so that no empty block follows. */
function withClosingFence(view: string, cut: number, open: Fence | null): number {
  const stays = fenceAfter(view.slice(0, cut), open)
  const follows = /^```(?!`)/.test(view.slice(cut, cut + 4))
  return stays && follows ? cut + 3 : cut
}
