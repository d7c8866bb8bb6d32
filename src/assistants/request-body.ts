import type { z } from 'zod'

import { InvalidRequestError } from '../errors.ts'
import type { ApiContext } from './reply.ts'
import { parseRequest } from './wire/parse.ts'

export interface BodyRules {
  /** Of JSON in one request. */
  maxBytes: number
  /** Values of any kind in one body; megabytes of `1,1,…` would be checked for seconds. */
  maxValues: number
  /** Parses; default `JSON.parse`. */
  parse?: (text: string) => unknown
}

/** 32 messages of the longest text fit in most languages. */
const objectRules: BodyRules = { maxBytes: 8 * 1024 * 1024, maxValues: 50_000 }

/** The request's body, checked. No body at all counts as `{}`: some clients send none. */
export async function readBody<Schema extends z.ZodType>(
  context: ApiContext,
  schema: Schema,
  rules = objectRules,
): Promise<z.output<Schema>> {
  const text = await readText(context, rules)
  return parseRequest(schema, text === '' ? {} : parseJson(text, rules))
}

function parseJson(text: string, { maxValues, parse = JSON.parse }: BodyRules): unknown {
  if (hasTooManyValues(text, maxValues)) {
    throw tooLarge(
      `at most ${maxValues} values, such as objects, strings and numbers, are accepted`,
    )
  }
  try {
    return parse(text)
  } catch (cause) {
    throw new InvalidRequestError(
      'We could not parse the JSON body of your request. (HINT: This likely means you aren\'t using your HTTP library correctly. The body must be JSON in UTF-8, such as {"model": "..."}.)',
      { cause },
    )
  }
}

/** Counted in the text, because parsing so many takes most of the time. */
function hasTooManyValues(text: string, maxValues: number): boolean {
  let count = 0
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]
    if (character === '"') at = endOfString(text, at)
    else if (character === ',' || character === '[' || character === '{') count += 1
    if (count > maxValues) return true
  }
  return false
}

/** Where the closing quote is, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0
    while (text[end - 1 - backslashes] === '\\') backslashes += 1
    if (backslashes % 2 === 0) return end
  }
  return text.length
}

async function readText({ req }: ApiContext, { maxBytes }: BodyRules): Promise<string> {
  try {
    return await readWithin(req.raw, req.header('content-length'), maxBytes)
  } catch (cause) {
    if (cause instanceof InvalidRequestError) throw cause
    // The client went away, or its request was no HTTP any more.
    throw new InvalidRequestError('The request body broke off.', { cause })
  }
}

/** The body is counted while it arrives, because its announced length may be absent. */
async function readWithin(
  request: Request,
  announced: string | undefined,
  maxBytes: number,
): Promise<string> {
  if (announced !== undefined && Number(announced) > maxBytes) throw tooManyBytes(maxBytes)
  // An HTTP server holds a client to the length that it announced.
  if (announced !== undefined) return request.text()
  if (request.body === null) return ''
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body) {
    size += chunk.byteLength
    // Leaving the loop cancels the rest of the body.
    if (size > maxBytes) throw tooManyBytes(maxBytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size).toString('utf8')
}

function tooManyBytes(maxBytes: number): InvalidRequestError {
  return tooLarge(`at most ${maxBytes} bytes are accepted`)
}

function tooLarge(limit: string): InvalidRequestError {
  return new InvalidRequestError(
    `The request body is too large: ${limit}. Send long conversations as several messages, each in a request of its own.`,
    { apiCode: 'request_too_large' },
  )
}
