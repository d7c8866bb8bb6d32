import { toUsage } from '../chat-chunks.ts'
import type { ModelUsage } from '../driver.ts'
import type { AnswerWatch } from './answer-stream.ts'

/** Bytes kept of an answer's beginning and of its end: the count stands in one of them. */
const windowBytes = 64 * 1024

const nothing = new Uint8Array()

/** Passes a JSON answer on unchanged. Of long ones, which are embeddings, only both ends are kept. */
export function watchJson(): AnswerWatch {
  let head: Uint8Array = nothing
  let tail: Uint8Array = nothing

  return {
    pass(piece) {
      const room = windowBytes - head.byteLength
      if (room > 0) head = Buffer.concat([head, piece.subarray(0, room)])
      if (piece.byteLength > room) {
        const rest = piece.subarray(Math.max(room, piece.byteLength - windowBytes, 0))
        tail = Buffer.concat([tail, rest]).subarray(-windowBytes)
      }
      return piece
    },
    end: () => nothing,
    // The beginning of a JSON text is nothing that could hold an error.
    failure: () => undefined,
    usage: () => usageIn(textOf(tail)) ?? usageIn(textOf(head)),
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

/**
 * The last `"usage": {…}` of a text that may begin and end anywhere. Quotes inside of a JSON text are
 * escaped, so this finds members only.
 */
function usageIn(text: string): ModelUsage | null {
  const found = [...text.matchAll(/(?<!\\)"usage"\s*:\s*(?=\{)/g)].toReversed()
  for (const match of found) {
    const usage = parseObject(text, match.index + match[0].length)
    // Embeddings have no completion.
    const counted = usage && toUsage({ completion_tokens: 0, ...usage })
    if (counted) return counted
  }
  return null
}

/** The object that begins at `start`; the ones that are looked for hold numbers and objects only. */
function parseObject(text: string, start: number): object | null {
  let depth = 0
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === '{') depth += 1
    if (text[at] === '}') depth -= 1
    if (depth > 0) continue
    try {
      return JSON.parse(text.slice(start, at + 1)) as object // it begins with a brace
    } catch {
      return null
    }
  }
  return null
}
