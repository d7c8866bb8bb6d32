import type { ModelMessage } from '../../models/driver.ts'
import { cutMiddle } from './cut-middle.ts'
import { upperBound, type MessageMeter } from './message-meter.ts'

export interface FitTurnsOptions {
  /** Ids of calls whose outputs may be made shorter: the runtime's own tools can be asked again. */
  hostedIds: ReadonlySet<string>
  /** Tokens. */
  room: number
  meter: Pick<MessageMeter, 'countText'>
  signal: AbortSignal
}

/**
 * A run's turns in so much room, as far as shorter outputs of the runtime's own tools can do it: older
 * ones are left out first, those of the last turn are cut in their middle.
 */
export async function fitTurns(
  turns: ModelMessage[],
  { hostedIds, room, meter, signal }: FitTurnsOptions,
): Promise<ModelMessage[]> {
  if (hostedIds.size === 0 || upperBound(toMeasured(turns)) <= room) return turns
  let used = await meter.countText(toMeasured(turns), { signal })
  const lastTurn = turns.findLastIndex(({ role }) => role === 'assistant')
  const fitted = [...turns]
  for (const [index, message] of turns.entries()) {
    if (used <= room) break
    if (message.role !== 'tool' || !hostedIds.has(message.tool_call_id)) continue
    const text = typeof message.content === 'string' ? message.content : ''
    const tokens = await meter.countText(text, { signal })
    const isOld = index < lastTurn
    const share = isOld ? 0 : Math.max(0, tokens - (used - room)) / Math.max(tokens, 1)
    const content = share > 0 ? cutMiddle(text, Math.floor(upperBound(text) * share)) : leftOut
    if (upperBound(content) >= upperBound(text)) continue
    fitted[index] = { ...message, content }
    used -= tokens - (await meter.countText(content, { signal }))
  }
  return fitted
}

const leftOut = '[left out to make room; call the tool again if you need it]'

/** Less the states: encrypted reasoning has far more letters than tokens, and those are known. */
export function toMeasured(turns: ModelMessage[]): string {
  return JSON.stringify(turns.map((message) => ({ ...message, state: undefined })))
}
