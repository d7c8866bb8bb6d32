import { z } from 'zod'

import { DiscordError, toFieldErrors, type FieldError } from './discord-error.ts'

/**
 * Request bodies as zod schemas whose failures read like Discord's: every issue becomes
 * `{ code: "BASE_TYPE_…", message }` at its path.
 */

/** Text of `min` to `max` UTF-16 units. */
export const text = (min: number, max: number): z.ZodType<string, string> =>
  z.string().superRefine((value, context) => {
    if (value.length >= min && value.length <= max) return
    context.addIssue(issue(lengthError(min, max)))
  })

/** A list of `min` to `max` members. */
export const list = <Item extends z.ZodType>(
  item: Item,
  { min = 0, max }: { min?: number; max: number },
): z.ZodType<z.output<Item>[], z.input<Item>[]> =>
  z.array(item).superRefine((value, context) => {
    if (value.length >= min && value.length <= max) return
    context.addIssue(issue(lengthError(min, max)))
  })

export const snowflake = z.union([z.string(), z.number()]).transform((value, context) => {
  const id = String(value)
  if (/^\d{1,20}$/.test(id)) return id
  context.addIssue(
    issue({
      code: 'NUMBER_TYPE_COERCE',
      message: `Value "${id.slice(0, 100)}" is not snowflake.`,
    }),
  )
  return z.NEVER
})

/** A whole number of `min` to `max`. */
export const integer = (min: number, max: number): z.ZodType<number, number> =>
  z.number().superRefine((value, context) => {
    if (!Number.isInteger(value))
      context.addIssue(issue({ code: 'NUMBER_TYPE_COERCE', message: 'Value is not an integer.' }))
    else if (value < min)
      context.addIssue(
        issue({
          code: 'NUMBER_TYPE_MIN',
          message: `int value should be greater than or equal to ${min}.`,
        }),
      )
    else if (value > max)
      context.addIssue(
        issue({
          code: 'NUMBER_TYPE_MAX',
          message: `int value should be less than or equal to ${max}.`,
        }),
      )
  })

/** A refinement's issue that carries Discord's own code. */
export const issue = (error: FieldError, path: PropertyKey[] = []) => ({
  code: 'custom' as const,
  message: error.message,
  params: { discord: error.code },
  path,
})

/** @throws DiscordError 50035 with every problem at its field */
export function parseForm<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): z.output<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new DiscordError(
    50035,
    toFieldErrors(
      result.error.issues.map((found) => ({ path: found.path, error: toField(found) })),
    ),
  )
}

function lengthError(min: number, max: number): FieldError {
  if (min === 0)
    return { code: 'BASE_TYPE_MAX_LENGTH', message: `Must be ${max} or fewer in length.` }
  return { code: 'BASE_TYPE_BAD_LENGTH', message: `Must be between ${min} and ${max} in length.` }
}

function toField(found: z.core.$ZodIssue): FieldError {
  switch (found.code) {
    case 'custom':
      return {
        code: String(found.params?.['discord'] ?? 'BASE_TYPE_INVALID'),
        message: found.message,
      }
    case 'invalid_type':
      if (found.input === undefined && found.message.includes('undefined'))
        return { code: 'BASE_TYPE_REQUIRED', message: 'This field is required' }
      return {
        code: 'BASE_TYPE_BAD_TYPE',
        message: `Could not interpret value as ${found.expected}.`,
      }
    case 'invalid_value':
      return {
        code: 'BASE_TYPE_CHOICES',
        message: `Value must be one of {${found.values.map(String).join(', ')}}.`,
      }
    case 'invalid_union':
      return {
        code: 'UNION_TYPE_CHOICES',
        message: 'Value does not match any of the allowed types.',
      }
    case 'too_big':
      return {
        code: 'NUMBER_TYPE_MAX',
        message: `Value should be less than or equal to ${found.maximum}.`,
      }
    case 'too_small':
      return {
        code: 'NUMBER_TYPE_MIN',
        message: `Value should be greater than or equal to ${found.minimum}.`,
      }
    case 'invalid_element':
    case 'invalid_format':
    case 'invalid_key':
    case 'not_multiple_of':
    case 'unrecognized_keys':
      return { code: 'BASE_TYPE_INVALID', message: found.message }
    default:
      return found satisfies never
  }
}
