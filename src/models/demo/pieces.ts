/** Cuts what is streamed into pieces as a model would send them. */

/** A short word with the space before it, or up to three characters of a script without spaces. */
const piece = /\s*(?:[\p{Script=Han}\u3000-\u303f\uff00-\uffef]{1,3}|[^\s\p{Script=Han}]{1,12}|$)/gu

/** The pieces of a text, in order; joined they are the text. */
export function toPieces(text: string): string[] {
  return (text.match(piece) ?? []).filter((part) => part !== '')
}

/** The same for the arguments of a tool call: a few fragments of about `size` characters. */
export function toFragments(json: string, size = 24): string[] {
  const characters = Array.from(json)
  const fragments: string[] = []
  for (let at = 0; at < characters.length; at += size) {
    fragments.push(characters.slice(at, at + size).join(''))
  }
  return fragments
}
