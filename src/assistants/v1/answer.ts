// The objects of the API as version 1 shows them. Members that only version 2 knows stay where they
// are: clients do not look at them. Values that a client of version 1 stumbles over are replaced.

import type OpenAI from 'openai'

import type { Assistant, Message, Run, RunStep, Thread } from '../store/store.ts'
import type { Page } from '../wire/page.ts'

type Deleted =
  | OpenAI.Beta.AssistantDeleted
  | OpenAI.Beta.ThreadDeleted
  | OpenAI.Beta.Threads.MessageDeleted

type Item = Assistant | Thread | Message | Run | RunStep | Deleted

/** Whatever the routes of assistants and threads answer with 200, except streams. */
export type V2Answer = Item | Page<Item>

/** The object as a client of version 1 knows it. */
export function toV1Answer(answer: V2Answer): object {
  if (answer.object === 'list') return { ...answer, data: answer.data.map(toV1Item) }
  return toV1Item(answer)
}

function toV1Item(item: Item): object {
  switch (item.object) {
    case 'assistant':
      return { ...item, tools: item.tools.map(toV1Tool), file_ids: [] }
    case 'thread.message':
      return { ...item, content: item.content.map(toV1Content), file_ids: [] }
    case 'thread.run':
      return toV1Run(item)
    case 'thread.run.step':
      return { ...item, step_details: toV1Details(item.step_details) }
    case 'thread':
    case 'assistant.deleted':
    case 'thread.deleted':
    case 'thread.message.deleted':
      return item
    default:
      return item satisfies never
  }
}

/** Search is called retrieval, and has no settings. */
function toV1Tool(tool: OpenAI.Beta.AssistantTool): object {
  return tool.type === 'file_search' ? { type: 'retrieval' } : tool
}

/** A refusal is shown as the text it is: an unknown kind of content has no text for the client. */
function toV1Content(content: OpenAI.Beta.Threads.MessageContent): object {
  if (content.type !== 'refusal') return content
  return { type: 'text', text: { value: content.refusal, annotations: [] } }
}

function toV1Run(run: Run): object {
  const { tool_choice: choice } = run
  const searches = typeof choice === 'object' && choice?.type === 'file_search'
  return {
    ...run,
    ...(run.status === 'incomplete' && asFailure(run)),
    tools: run.tools.map(toV1Tool),
    tool_choice: searches ? { type: 'retrieval' } : choice,
    file_ids: [],
  }
}

/** Version 1 knew no `incomplete`; a client that waits for the ends it knows would wait for ever. */
function asFailure({ incomplete_details: details }: Run): Partial<Run> {
  const why = details?.reason ?? 'the content filter'
  return {
    status: 'failed',
    last_error: {
      code: 'server_error',
      message: `The run ended incomplete because of ${why}. Its messages hold what was written so far.`,
    },
  }
}

function toV1Details(details: RunStep['step_details']): object {
  if (details.type !== 'tool_calls') return details
  return { ...details, tool_calls: details.tool_calls.map(toV1Call) }
}

/** A client throws on any other name; what was found is not shown in version 1. */
function toV1Call(call: OpenAI.Beta.Threads.Runs.ToolCall): object {
  return call.type === 'file_search' ? { id: call.id, type: 'retrieval', retrieval: {} } : call
}
