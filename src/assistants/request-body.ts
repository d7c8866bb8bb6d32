import type { z } from 'zod'

import { InvalidRequestError } from '../errors.ts'
import type { ApiContext } from './reply.ts'
import { parseRequest } from './wire/parse.ts'

/** Bytes of JSON in one request; 32 messages of the longest text fit in most languages. */
const maxBytes = 8 * 1024 * 1024

/** The request's body, checked. No body at all counts as `{}`: some clients send none. */
export async function readBody<Schema extends z.ZodType>(
  context: ApiContext,
  schema: Schema,
): Promise<z.output<Schema>> {
  const text = await readText(context.req.raw, context.req.header('content-length'))
  return parseRequest(schema, text === '' ? {} : parseJson(text))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new InvalidRequestError(
      'We could not parse the JSON body of your request. (HINT: This likely means you aren\'t using your HTTP library correctly. The body must be JSON in UTF-8, such as {"model": "..."}.)',
      { cause },
    )
  }
}

/** The body is counted while it arrives, because its announced length may be absent. */
async function readText(request: Request, announced: string | undefined): Promise<string> {
  if (announced !== undefined && Number(announced) > maxBytes) throw tooLarge()
  // An HTTP server holds a client to the length that it announced.
  if (announced !== undefined) return request.text()
  if (request.body === null) return ''
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body) {
    size += chunk.byteLength
    // Leaving the loop cancels the rest of the body.
    if (size > maxBytes) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size).toString('utf8')
}

function tooLarge(): InvalidRequestError {
  return new InvalidRequestError(
    `The request body is too large: at most ${maxBytes} bytes are accepted. Send long conversations as several messages, each in a request of its own.`,
    { apiCode: 'request_too_large' },
  )
}
