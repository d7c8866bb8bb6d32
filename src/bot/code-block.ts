/**
 * A block of code in Markdown, at most `most` characters of it. Whatever it holds, nothing ends the
 * block early, and nothing in it is unseen.
 */
export function codeBlock(text: string, language = '', most = Number.POSITIVE_INFINITY): string {
  const unbroken = visible(text.trim()).replaceAll(/`{3,}/g, (run) =>
    Array.from(run).join('\u200B'),
  )
  return `\`\`\`${language}\n${shorten(unbroken, most)}\n\`\`\``
}

/** Writes characters that nobody sees, or that turn the direction of others, by their numbers. */
export function visible(text: string): string {
  // the joiner holds pictures together
  return text.toWellFormed().replaceAll(/(?!\u200D)[\p{Cf}\p{Co}]/gu, (character) => {
    const number = character.codePointAt(0) ?? 0
    return `⟨U+${number.toString(16).toUpperCase().padStart(4, '0')}⟩`
  })
}

/** At most so many UTF-16 units; what is missing is shown by an ellipsis. */
export function shorten(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`
}
