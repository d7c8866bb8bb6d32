import type { z } from 'zod'

import type { ApiContext } from './reply.ts'
import { assertId, type IdParam } from './wire/ids.ts'
import {
  includedContent,
  includedLocation,
  includeQuery,
  toQueryValues,
} from './wire/list-query.ts'
import { parseRequest } from './wire/parse.ts'
import type { ShownOptions } from './wire/steps.ts'

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

/** Checks `include[]`, and answers what it asks for. */
export function readInclude(context: ApiContext): ShownOptions {
  const { include = [] } = readQuery(context, includeQuery)
  return {
    withContent: include.includes(includedContent),
    withLocation: include.includes(includedLocation),
  }
}
