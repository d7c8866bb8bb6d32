import type OpenAI from 'openai'
import { z } from 'zod'

import { jsonObject } from './json-object.ts'
import { identifier } from './tools.ts'

/** `"auto"`, or one of the three formats of Chat Completions. */
export const responseFormat = z
  .union([
    z.enum(['auto']),
    z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('text') }),
      z.strictObject({ type: z.literal('json_object') }),
      z.strictObject({
        type: z.literal('json_schema'),
        json_schema: z.strictObject({
          name: identifier,
          description: z.string().exactOptional(),
          schema: jsonObject.exactOptional(),
          strict: z.boolean().nullable().exactOptional(),
        }),
      }),
    ]),
  ])
  .nullable() satisfies z.ZodType<OpenAI.Beta.AssistantResponseFormatOption | null>
