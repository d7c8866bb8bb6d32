import type { z } from 'zod'

import { toInvalidRequest } from './invalid-request.ts'

/** Checks what a client sent; throws the `InvalidRequestError` that the API answers with. */
export function parseRequest<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): z.output<Schema> {
  const result = schema.safeParse(value, { reportInput: true })
  if (!result.success) throw toInvalidRequest(result.error)
  return result.data
}
