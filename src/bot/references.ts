import type OpenAI from 'openai'

import { cleanFileName } from './file-names.ts'

export type Annotation = Pick<OpenAI.Beta.Threads.AnnotationDelta, 'type' | 'text'> & {
  file_citation?: { file_id?: string }
  file_path?: { file_id?: string }
}

/** A marker of the model's text, such as `【3:0†notes.pdf】`, and what it was found to point to. */
export interface Citation {
  /** As the marker names it: a search, and a place among what it found. */
  search: number
  place: number
  /** What the marker calls the file; written by the model. */
  label: string
  fileId: string
}

/** A file that the text links to. */
export interface LinkedFile {
  name: string
  /** Null: there is no such file. */
  fileId: string | null
}

export interface ReferencesDeps {
  /** The number that stands for a citation. */
  numberOf: (citation: Citation) => number
  onLink: (file: LinkedFile) => void
}

/** The text of an answer on its way to its readers: footnotes for markers, no links that lead nowhere. */
export interface References {
  /** What can be shown now of what has come; annotations come with what they annotate, or just after. */
  add(text: string, annotations?: readonly Annotation[]): string
  /** The rest: nothing more will come. */
  finish(): string
}

/**
 * Writes `[1]` for a marker with an annotation and nothing for one without, and `📎 label` for a link into
 * the sandbox. Whatever may become one of these is held back, at most a few hundred characters, so that
 * what was shown once never changes.
 */
export function createReferences({ numberOf, onLink }: ReferencesDeps): References {
  const cited = new Map<string, string>()
  const made = new Map<string, string>()
  let held = ''
  /** The character before what is held. */
  let before = ''

  function take(isOver: boolean): string {
    let shown = ''
    let from = 0
    for (const { index } of held.matchAll(/[【![s]/g)) {
      if (index < from) continue
      if (held[index] === 's' && isInWord(index)) continue
      const found = tokenAt(held.slice(index, index + maxToken), isOver)
      if (found === null) continue
      shown += held.slice(from, index)
      const isUndecided = found !== 'open' && waitsForAnnotation(found, index)
      if (found === 'open' || (isUndecided && !isOver)) {
        before = held[index - 1] ?? before
        held = held.slice(index)
        return shown
      }
      shown += write(found)
      from = index + found.length
    }
    shown += held.slice(from)
    before = held.at(-1) ?? before
    held = ''
    return shown
  }

  function isInWord(index: number): boolean {
    return /\w/.test(index > 0 ? (held[index - 1] ?? '') : before)
  }

  /** It is the last thing that has come, and its annotation has not. */
  function waitsForAnnotation(token: Token, index: number): boolean {
    if (index + token.length < held.length) return false
    return token.type === 'marker' ? !cited.has(token.text) : !made.has(token.url)
  }

  function write(token: Token): string {
    if (token.type === 'marker') {
      const { search, place, label, text } = token
      const fileId = cited.get(text)
      return fileId === undefined ? '' : `[${numberOf({ search, place, label, fileId })}]`
    }
    const name = nameOfPath(token.url)
    onLink({ name, fileId: made.get(token.url) ?? null })
    return `📎 ${token.label ?? name}`
  }

  return {
    add(text, annotations = []) {
      for (const { type, text: annotated = '', ...target } of annotations) {
        const citedId = target.file_citation?.file_id
        const madeId = target.file_path?.file_id
        if (type === 'file_citation' && citedId) cited.set(annotated, citedId)
        if (type === 'file_path' && madeId) made.set(annotated, madeId)
      }
      held += text
      return take(false)
    },
    finish: () => take(true),
  }
}

type Token =
  | { type: 'marker'; length: number; text: string; search: number; place: number; label: string }
  | { type: 'link'; length: number; url: string; label: string | null }

const maxToken = 1_000
const scheme = 'sandbox:/'
const marker = /^【(\d{1,9}):(\d{1,3})†([^【】†\n]{0,200})】/
const openMarker = /^【(?:\d{0,9}|\d{1,9}:\d{0,3}|\d{1,9}:\d{1,3}†[^【】†\n]{0,200})$/
/** Names may hold brackets, in pairs. */
const link = /^!?\[([^[\]\n]{0,200})\]\(<?(sandbox:\/(?:[^()<>\n]|\([^()<>\n]*\)){1,400})>?\)/
const openLink = /^!?\[[^[\]\n]{0,200}(?:\]|\]\(<?([^\n]{0,410}))?$/
const path = /^sandbox:\/[^\s()[\]<>"'`|*，。；：！？、（）【】《》「」“”]{1,400}/

/** The token that begins here; `open`: more must come before it can be told; null: there is none. */
function tokenAt(text: string, isOver: boolean): Token | 'open' | null {
  if (text.startsWith('【')) return markerAt(text, isOver)
  return text.startsWith('s') ? pathAt(text, isOver) : linkAt(text, isOver)
}

function markerAt(text: string, isOver: boolean): Token | 'open' | null {
  const [whole, search, place, label = ''] = marker.exec(text) ?? []
  if (whole !== undefined) {
    const key = { search: Number(search), place: Number(place) }
    return { type: 'marker', length: whole.length, text: whole, label, ...key }
  }
  return !isOver && openMarker.test(text) ? 'open' : null
}

function linkAt(text: string, isOver: boolean): Token | 'open' | null {
  const [whole, label = '', url] = link.exec(text) ?? []
  if (whole !== undefined && url !== undefined) {
    return { type: 'link', length: whole.length, url, label: label.trim() || null }
  }
  const open = openLink.exec(text)
  return !isOver && open && maySandbox(open[1] ?? '') ? 'open' : null
}

function pathAt(text: string, isOver: boolean): Token | 'open' | null {
  const whole = path.exec(text)?.[0]
  if (whole === undefined) return !isOver && scheme.startsWith(text) ? 'open' : null
  if (whole.length === text.length && !isOver) return 'open'
  // The full stop behind it belongs to the sentence.
  const url = whole.replace(/[.,;:!?]+$/, '')
  return { type: 'link', length: url.length, url, label: null }
}

function maySandbox(target: string): boolean {
  return scheme.startsWith(target.slice(0, scheme.length))
}

function nameOfPath(url: string): string {
  const written = url.slice('sandbox:'.length)
  try {
    return cleanFileName(decodeURIComponent(written))
  } catch {
    return cleanFileName(written)
  }
}
