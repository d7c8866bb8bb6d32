import { z } from 'zod'

/** A number within bounds, inclusive; told apart from a whole number, because the errors differ. */
export function decimal(minimum: number, maximum: number) {
  return z.number().check(({ value, issues }) => {
    const base = { origin: 'decimal', inclusive: true, input: value } as const
    if (value > maximum) issues.push({ code: 'too_big', maximum, ...base })
    else if (value < minimum) issues.push({ code: 'too_small', minimum, ...base })
  })
}
