import { z } from 'zod'

/**
 * A string of at most `max` characters. Characters are code points, as the API counts them; a zod
 * `max` would count an emoji twice.
 */
export function text(max: number) {
  return z.string().check((context) => {
    const { value, issues } = context
    if (value.length <= max || countCharacters(value) <= max) return
    issues.push({
      code: 'too_big',
      origin: 'string',
      maximum: max,
      inclusive: true,
      input: value,
    })
  })
}

/** Code points of a string; a lone surrogate counts as one. */
export function countCharacters(value: string): number {
  let count = 0
  for (const _character of value) count += 1
  return count
}
