import type { ModelRequest } from '../../models/driver.ts'
import type { Run } from '../store/store.ts'

type ToolMembers = Pick<ModelRequest, 'tools' | 'tool_choice' | 'parallel_tool_calls'>

/**
 * What a run's tools are to the model. Only functions are offered: `file_search` and
 * `code_interpreter` are kept in the run, but nothing here executes them.
 *
 * A forced choice holds for the first turn only, or the run would never end (reference 3.4).
 */
export function toModelTools(run: Run, { isFirstTurn }: { isFirstTurn: boolean }): ToolMembers {
  const tools = run.tools.filter((tool) => tool.type === 'function')
  // Several servers refuse the other members without tools, or do not know them at all.
  if (tools.length === 0) return {}
  const choice = toModelToolChoice(run.tool_choice)
  const isForced = choice !== 'auto' && choice !== 'none'
  const applies = choice !== 'auto' && (isFirstTurn || !isForced)
  return {
    tools: tools.map((tool) => ({ type: 'function', function: tool.function })),
    ...(applies && { tool_choice: choice }),
    ...(!run.parallel_tool_calls && { parallel_tool_calls: false }),
  }
}

function toModelToolChoice(choice: Run['tool_choice']): NonNullable<ModelRequest['tool_choice']> {
  if (choice === null) return 'auto'
  if (typeof choice === 'string') return choice
  return choice.type === 'function' && choice.function
    ? { type: 'function', function: { name: choice.function.name } }
    : 'auto'
}
