import type { ModelRequest, ModelUsage } from '../driver.ts'

/** The demo has no tokenizer: four bytes of UTF-8 are counted as one token. */
const bytesPerToken = 4

export function countTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / bytesPerToken)
}

/** The tokens of a request: its messages and its tools, as the JSON they would be sent as. */
export function countPrompt({ messages, tools }: ModelRequest): number {
  return countTokens(JSON.stringify(messages)) + countTokens(JSON.stringify(tools ?? []))
}

export function toUsage(promptTokens: number, completionTokens: number): ModelUsage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  }
}
