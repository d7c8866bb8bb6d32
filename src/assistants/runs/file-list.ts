import { withoutMarkers } from '../citations/marker.ts'

/** So many names are listed at most. */
export const maxNames = 30
const maxLength = 80

/**
 * Names of files for the description of a tool: others gave them, so they are bounded, and none can look
 * like two, or like a sentence of ours.
 */
export function toFileList(names: readonly string[]): string {
  const shown = names.slice(0, maxNames).map((name) => {
    const line = withoutMarkers(name)
      .replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
      .replaceAll(/[“”]/g, '"')
    return `“${Array.from(line).slice(0, maxLength).join('')}”`
  })
  return [...shown, ...(names.length > maxNames ? ['…'] : [])].join('; ')
}
