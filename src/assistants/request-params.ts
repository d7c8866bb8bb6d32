import type { z } from 'zod'

import type { ApiContext } from './reply.ts'
import { assertId, type IdParam } from './wire/ids.ts'
import { includeQuery, toQueryValues } from './wire/list-query.ts'
import { parseRequest } from './wire/parse.ts'

/** An id from the path; throws for one that cannot name an object of that kind. */
export function pathId(context: ApiContext, param: IdParam): string {
  const id = context.req.param(param) ?? ''
  assertId(param, id)
  return id
}

/** The query, checked. */
export function readQuery<Schema extends z.ZodType>(
  context: ApiContext,
  schema: Schema,
): z.output<Schema> {
  return parseRequest(schema, toQueryValues(context.req.queries()))
}

/**
 * Checks `include[]`. Its one legal value asks for file search results, which no step of this
 * version has, so there is nothing to hand on.
 */
export function checkInclude(context: ApiContext): void {
  readQuery(context, includeQuery)
}
