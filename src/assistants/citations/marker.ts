/** A passage of a search, as the model cites it: the search's number in the thread, and its place. */
export interface PassageKey {
  search: number
  place: number
}

/** `【3:0†notes.pdf】`; the label is for people. */
export function toMarker({ search, place }: PassageKey, filename: string): string {
  return `【${search}:${place}†${toLabel(filename)}】`
}

/** What a marker of the text points to, whatever its label; undefined if the text is none. */
export function fromMarker(text: string): PassageKey | undefined {
  const [, search, place] = whole.exec(text) ?? []
  if (search === undefined || place === undefined) return undefined
  return { search: Number(search), place: Number(place) }
}

/** Whether what begins like this may become a marker; those are bounded, so no text waits for long. */
export function mayBecomeMarker(text: string): boolean {
  return beginning.test(text)
}

/** So that no text from a file can look like a marker, or like the border between two passages. */
export function withoutMarkers(text: string): string {
  return text.replaceAll('【', '〖').replaceAll('】', '〗').replaceAll('†', '‡')
}

const maxLabel = 80
const whole = /^【(\d{1,9}):(\d{1,3})†[^【】†\n]{0,200}】$/
const beginning = /^【(?:\d{0,9}|\d{1,9}:\d{0,3}|\d{1,9}:\d{1,3}†[^【】†\n]{0,200})$/

function toLabel(filename: string): string {
  const label = withoutMarkers(filename).replaceAll(/\s+/g, ' ').trim()
  // Whole characters: half of one would be shown as a question mark, and not be repeated as it is.
  return Array.from(label).slice(0, maxLabel).join('') || 'source'
}
