import { toUsage } from '../chat-chunks.ts'
import type { ModelUsage } from '../driver.ts'
import { brokeOff } from '../provider-error.ts'
import type { AnswerWatch } from './answer-stream.ts'

/** Characters of one event: far more than any endpoint sends. */
const maxEventLength = 4 * 1024 * 1024

const encoder = new TextEncoder()

/**
 * Passes server-sent events on as they are, whole ones at a time. With `takeOutUsage`, what an
 * endpoint adds for `include_usage` is left out: a chunk without choices, and `"usage":null` in others.
 */
export function watchEvents({ takeOutUsage }: { takeOutUsage: boolean }): AnswerWatch {
  const decoder = new TextDecoder()
  let rest = ''
  let usage: ModelUsage | null = null

  function passEvent(event: string): string {
    if (!event.includes('"usage"')) return event
    const chunk = parseData(event)
    const counted = chunk?.usage ? toUsage(chunk.usage) : null
    usage = counted ?? usage
    if (!takeOutUsage || !chunk) return event
    const isCountAlone = counted !== null && chunk.choices?.length === 0
    // Quotes inside of a JSON text are escaped, so this is the member itself.
    return isCountAlone ? '' : event.replace(/,\s*"usage"\s*:\s*null/, '')
  }

  /** Everything up to the last blank line. */
  function passWhole(text: string): string {
    const from = Math.max(0, rest.length - 3)
    rest += text
    const end = endOfEvents(rest, from)
    if (end === 0) {
      if (rest.length > maxEventLength) throw brokeOff(new Error('an event without end'))
      return ''
    }
    const whole = rest.slice(0, end)
    rest = rest.slice(end)
    return whole.includes('"usage"') ? splitEvents(whole).map(passEvent).join('') : whole
  }

  return {
    pass: (piece) => encoder.encode(passWhole(decoder.decode(piece, { stream: true }))),
    end: () => encoder.encode(passEvent(rest + decoder.decode())),
    failure: ({ message }) => {
      const error = { message, type: 'server_error', param: null, code: null }
      // After a blank line, because an event may have been cut.
      return encoder.encode(`\n\ndata: ${JSON.stringify({ error })}\n\n`)
    },
    usage: () => usage,
  }
}

/** Behind the last blank line that begins at `from` or later; 0 without one. */
function endOfEvents(text: string, from: number): number {
  const ends = ['\n\n', '\r\n\r\n', '\r\r'].map((blank) => {
    const at = text.lastIndexOf(blank)
    return at < from ? 0 : at + blank.length
  })
  return Math.max(...ends)
}

/** Each with the blank line at its end. */
function splitEvents(text: string): string[] {
  return text.split(/(?<=\r\n\r\n|\n\n|\r\r)/)
}

interface Chunk {
  choices?: unknown[] | null
  usage?: Parameters<typeof toUsage>[0]
}

/** The JSON of an event, or null if it has none. */
function parseData(event: string): Chunk | null {
  const data = event
    .split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length))
    .join('\n')
  try {
    const chunk: unknown = JSON.parse(data)
    return typeof chunk === 'object' && chunk !== null ? (chunk as Chunk) : null
  } catch {
    return null
  }
}
