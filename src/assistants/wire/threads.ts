import type OpenAI from 'openai'
import { z } from 'zod'

import { messages } from './messages.ts'
import { metadata } from './metadata.ts'
import { newToolResources, toolResources } from './tool-resources.ts'

export const createThreadBody = z.strictObject({
  messages: messages.exactOptional(),
  tool_resources: newToolResources.exactOptional(),
  metadata: metadata.exactOptional(),
}) satisfies z.ZodType<OpenAI.Beta.ThreadCreateParams>

export const modifyThreadBody = z.strictObject({
  tool_resources: toolResources.exactOptional(),
  metadata: metadata.exactOptional(),
}) satisfies z.ZodType<OpenAI.Beta.ThreadUpdateParams>
