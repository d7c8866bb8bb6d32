import type OpenAI from 'openai'

import type { ModelMessage } from '../../models/driver.ts'
import type { Message, Run, StepRecord } from '../store/store.ts'
import { argumentsOf, callsOf, outputOf, type StoredCall } from './hosted-calls.ts'
import { hostedName } from './hosted-names.ts'

/** Data URLs of pictures, by file id. */
type Images = ReadonlyMap<string, string> | undefined

/** A message of the thread as the model sees it; nothing if there is nothing to see. */
export function toModelMessage(message: Message, images?: Images): ModelMessage[] {
  if (message.role === 'assistant') {
    const text = toText(message.content)
    return text === '' ? [] : [{ role: 'assistant', content: text }]
  }
  const hasImage = message.content.some(
    (block) =>
      block.type === 'image_url' ||
      (block.type === 'image_file' && images?.has(block.image_file.file_id)),
  )
  // Many servers take only a string; parts are sent where they are needed.
  const content = hasImage
    ? message.content.map((block) => toPart(block, images))
    : toText(message.content)
  return content.length === 0 ? [] : [{ role: 'user', content }]
}

function toPart(
  block: OpenAI.Beta.Threads.MessageContent,
  images: Images,
): OpenAI.Chat.ChatCompletionContentPart {
  if (block.type === 'image_file') {
    const { file_id, detail = 'auto' } = block.image_file
    const url = images?.get(file_id)
    if (url !== undefined) return { type: 'image_url', image_url: { url, detail } }
  }
  if (block.type !== 'image_url') return { type: 'text', text: toText([block]) }
  const { url, detail = 'auto' } = block.image_url
  return { type: 'image_url', image_url: { url, detail } }
}

/** The text of a content; what is not text appears as a note. */
export function toText(content: OpenAI.Beta.Threads.MessageContent[]): string {
  return content
    .map((block) => {
      switch (block.type) {
        case 'text':
          return block.text.value
        case 'refusal':
          return block.refusal
        case 'image_file':
          return `[image file ${block.image_file.file_id}]`
        case 'image_url':
          return '[image]'
        default:
          return block satisfies never
      }
    })
    .filter((text) => text !== '')
    .join('\n')
}

/**
 * The turns that a run has behind it, as the model wrote them, with the outputs it got and what the
 * model's driver left behind.
 */
export function toModelTurns(run: Pick<Run, 'tools'>, steps: StepRecord[]): ModelMessage[] {
  const messages: ModelMessage[] = []
  let text: string | null = null
  for (const { step, message, state } of steps) {
    if (step.step_details.type === 'message_creation') {
      if (text !== null) messages.push({ role: 'assistant', content: text })
      text = message ? toText(message.content) : null
      continue
    }
    const calls = callsOf(step)
    if (calls.length === 0) continue
    // Text and the calls that followed it were one answer.
    messages.push({
      role: 'assistant',
      content: text,
      tool_calls: calls.map((call) => toModelCall(call, run)),
      ...(state && { state }),
    })
    text = null
    for (const call of calls) {
      const output = call.type === 'function' ? (call.function.output ?? '') : outputOf(call)
      messages.push({ role: 'tool', tool_call_id: call.id, content: output })
    }
  }
  if (text !== null) messages.push({ role: 'assistant', content: text })
  return messages
}

function toModelCall(
  call: StoredCall,
  run: Pick<Run, 'tools'>,
): OpenAI.Chat.ChatCompletionMessageToolCall {
  const { id } = call
  if (call.type === 'function') {
    const { name, arguments: text } = call.function
    return { id, type: 'function', function: { name, arguments: text } }
  }
  const name = hostedName(call.type, run)
  return { id, type: 'function', function: { name, arguments: argumentsOf(call) } }
}
