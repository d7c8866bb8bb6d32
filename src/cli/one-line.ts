/** What a terminal takes for a command to it, or would show in another order. */
const commands = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu

/** Somebody else's text as part of a line, of at most `most` UTF-16 units. */
export function toOneLine(text: string, most: number): string {
  const line = text.replaceAll(commands, ' ').toWellFormed()
  return line.length <= most ? line : `${line.slice(0, most - 1).toWellFormed()}…`
}
