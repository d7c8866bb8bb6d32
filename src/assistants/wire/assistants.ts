import type OpenAI from 'openai'
import { z } from 'zod'

import { metadata } from './metadata.ts'
import { responseFormat } from './response-format.ts'
import { reasoningEffort, temperature, topP } from './sampling.ts'
import { text } from './text.ts'
import { newToolResources, toolResources } from './tool-resources.ts'
import { tools } from './tools.ts'

/** The longest instructions of an assistant or a run, in characters. */
export const maxInstructions = 256_000

/** A model's name; which models exist is the backend's to say. */
export const model = text(256)

const settings = {
  name: text(256).nullable().exactOptional(),
  description: text(512).nullable().exactOptional(),
  instructions: text(maxInstructions).nullable().exactOptional(),
  tools: tools.exactOptional(),
  metadata: metadata.exactOptional(),
  temperature: temperature.exactOptional(),
  top_p: topP.exactOptional(),
  reasoning_effort: reasoningEffort.exactOptional(),
  response_format: responseFormat.exactOptional(),
}

export const createAssistantBody = z.strictObject({
  model,
  ...settings,
  tool_resources: newToolResources.exactOptional(),
}) satisfies z.ZodType<OpenAI.Beta.AssistantCreateParams>

export const modifyAssistantBody = z.strictObject({
  model: model.exactOptional(),
  ...settings,
  tool_resources: toolResources.exactOptional(),
}) satisfies z.ZodType<OpenAI.Beta.AssistantUpdateParams>

export type AssistantBody = z.output<typeof createAssistantBody>
export type AssistantChanges = z.output<typeof modifyAssistantBody>

/** `reasoning_effort` is on the wire, but not yet in the SDK's type of an assistant. */
export type WireAssistant = OpenAI.Beta.Assistant & {
  reasoning_effort: OpenAI.ReasoningEffort | null
}

/** A new assistant with the defaults that the API shows (reference 2, "Normalisation"). */
export function toAssistant(
  body: AssistantBody,
  { id, created_at }: Pick<WireAssistant, 'id' | 'created_at'>,
): WireAssistant {
  const usesCode = body.tools?.some((tool) => tool.type === 'code_interpreter') ?? false
  return {
    id,
    object: 'assistant',
    created_at,
    name: body.name ?? null,
    description: body.description ?? null,
    model: body.model,
    instructions: body.instructions ?? null,
    tools: body.tools ?? [],
    tool_resources: {
      ...(usesCode && { code_interpreter: { file_ids: [] } }),
      ...body.tool_resources,
    },
    metadata: body.metadata ?? {},
    temperature: body.temperature ?? 1,
    top_p: body.top_p ?? 1,
    response_format: body.response_format ?? 'auto',
    reasoning_effort: body.reasoning_effort ?? null,
  }
}

/** Only the members that were sent; one that was cleared with null is back at its default. */
export function toAssistantPatch(body: AssistantChanges): Partial<WireAssistant> {
  const patch: Partial<WireAssistant> = {}
  if (body.name !== undefined) patch.name = body.name
  if (body.description !== undefined) patch.description = body.description
  if (body.model !== undefined) patch.model = body.model
  if (body.instructions !== undefined) patch.instructions = body.instructions
  if (body.tools !== undefined) patch.tools = body.tools
  if (body.tool_resources !== undefined) patch.tool_resources = body.tool_resources ?? {}
  if (body.metadata !== undefined) patch.metadata = body.metadata ?? {}
  if (body.temperature !== undefined) patch.temperature = body.temperature ?? 1
  if (body.top_p !== undefined) patch.top_p = body.top_p ?? 1
  if (body.response_format !== undefined) patch.response_format = body.response_format ?? 'auto'
  if (body.reasoning_effort !== undefined) patch.reasoning_effort = body.reasoning_effort
  return patch
}
