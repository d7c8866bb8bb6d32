import { fromMarker, mayBecomeMarker } from './marker.ts'

/** What a text may refer to: passages of files, and files that code has made. */
export type ReferenceKind = 'passage' | 'path'

export interface Found {
  /** Before the reference, or all of it where there is none; no reference begins in here. */
  text: string
  reference?: { kind: ReferenceKind; text: string }
  /** What follows, to be searched again once more has come. */
  rest: string
}

export interface FindOptions {
  kinds: ReadonlySet<ReferenceKind>
  /** The character before the text; empty at its beginning. */
  before: string
  /** Nothing more will come. */
  isOver: boolean
}

const sandboxPath = 'sandbox:/mnt/data/'

const maxPath = 400

/**
 * Finds the first reference of a text that is still being written. What may become one is held back,
 * but no longer than it takes to be sure.
 */
export function findReference(held: string, options: FindOptions): Found {
  for (const { index } of held.matchAll(/[【s]/g)) {
    const length = lengthAt(held, index, options)
    if (length === 0) continue
    const text = held.slice(0, index)
    if (length === 'open') {
      if (options.isOver) continue
      return { text, rest: held.slice(index) }
    }
    const reference = held.slice(index, index + length)
    const kind = reference.startsWith('【') ? 'passage' : 'path'
    return { text, reference: { kind, text: reference }, rest: held.slice(index + length) }
  }
  return { text: held, rest: '' }
}

/** How long the reference is that begins here; 0: there is none, `open`: it cannot be told yet. */
function lengthAt(held: string, index: number, options: FindOptions): number | 'open' {
  const { kinds, before, isOver } = options
  if (held.charAt(index) === '【') {
    return kinds.has('passage') ? lengthOfMarker(held.slice(index, index + maxPath)) : 0
  }
  if (!kinds.has('path')) return 0
  const text = held.slice(index, index + maxPath + 1)
  if (text.length < sandboxPath.length) return sandboxPath.startsWith(text) ? 'open' : 0
  if (!text.startsWith(sandboxPath)) return 0
  const preceding = index > 0 ? held.charAt(index - 1) : before
  return lengthOfPath(text, { preceding, isOver })
}

function lengthOfMarker(text: string): number | 'open' {
  const end = text.indexOf('】')
  if (end < 0) return mayBecomeMarker(text) ? 'open' : 0
  return fromMarker(text.slice(0, end + 1)) ? end + 1 : 0
}

/**
 * In a Markdown link the path ends with the link, whose brackets may hold others; `<…>` ends with its
 * bracket; anywhere else it ends where a word does.
 */
function lengthOfPath(
  text: string,
  { preceding, isOver }: { preceding: string; isOver: boolean },
): number | 'open' {
  if (preceding === '(') return lengthOfLink(text)
  const [path = ''] = (preceding === '<' ? /^[^<>\n]*/ : plainPath).exec(text) ?? []
  if (path.length > maxPath) return 0
  if (path.length === text.length && !isOver) return 'open'
  return withoutEndOfSentence(path).length
}

const plainPath = /^[^\s()[\]<>"'`|*，。；：！？、（）【】《》「」“”]*/

/** The full stop after a path belongs to the sentence. */
function withoutEndOfSentence(path: string): string {
  return path.replace(/[.,;:!?]+$/, '')
}

function lengthOfLink(text: string): number | 'open' {
  let depth = 0
  for (let index = 0; index < text.length && index <= maxPath; index += 1) {
    const character = text.charAt(index)
    if (character === '\n') return 0
    if (character === '(') depth += 1
    if (character !== ')') continue
    if (depth === 0) return index
    depth -= 1
  }
  return text.length > maxPath ? 0 : 'open'
}
