import type OpenAI from 'openai'

import { ProviderError } from '../errors.ts'
import type { ModelMessage, ModelRequest } from './driver.ts'
import { isNamed, type Dispensable, type Quirk } from './refusals.ts'
import { fromTurnState } from './responses-state.ts'

type Body = OpenAI.Responses.ResponseCreateParamsStreaming
type InputItem = OpenAI.Responses.ResponseInputItem
type InputContent = OpenAI.Responses.ResponseInputContent
type ContentPart = OpenAI.Chat.ChatCompletionContentPart

/** OpenAI refuses to be asked for less; what it costs beyond a run's budget is a word or two. */
const fewestTokens = 16

/** The request in the words of the Responses API. Nothing is kept at the endpoint. */
export function toResponsesBody(asked: ModelRequest, quirks: ReadonlySet<Quirk>): Body {
  const request = quirks.has('state') ? withoutStates(asked) : asked
  const { model, reasoning_effort: effort, temperature, top_p } = request
  const isNoEffort = effort === 'none' && quirks.has('no_effort')
  const limit = request.max_completion_tokens
  return {
    model,
    stream: true,
    store: false,
    ...(!quirks.has('include') && { include: ['reasoning.encrypted_content'] as const }),
    ...toPrompt(request),
    ...toToolMembers(request, quirks),
    ...toText(request.response_format),
    ...(effort && !isNoEffort && { reasoning: { effort } }),
    ...(limit && { max_output_tokens: Math.max(limit, fewestTokens) }),
    ...(typeof temperature === 'number' && { temperature }),
    ...(typeof top_p === 'number' && { top_p }),
  }
}

function withoutStates(request: ModelRequest): ModelRequest {
  const messages = request.messages.map((message) => {
    const bare = { ...message }
    delete bare.state
    return bare
  })
  return { ...request, messages }
}

export const responsesDispensable: readonly Dispensable<Body>[] = [
  {
    quirk: 'include',
    // It may also be the value that is not known.
    isRefused: ({ said, status }, { include }) =>
      status !== 404 &&
      include !== undefined &&
      /(?:^|['"`\s])include(?:$|['"`\s[])|encrypted[ _.]content/i.test(said) &&
      !unreadable.test(said),
  },
  {
    quirk: 'parallel_tool_calls',
    isRefused: (complaint, body) =>
      complaint.isUnknown &&
      'parallel_tool_calls' in body &&
      isNamed(complaint, 'parallel_tool_calls'),
  },
  {
    quirk: 'no_effort',
    isRefused: (complaint, { reasoning }) =>
      complaint.isUnknown && reasoning?.effort === 'none' && isNamed(complaint, 'reasoning'),
  },
  {
    quirk: 'state',
    isRefused: ({ said, request }) =>
      (unreadable.test(said) || /\brs_|reasoning/i.test(said)) &&
      request.messages.some(({ state }) => state),
  },
]

/** Reasoning that was written at another endpoint, or with another key. */
const unreadable = /invalid_encrypted_content|could not be (?:verified|decrypted|parsed)/

function toPrompt({ messages, response_format }: ModelRequest) {
  const [first, ...rest] = messages
  const isInstructions = first?.role === 'system' || first?.role === 'developer'
  // An empty input is refused; so is one without the word "JSON" in JSON mode, for which instructions
  // do not count.
  const mustBeInput = rest.length === 0 || response_format?.type === 'json_object'
  if (!isInstructions || mustBeInput) return { input: messages.flatMap(toItems) }
  return { instructions: toPlainText(first.content), input: rest.flatMap(toItems) }
}

function toItems(message: ModelMessage): InputItem[] {
  switch (message.role) {
    case 'system':
    case 'developer':
      return [{ type: 'message', role: message.role, content: toPlainText(message.content) }]
    case 'user':
      return [{ type: 'message', role: 'user', content: toContent(message.content) }]
    case 'assistant':
      return fromTurnState(message) ?? toTurn(message)
    case 'tool':
      return [
        {
          type: 'function_call_output',
          call_id: message.tool_call_id,
          output: toPlainText(message.content),
        },
      ]
    case 'function':
      throw unspeakable('function messages')
    default:
      return message satisfies never
  }
}

function toTurn(message: OpenAI.Chat.ChatCompletionAssistantMessageParam): InputItem[] {
  const text = toPlainText(message.content ?? message.refusal ?? '')
  const calls = (message.tool_calls ?? []).filter((call) => call.type === 'function')
  return [
    // A plain string is what the endpoint turns into output text; its parts would need ids.
    ...(text === '' ? [] : [{ type: 'message', role: 'assistant', content: text } as const]),
    ...calls.map(({ id, function: called }) => ({
      type: 'function_call' as const,
      call_id: id,
      name: called.name,
      arguments: called.arguments,
    })),
  ]
}

type TextPart = { type: 'text'; text: string } | { type: 'refusal'; refusal: string }

function toPlainText(content: string | readonly TextPart[]): string {
  if (typeof content === 'string') return content
  return content.map((part) => (part.type === 'text' ? part.text : part.refusal)).join('\n')
}

function toContent(content: string | readonly ContentPart[]): InputContent[] {
  if (typeof content === 'string') return [{ type: 'input_text', text: content }]
  return content.map((part) => {
    switch (part.type) {
      case 'text':
        return { type: 'input_text', text: part.text }
      case 'image_url': {
        const { url, detail = 'auto' } = part.image_url
        return { type: 'input_image', image_url: url, detail }
      }
      case 'file':
        return { type: 'input_file', ...part.file }
      case 'input_audio':
        throw unspeakable('audio')
      default:
        return part satisfies never
    }
  })
}

function toToolMembers(
  { tools = [], tool_choice: choice, parallel_tool_calls }: ModelRequest,
  quirks: ReadonlySet<Quirk>,
) {
  if (tools.length === 0) return {}
  return {
    tools: tools.map(toTool),
    ...(choice && { tool_choice: toToolChoice(choice) }),
    ...(typeof parallel_tool_calls === 'boolean' &&
      !quirks.has('parallel_tool_calls') && { parallel_tool_calls }),
  }
}

function toTool(tool: OpenAI.Chat.ChatCompletionTool): OpenAI.Responses.FunctionTool {
  if (tool.type !== 'function') throw unspeakable('custom tools')
  const { name, description, parameters, strict } = tool.function
  return {
    type: 'function',
    name,
    ...(description !== undefined && { description }),
    parameters: parameters ?? { type: 'object', properties: {} },
    // Must be said: here a function is strict by default.
    strict: strict ?? false,
  }
}

function toToolChoice(
  choice: NonNullable<ModelRequest['tool_choice']>,
): NonNullable<Body['tool_choice']> {
  if (typeof choice === 'string') return choice
  if (choice.type === 'function') return { type: 'function', name: choice.function.name }
  throw unspeakable(`the tool choice '${choice.type}'`)
}

function toText(format: ModelRequest['response_format']): Pick<Body, 'text'> {
  if (!format || format.type === 'text') return {}
  if (format.type === 'json_object') return { text: { format } }
  const { name, description, schema = {}, strict } = format.json_schema
  return {
    text: {
      format: {
        type: 'json_schema',
        name,
        schema,
        ...(description !== undefined && { description }),
        ...(typeof strict === 'boolean' && { strict }),
      },
    },
  }
}

function unspeakable(what: string): ProviderError {
  return new ProviderError('invalid_prompt', `The Responses API cannot be asked for ${what}.`)
}
