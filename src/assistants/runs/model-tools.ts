import type OpenAI from 'openai'

import type { ModelRequest } from '../../models/driver.ts'
import type { Run } from '../store/store.ts'
import { hostedName } from './hosted-names.ts'

type ToolMembers = Pick<ModelRequest, 'tools' | 'tool_choice' | 'parallel_tool_calls'>

export interface ModelToolsOptions {
  isFirstTurn: boolean
  /** The functions that stand for `file_search` and `code_interpreter`. */
  hosted: OpenAI.Chat.ChatCompletionFunctionTool[]
}

/**
 * What a run's tools are to the model: functions, all of them.
 *
 * A forced choice holds for the first turn only, or the run would never end (reference 3.4).
 */
export function toModelTools(run: Run, { isFirstTurn, hosted }: ModelToolsOptions): ToolMembers {
  const functions = run.tools.filter((tool) => tool.type === 'function')
  const tools = [
    ...functions.map((tool) => ({ type: 'function' as const, function: tool.function })),
    ...hosted,
  ]
  // Several servers refuse the other members without tools, or do not know them at all.
  if (tools.length === 0) return {}
  const choice = toModelToolChoice(run, hosted)
  const isForced = choice !== 'auto' && choice !== 'none'
  const applies = choice !== 'auto' && (isFirstTurn || !isForced)
  return {
    tools,
    ...(applies && { tool_choice: choice }),
    ...(!run.parallel_tool_calls && { parallel_tool_calls: false }),
  }
}

function toModelToolChoice(
  run: Run,
  hosted: ModelToolsOptions['hosted'],
): NonNullable<ModelRequest['tool_choice']> {
  const { tool_choice: choice } = run
  if (choice === null) return 'auto'
  if (typeof choice === 'string') return choice
  if (choice.type === 'function') {
    return choice.function ? { type: 'function', function: { name: choice.function.name } } : 'auto'
  }
  const name = hostedName(choice.type, run)
  const isOffered = hosted.some((tool) => tool.function.name === name)
  return isOffered ? { type: 'function', function: { name } } : 'auto'
}
