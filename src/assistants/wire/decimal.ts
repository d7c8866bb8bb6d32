import { z } from 'zod'

/**
 * A number within bounds, inclusive. It reports itself as a decimal, because zod calls this and a
 * whole number both a number, and the API's errors tell them apart.
 */
export function decimal(minimum: number, maximum: number) {
  return z.unknown().transform((value, { issues }): number => {
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      issues.push({ code: 'invalid_type', expected: 'decimal', input: value })
      return z.NEVER
    }
    const base = { origin: 'decimal', inclusive: true, input: value } as const
    if (value > maximum) issues.push({ code: 'too_big', maximum, ...base })
    else if (value < minimum) issues.push({ code: 'too_small', minimum, ...base })
    return value
  })
}
