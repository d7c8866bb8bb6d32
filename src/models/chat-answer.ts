import { APIError, type OpenAI } from 'openai'
import { Stream } from 'openai/streaming'

import type { AnyChunk } from './chat-chunks.ts'
import { brokeOff } from './provider-error.ts'

/** No answer in one piece is longer. */
const maxJsonLength = 16 * 1024 * 1024

/**
 * The chunks of an answer, whatever the endpoint calls it: a stream of events, or one JSON body
 * although a stream was asked for. Throws where it stops without having said that it is at its end.
 */
export async function* readAnswer(
  { body, headers }: Response,
  { client, controller }: { client: OpenAI; controller: AbortController },
): AsyncGenerator<AnyChunk> {
  if (!body) throw brokeOff()
  const { first, bytes } = await peek(body)
  if (first === '{') return yield toChunk(await readJson(bytes), headers)
  if (first === '<') throw new SyntaxError('a page instead of an answer')
  const { watched, tail } = watchTail(bytes)
  const events = new Response(ReadableStream.from(watched), { headers })
  let isOver = false
  for await (const chunk of Stream.fromSSEResponse<AnyChunk | null>(events, controller, client)) {
    if (typeof chunk !== 'object' || chunk === null) continue
    isOver ||= Boolean(chunk.choices?.[0]?.finish_reason ?? (!chunk.choices?.[0] && chunk.usage))
    yield chunk
  }
  if (!isOver && !/(?:^|\n)data: ?\[DONE\]\s*$/.test(tail())) throw brokeOff()
}

interface Peeked {
  /** The first character that is not blank; empty: there is none. */
  first: string
  /** All bytes, those that were looked at too. */
  bytes: AsyncIterable<Uint8Array>
}

async function peek(body: AsyncIterable<Uint8Array>): Promise<Peeked> {
  const iterator = body[Symbol.asyncIterator]()
  const seen: Uint8Array[] = []
  let first = ''
  while (first === '') {
    const { value, done } = await iterator.next()
    if (done) break
    seen.push(value)
    first =
      /[^\s\uFEFF]/.exec(new TextDecoder('latin1').decode(value).replace('ï»¿', ''))?.[0] ?? ''
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      yield* seen
      for (;;) {
        const { value, done } = await iterator.next()
        if (done) return
        yield value
      }
    } finally {
      await iterator.return?.()
    }
  }
  return { first, bytes: all() }
}

/** Keeps the end of what passes by. */
function watchTail(bytes: AsyncIterable<Uint8Array>) {
  let tail = Buffer.alloc(0)
  async function* watched(): AsyncGenerator<Uint8Array> {
    for await (const piece of bytes) {
      tail = Buffer.concat([tail, piece.subarray(-64)]).subarray(-64)
      yield piece
    }
  }
  return { watched: watched(), tail: () => tail.toString('latin1') }
}

async function readJson(bytes: AsyncIterable<Uint8Array>): Promise<unknown> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const piece of bytes) {
    text += decoder.decode(piece, { stream: true })
    if (text.length > maxJsonLength) throw brokeOff()
  }
  return JSON.parse(text)
}

/** A whole answer as the one chunk of a stream. */
function toChunk(body: unknown, headers: Headers): AnyChunk {
  const { error, choices, usage } = body as { error?: object; choices?: unknown; usage?: unknown }
  if (error) throw new APIError(undefined, error, undefined, headers)
  if (!Array.isArray(choices)) throw new SyntaxError('JSON without an answer')
  const whole = choices.map((choice: { message?: object }) => ({
    ...choice,
    delta: choice.message,
  }))
  return { choices: whole, usage } as AnyChunk // all of it is checked where it is read
}
