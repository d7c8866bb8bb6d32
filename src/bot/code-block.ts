/** A code block that nothing in it can end early. */
export function codeBlock(text: string, language = ''): string {
  return `\`\`\`${language}\n${text.trim().replaceAll('```', '`\u200B`\u200B`')}\n\`\`\``
}

/** At most so many UTF-16 units; what is missing is shown by an ellipsis. */
export function shorten(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`
}
