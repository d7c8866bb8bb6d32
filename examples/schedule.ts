import type OpenAI from 'openai'

import { createLogger } from '../src/log.ts'
import { createSchedules } from '../src/schedule/schedules.ts'
import { createAskDatabase } from '../src/tools/ask-database.ts'
import { createToolRegistry } from '../src/tools/registry.ts'

/** The function `ask_database` over the sample timetable, as an example needs it. */
export interface ScheduleTool {
  /** What the assistant is told about the function. */
  tools: OpenAI.Beta.FunctionTool[]
  /** Tells a run what day it is, so that it understands "tomorrow". */
  now: string
  /** Executes what a run asked for, and answers what to submit. */
  run(call: OpenAI.Beta.Threads.RequiredActionFunctionToolCall): Promise<string>
  /** Ends the thread in which the SQL runs. */
  close(): Promise<void>
}

export async function openSchedule(): Promise<ScheduleTool> {
  const log = createLogger({ level: 'warn', pretty: false })
  const timeZone = Temporal.Now.timeZoneId()
  const schedules = createSchedules({ now: Date.now, timeZone, log })
  const registry = createToolRegistry({
    tools: { ask_database: createAskDatabase({ schedules }) },
    log,
  })
  return {
    tools: await registry.definitions({ guildId: null }),
    now: nowLine(timeZone),
    run(call) {
      const signal = AbortSignal.timeout(10_000)
      return registry.run(call.function, { guildId: null, conversation: 'example', signal })
    },
    close: () => schedules.close(),
  }
}

function nowLine(timeZone: string): string {
  const now = Temporal.Now.zonedDateTimeISO(timeZone)
  const time = now.toPlainTime().toString({ smallestUnit: 'minute' })
  const weekday = now.toLocaleString('en', { weekday: 'long' })
  return `Now: ${now.toPlainDate().toString()} ${time}, ${weekday}, time zone ${timeZone}.`
}
