import type OpenAI from 'openai'

import type { RunStep } from '../store/store.ts'
import type { RunEvent } from './events.ts'

type ToolCall = OpenAI.Beta.Threads.Runs.ToolCall
type SearchCall = OpenAI.Beta.Threads.Runs.FileSearchToolCall
type Result = NonNullable<SearchCall['file_search']['results']>[number]

/** As it is kept; see `runs/hosted-calls.ts`. */
interface StoredResult extends Result {
  attributes?: object
  page?: number | null
  heading?: string | null
  search?: number | undefined
}

type StoredSearch = Omit<SearchCall['file_search'], 'results'> & {
  results?: StoredResult[]
  number?: number
}

export interface ShownOptions {
  /** Whether `include[]` asks for the text of search results. */
  withContent: boolean
  /** Whether it asks where their texts stand; beyond the API. */
  withLocation?: boolean
}

/** The step as the API shows it: what is kept of a tool call for the model only is left out. */
export function toShownStep(step: RunStep, options: ShownOptions): RunStep {
  const { step_details: details } = step
  if (details.type !== 'tool_calls') return step
  if (details.tool_calls.every(({ type }) => type === 'function')) return step
  const tool_calls = details.tool_calls.map((call) => toShownCall(call, options))
  return { ...step, step_details: { type: 'tool_calls', tool_calls } }
}

export function toShownEvent(event: RunEvent, options: ShownOptions): RunEvent {
  if (event.data.object !== 'thread.run.step') return event
  // Same event, same kind of object, only less of it.
  return { ...event, data: toShownStep(event.data, options) } as RunEvent
}

function toShownCall(call: ToolCall, options: ShownOptions): ToolCall {
  switch (call.type) {
    case 'function':
      return call
    case 'code_interpreter': {
      const { input, outputs } = call.code_interpreter
      return { id: call.id, type: call.type, code_interpreter: { input, outputs } }
    }
    case 'file_search': {
      const { ranking_options, results, number } = call.file_search as StoredSearch
      const file_search = {
        ...(ranking_options && { ranking_options }),
        ...(results && {
          results: results.map((result) => toShownResult({ ...result, search: number }, options)),
        }),
      }
      return { id: call.id, type: call.type, file_search }
    }
    default:
      return call satisfies never
  }
}

/**
 * The location is what the API has no members for: the page and the heading of the passage, and the
 * search's number in the thread, with which its markers begin.
 */
function toShownResult(
  result: StoredResult,
  { withContent, withLocation = false }: ShownOptions,
): Result {
  const { file_id, file_name, score, attributes, content, page, heading, search } = result
  return {
    file_id,
    file_name,
    score,
    ...(attributes && { attributes }),
    ...(withContent && content && { content }),
    ...(withLocation && { page: page ?? null, heading: heading ?? null, search: search ?? null }),
  }
}
