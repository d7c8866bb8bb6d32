import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { APIError } from 'openai'

import { brokeOff, neverEnds } from './provider-error.ts'

/** What one read from the connection brought; no pieces where it was a sign of life only. */
export interface Batch<Piece> {
  pieces: Piece[]
  /** The endpoint has said that this is all. */
  isLast: boolean
}

/** Characters without the end of an event: far more than any endpoint sends. */
const maxEventLength = 8 * 1024 * 1024
/** Characters of an answer, or of anything else, that comes in one piece. */
const maxJsonLength = 16 * 1024 * 1024

/**
 * The pieces of an answer, whatever the endpoint calls it: events, or one JSON body although a stream
 * was asked for, which `fromWhole` makes a piece of. Throws what the endpoint reports as its error,
 * after all that came before it. Where the connection ends without a last batch, only who reads the
 * pieces can tell whether the answer is whole.
 */
export async function* readAnswer<Piece extends object>(
  { body, headers }: Response,
  fromWhole: (answer: object) => Piece,
): AsyncGenerator<Batch<Piece>> {
  if (!body) throw brokeOff()
  const decoder = new TextDecoder()
  const events = createEventReader<Piece>(headers)
  const json: string[] = []
  let first: string | undefined
  let length = 0
  for await (const bytes of body) {
    const text = decoder.decode(bytes, { stream: true })
    first ??= /\S/.exec(text)?.[0]
    if (first === '<') throw new SyntaxError('a page instead of an answer')
    if (first !== '{') {
      yield* events.read(text)
      continue
    }
    length += text.length
    if (length > maxJsonLength) throw neverEnds()
    json.push(text)
    yield { pieces: [], isLast: false }
  }
  if (first !== '{') return yield* events.end(decoder.decode())
  const answer = asAnswer(JSON.parse(json.join('') + decoder.decode()), { headers })
  if (answer) yield { pieces: [fromWhole(answer)], isLast: true }
}

/** A JSON body of bounded length, for what is no answer of a model. */
export async function readJson({ body }: Response): Promise<unknown> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const bytes of body ?? []) {
    text += decoder.decode(bytes, { stream: true })
    if (text.length > maxJsonLength) throw neverEnds()
  }
  return JSON.parse(text)
}

function createEventReader<Piece>(headers: Headers) {
  let pieces: Piece[] = []
  let isLast = false
  let failure: unknown
  let silence = 0
  const parser = createParser({ onEvent })

  function onEvent({ event, data }: EventSourceMessage): void {
    silence = 0
    if (isLast || failure !== undefined) return
    if (data.trim() === '[DONE]') {
      isLast = true
      return
    }
    try {
      const answer = asAnswer(JSON.parse(data), { headers, event })
      // All of it is checked where it is read.
      if (answer) pieces.push(answer as Piece)
    } catch (error) {
      failure = error
    }
  }

  function* take(): Generator<Batch<Piece>> {
    const batch = { pieces, isLast }
    pieces = []
    yield batch
    if (failure !== undefined) throw failure
  }

  return {
    *read(text: string): Generator<Batch<Piece>> {
      silence += text.length
      parser.feed(text)
      yield* take()
      if (silence > maxEventLength) throw neverEnds()
    },
    /** The last event may come without the empty line that ends it, or be cut in the middle. */
    *end(text: string): Generator<Batch<Piece>> {
      const before = failure
      parser.feed(`${text}\n\n`)
      if (failure instanceof SyntaxError) failure = before
      yield* take()
    },
  }
}

/** Nothing where the value cannot be a piece of an answer; throws where it is an error. */
function asAnswer(
  value: unknown,
  { headers, event }: { headers: Headers; event?: string | undefined },
): object | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const error: unknown = 'error' in value ? value.error : undefined
  if (error) throw toApiError(error, headers)
  // The Responses API has such an event of its own.
  const isOwn = 'type' in value && value.type === 'error'
  if (event === 'error' && !isOwn) throw toApiError(value, headers)
  return value
}

function toApiError(error: unknown, headers: Headers): APIError {
  const body = typeof error === 'object' && error !== null ? error : { message: String(error) }
  return new APIError(undefined, body, undefined, headers)
}
