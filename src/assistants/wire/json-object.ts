import { z } from 'zod'

import { problemIssue } from './problem.ts'

/** More nesting than any real JSON schema; what follows (storing, sending) recurses. */
const maxDepth = 100

/** Any JSON object, such as a JSON schema, that is not nested absurdly deep. */
export const jsonObject = z.record(z.string(), z.unknown()).check(({ value, issues }) => {
  if (isShallow(value)) return
  issues.push(
    problemIssue(
      {
        code: 'invalid_value',
        text: `Invalid $: nested too deeply. Expected at most ${maxDepth} levels of objects and arrays.`,
      },
      value,
    ),
  )
})

/** Level by level instead of by recursion, because the depth is what cannot be trusted. */
function isShallow(root: object): boolean {
  let level: object[] = [root]
  for (let depth = 1; depth <= maxDepth; depth += 1) {
    const next: object[] = []
    for (const node of level) {
      for (const child of Object.values(node)) {
        if (typeof child === 'object' && child !== null) next.push(child)
      }
    }
    if (next.length === 0) return true
    level = next
  }
  return false
}
