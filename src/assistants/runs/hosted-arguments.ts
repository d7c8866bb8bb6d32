// What models write when they call the functions that stand for the API's own tools.

const maxQueries = 5
const maxQueryLength = 1_000

/** The queries of a search; empty if there are none. */
export function readQueries(text: string): string[] {
  const value = parse(text)
  const given = isRecord(value) ? (value['queries'] ?? value['query']) : value
  const queries = Array.isArray(given) ? (given as unknown[]) : [given]
  return queries
    .filter((query) => typeof query === 'string')
    .map((query) => query.trim().slice(0, maxQueryLength).toWellFormed())
    .filter((query) => query !== '')
    .slice(0, maxQueries)
}

/** The code; models that know the hosted API may write it without JSON around it. */
export function readCode(text: string): string | undefined {
  const value = parse(text)
  if (value === undefined) return /^\s*(?:[{[]|$)/.test(text) ? undefined : text
  const code = isRecord(value) ? value['code'] : value
  return typeof code === 'string' ? code : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Reads the code out of its arguments while they are being written. */
export interface CodeReader {
  /** The code that is certain by now and was not answered before. */
  add(text: string): string
  /** The rest, of the arguments as a whole; nothing the second time. */
  finish(text: string): string
}

const head = /^\s*\{\s*"code"\s*:\s*"/
/** What does not begin as we asked is read when it is whole. */
const maxHead = 100

export function createCodeReader(): CodeReader {
  let held = ''
  let sent = ''
  let where: 'before' | 'inside' | 'after' = 'before'

  function enter(): void {
    const [found] = head.exec(held) ?? []
    if (found !== undefined) {
      where = 'inside'
      held = held.slice(found.length)
    } else if (held.length > maxHead) where = 'after'
  }

  return {
    add(text) {
      if (where === 'after') return ''
      held += text
      if (where === 'before') enter()
      if (where !== 'inside') return ''
      const { code, rest, isOver } = decode(held)
      held = rest
      if (isOver) where = 'after'
      sent += code
      return code
    },
    finish(text) {
      const code = readCode(text) ?? ''
      const rest = code.startsWith(sent) ? code.slice(sent.length) : ''
      where = 'after'
      sent += rest
      return rest
    },
  }
}

const piece = /[^"\\]+|\\u[\da-fA-F]{4}|\\[^u]|"/y
const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }

/** As much of the inside of a JSON string as is certain. */
function decode(text: string): { code: string; rest: string; isOver: boolean } {
  let code = ''
  let at = 0
  for (;;) {
    piece.lastIndex = at
    const [found] = piece.exec(text) ?? []
    if (found === undefined) return { code, rest: text.slice(at), isOver: false }
    if (found === '"') return { code, rest: '', isOver: true }
    code += found.startsWith('\\') ? unescape(found) : found
    at += found.length
  }
}

function unescape(escape: string): string {
  const kind = escape.charAt(1)
  if (kind === 'u') return String.fromCharCode(Number.parseInt(escape.slice(2), 16))
  return escapes[kind] ?? kind
}
