import type OpenAI from 'openai'
import { z } from 'zod'

import { decimal } from './decimal.ts'
import { jsonObject } from './json-object.ts'
import { problemIssue } from './problem.ts'
import { text } from './text.ts'

const maxTools = 128
const namePattern = /^[a-zA-Z0-9_-]+$/
const defaultRanker = 'default_2024_08_21'

/** The name of a function or of a JSON schema: letters, digits, `_`, `-`, at most 64. */
export const identifier = text(64).check(({ value, issues }) => {
  if (value.length > 0 && namePattern.test(value)) return
  const what =
    value.length === 0
      ? 'Invalid $: empty string. Expected a string with minimum length 1, but got an empty string instead.'
      : `Invalid $: string does not match pattern. Expected a string that matches the pattern '${namePattern.source}'.`
  const code = value.length === 0 ? 'empty_string' : 'invalid_value'
  issues.push(problemIssue({ code, text: what }, value))
})

const codeInterpreterTool = z.strictObject({ type: z.literal('code_interpreter') })

const fileSearchTool = z.strictObject({
  type: z.literal('file_search'),
  file_search: z
    .strictObject({
      max_num_results: z.int().min(1).max(50).exactOptional(),
      ranking_options: z
        .strictObject({
          ranker: z.enum(['auto', defaultRanker]).exactOptional(),
          score_threshold: decimal(0, 1),
        })
        .exactOptional(),
    })
    .exactOptional(),
})

const functionTool = z.strictObject({
  type: z.literal('function'),
  function: z.strictObject({
    name: identifier,
    description: z.string().exactOptional(),
    parameters: jsonObject.exactOptional(),
    strict: z.boolean().nullable().exactOptional(),
  }),
})

const tool = z
  .discriminatedUnion('type', [codeInterpreterTool, fileSearchTool, functionTool])
  .transform(toCompleteTool) satisfies z.ZodType<OpenAI.Beta.AssistantTool>

/** The tools of an assistant or of a run, in the complete form in which they are shown again. */
export const tools = z.array(tool).max(maxTools)

/** Fills in the defaults that the API shows (reference 2, "Normalisation"). */
function toCompleteTool(
  given: z.output<typeof codeInterpreterTool | typeof fileSearchTool | typeof functionTool>,
): OpenAI.Beta.AssistantTool {
  switch (given.type) {
    case 'code_interpreter':
      return given
    case 'file_search':
      return {
        type: 'file_search',
        file_search: {
          ...given.file_search,
          ranking_options: {
            ranker: given.file_search?.ranking_options?.ranker ?? defaultRanker,
            score_threshold: given.file_search?.ranking_options?.score_threshold ?? 0,
          },
        },
      }
    case 'function':
      return {
        type: 'function',
        function: {
          ...given.function,
          parameters: given.function.parameters ?? { type: 'object', properties: {} },
          strict: given.function.strict ?? false,
        },
      }
    default:
      return given satisfies never
  }
}
