// Between `@瓜瓜`, as people write it, and `<@id>`, as Discord sends it.
export interface Mentionable {
  /** What follows the `@` or `#`. */
  name: string
  /** What goes into the message. */
  markup: string
  sign: '@' | '#'
}

const code = /```[\s\S]*?```|`[^`\n]*`/g

/**
 * Replaces typed names with mentions, the longest name first, except in code and within words
 * such as e-mail addresses. Latin names end at a word's end; after Chinese names text may follow
 * at once.
 */
export function withMentions(text: string, mentionables: readonly Mentionable[]): string {
  const byLength = mentionables.toSorted((a, b) => b.name.length - a.name.length)
  const replaceIn = (part: string) =>
    byLength.reduce((result, { name, markup, sign }) => {
      const end = /\w$/.test(name) ? '(?!\\w)' : ''
      const typed = new RegExp(`(?<![\\w<])${sign}${RegExp.escape(name)}${end}`, 'giu')
      return result.replace(typed, () => markup)
    }, part)
  let result = ''
  let done = 0
  for (const match of text.matchAll(code)) {
    result += replaceIn(text.slice(done, match.index)) + match[0]
    done = match.index + match[0].length
  }
  return result + replaceIn(text.slice(done))
}

/** The other way round, for editing. */
export function withoutMentions(text: string, mentionables: readonly Mentionable[]): string {
  return mentionables.reduce(
    (result, { name, markup, sign }) =>
      result.replaceAll(markup, sign + name).replaceAll(markup.replace('<@', '<@!'), sign + name),
    text,
  )
}

/** The `@…` or `#…` that ends at the caret, if one is being typed there. */
export function mentionAtCaret(
  text: string,
  caret: number,
): { sign: '@' | '#'; query: string; start: number } | undefined {
  const match = /(?<![\w<])([@#])([^\s@#]{0,32})$/u.exec(text.slice(0, caret))
  if (match === null) return undefined
  const [, sign, query = ''] = match
  return { sign: sign === '#' ? '#' : '@', query, start: match.index }
}
