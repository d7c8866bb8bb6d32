const maxLength = 100
const fallback = 'file'

/**
 * A file's name from anybody, so that it is one line, no path, and none of the signs that prompts and
 * citations are made of; at most 100 characters, of which the extension is kept.
 */
export function cleanFileName(name: string): string {
  const visible = (name.split(/[/\\]/).at(-1) ?? '')
    .toWellFormed()
    .replaceAll(/["'`[\]{}<>|【】［］†]/g, ' ')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}]/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
  const characters = Array.from(visible)
  if (characters.length <= maxLength) return visible || fallback
  const extension = Array.from(/\.\w{1,10}$/.exec(visible)?.[0] ?? '')
  return [...characters.slice(0, maxLength - extension.length), ...extension].join('')
}
