import type OpenAI from 'openai'

import type { Logger } from '../log.ts'
import type { Schedule, Schedules } from '../schedule/schedule.ts'
import type { ToolRegistry } from '../tools/registry.ts'
import type { ClassStores } from './class-files/class-stores.ts'
import type { Clock } from './clock.ts'
import type { Place } from './conversations.ts'
import { nowLine, termLines } from './prompt.ts'

/** What a run is told beyond what its assistant says. */
export interface RunContext {
  /** Added to the assistant's instructions. */
  instructions: string
  /** Instead of the assistant's: functions, Python and, in a guild with class files, their search. */
  tools?: OpenAI.Beta.AssistantTool[]
}

export interface RunContextDeps {
  schedules: Pick<Schedules, 'forGuild'>
  tools: Pick<ToolRegistry, 'definitions'>
  classStores: Pick<ClassStores, 'find'>
  clock: Clock
  log: Logger
  /** IANA name of the zone where no schedule can be read. */
  timeZone: string
  /** An assistant of somebody else's keeps its own tools. */
  ownsAssistant: boolean
}

/**
 * Tells the time of a guild's timetable and the week of its term, and offers the functions that describe
 * it, with the tools that the runtime has itself.
 */
export function createRunContext(deps: RunContextDeps): (place: Place) => Promise<RunContext> {
  const { schedules, tools, classStores, clock, log, timeZone, ownsAssistant } = deps

  async function contextOf(schedule: Schedule, guildId: string | null): Promise<RunContext> {
    const now = clock.now()
    const lines = [nowLine(now, schedule.timeZone), ...termLines(now, schedule)]
    const instructions = lines.join('\n')
    return ownsAssistant ? { instructions, tools: await toolsOf(guildId) } : { instructions }
  }

  async function toolsOf(guildId: string | null): Promise<OpenAI.Beta.AssistantTool[]> {
    const store = guildId === null ? null : await classStores.find(guildId)
    const functions = await tools.definitions({ guildId })
    const hosted: OpenAI.Beta.AssistantTool[] = [{ type: 'code_interpreter' }]
    if (store?.hasFiles === true) hosted.push({ type: 'file_search' })
    return [...functions, ...hosted]
  }

  return async ({ guildId, key }) => {
    try {
      return await contextOf(await schedules.forGuild(guildId, key), guildId)
    } catch (err) {
      log.error({ err, guildId }, 'the schedule cannot be read')
      return { instructions: nowLine(clock.now(), timeZone) }
    }
  }
}
