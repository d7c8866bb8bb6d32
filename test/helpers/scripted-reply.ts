import type OpenAI from 'openai'

import type { ReplyParts } from './model-server.ts'

const defaultUsage = {
  prompt_tokens: 20,
  completion_tokens: 5,
  total_tokens: 25,
} satisfies OpenAI.CompletionUsage

export function usageOf({ usage }: ReplyParts): OpenAI.CompletionUsage | null {
  return usage === undefined ? defaultUsage : usage
}

export function finishReason({ finishReason: reason, toolCalls = [] }: ReplyParts): string | null {
  if (reason !== undefined) return reason
  return toolCalls.length > 0 ? 'tool_calls' : 'stop'
}

export function pieces(text: string | string[]): string[] {
  return typeof text === 'string' ? [text] : text
}
