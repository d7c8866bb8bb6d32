import type OpenAI from 'openai'

import type { Logger } from '../log.ts'
import type { Tool, ToolContext } from './tool.ts'

const maxArgumentsLength = 100_000
const maxOutputBytes = 64 * 1024
const cutMark = '\n… [cut: the output was longer than 64 kB]'

export interface ToolRegistryDeps {
  /** By the name that the model calls them. */
  tools: Record<string, Tool>
  log: Logger
}

/** A function call as a run's `required_action` holds it. */
interface RequestedCall {
  name: string
  /** JSON that a model wrote. */
  arguments: string
}

/** The functions that the bot executes for a run. */
export interface ToolRegistry {
  definitions(context: Pick<ToolContext, 'guildId'>): Promise<OpenAI.Beta.FunctionTool[]>
  /**
   * Answers the output to submit, at most 64 KiB of UTF-8, whatever happens: unknown names,
   * malformed arguments and failing tools are answered to the model. Throws only the reason of an
   * aborted signal.
   */
  run(call: RequestedCall, context: ToolContext): Promise<string>
}

export function createToolRegistry({ tools, log: parentLog }: ToolRegistryDeps): ToolRegistry {
  const log = parentLog.child({ module: 'tools' })
  const byName = new Map(Object.entries(tools))

  return {
    definitions(context) {
      const defined = [...byName].map(async ([name, tool]) => ({
        type: 'function' as const,
        function: { ...(await tool.definition(context)), name },
      }))
      return Promise.all(defined)
    },

    async run(call, context) {
      context.signal.throwIfAborted()
      const tool = byName.get(call.name)
      if (!tool) return toError(unknownName(call.name, [...byName.keys()]))
      const parsed = parseArguments(call.arguments)
      if ('error' in parsed) return toError(parsed.error)
      try {
        return cut(await tool.run(parsed.value, context))
      } catch (error) {
        context.signal.throwIfAborted()
        log.error({ err: error, tool: call.name }, 'tool failed')
        return toError(
          'The function failed for a reason that has nothing to do with its arguments. Tell the user that it does not work at the moment.',
        )
      }
    },
  }
}

function unknownName(name: string, known: string[]): string {
  const shown = JSON.stringify(name.slice(0, 64).toWellFormed())
  const names = known.length > 0 ? `Known functions: ${known.join(', ')}.` : 'There are none.'
  return `There is no function ${shown}. ${names}`
}

function parseArguments(text: string): { value: unknown } | { error: string } {
  if (text.length > maxArgumentsLength) {
    return {
      error: `The arguments have ${text.length} characters; at most ${maxArgumentsLength} are allowed.`,
    }
  }
  // Some models send nothing at all for a function without arguments.
  if (text.trim() === '') return { value: {} }
  try {
    const value: unknown = JSON.parse(text)
    return { value }
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 300).toWellFormed() : ''
    return { error: `The arguments are not valid JSON: ${reason}. Send one JSON object.` }
  }
}

function toError(error: string): string {
  return JSON.stringify({ error })
}

function cut(output: string): string {
  if (Buffer.byteLength(output) <= maxOutputBytes) return output
  const room = new Uint8Array(maxOutputBytes - Buffer.byteLength(cutMark))
  const { read } = new TextEncoder().encodeInto(output, room)
  return output.slice(0, read) + cutMark
}
