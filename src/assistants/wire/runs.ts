import type OpenAI from 'openai'
import { z } from 'zod'

import { maxInstructions, model } from './assistants.ts'
import { id } from './ids.ts'
import { messages } from './messages.ts'
import { metadata } from './metadata.ts'
import { responseFormat } from './response-format.ts'
import { reasoningEffort, temperature, topP } from './sampling.ts'
import { text } from './text.ts'
import { createThreadBody } from './threads.ts'
import { toolResources } from './tool-resources.ts'
import { identifier, tools } from './tools.ts'

/** The specification says at least 256; the hosted API took 16. */
const tokenBudget = z.int().min(1).nullable()

const truncationStrategy = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('auto'),
      last_messages: z.int().min(1).nullable().exactOptional(),
    }),
    z.strictObject({ type: z.literal('last_messages'), last_messages: z.int().min(1) }),
  ])
  .nullable()

const toolChoice = z
  .union([
    z.enum(['none', 'auto', 'required']),
    z.discriminatedUnion('type', [
      z.strictObject({
        type: z.literal('function'),
        function: z.strictObject({ name: identifier }),
      }),
      z.strictObject({ type: z.literal('file_search') }),
      z.strictObject({ type: z.literal('code_interpreter') }),
    ]),
  ])
  .nullable()

const settings = {
  assistant_id: id('assistant_id'),
  model: model.nullable().exactOptional(),
  instructions: text(maxInstructions).nullable().exactOptional(),
  tools: tools.nullable().exactOptional(),
  metadata: metadata.exactOptional(),
  temperature: temperature.exactOptional(),
  top_p: topP.exactOptional(),
  reasoning_effort: reasoningEffort.exactOptional(),
  response_format: responseFormat.exactOptional(),
  max_prompt_tokens: tokenBudget.exactOptional(),
  max_completion_tokens: tokenBudget.exactOptional(),
  truncation_strategy: truncationStrategy.exactOptional(),
  tool_choice: toolChoice.exactOptional(),
  parallel_tool_calls: z.boolean().exactOptional(),
}

const stream = z.boolean().nullable().exactOptional()

export const createRunBody = z.strictObject({
  ...settings,
  additional_instructions: text(maxInstructions).nullable().exactOptional(),
  additional_messages: messages.nullable().exactOptional(),
  stream,
}) satisfies z.ZodType<OpenAI.Beta.Threads.RunCreateParams>

export const createThreadAndRunBody = z.strictObject({
  ...settings,
  thread: createThreadBody.exactOptional(),
  tool_resources: toolResources.exactOptional(),
  stream,
}) satisfies z.ZodType<OpenAI.Beta.ThreadCreateAndRunParams>

export const submitToolOutputsBody = z.strictObject({
  tool_outputs: z.array(
    z.strictObject({
      tool_call_id: z.string().exactOptional(),
      output: z.string().exactOptional(),
    }),
  ),
  stream,
}) satisfies z.ZodType<Omit<OpenAI.Beta.Threads.RunSubmitToolOutputsParams, 'thread_id'>>
