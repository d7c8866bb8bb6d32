import { isObject } from '../endpoint-values.ts'
import { mask, retryAfterMs } from '../provider-error.ts'

/** What an endpoint refused, to be told to the client in the API's envelope. */
export interface ClientRefusal {
  status: number
  /** The endpoint's own words, shortened. */
  said: string
  toResponse(): Response
}

const maxBytes = 64 * 1024
const maxSaid = 2000

/** Reads the refusal, whatever its shape; neither the key nor an address or account gets through. */
export async function toClientRefusal(
  response: Response,
  { apiKey }: { apiKey: string | undefined },
): Promise<ClientRefusal> {
  const { status, headers } = response
  const text = await readText(response)
  const error = toError(text, { status, apiKey })
  const waitMs = retryAfterMs(headers)
  return {
    status,
    said: text,
    toResponse: () =>
      new Response(JSON.stringify({ error }), {
        status,
        headers: {
          'content-type': 'application/json',
          ...(waitMs !== undefined && {
            'retry-after': String(Math.ceil(waitMs / 1000)),
            'retry-after-ms': String(Math.ceil(waitMs)),
          }),
        },
      }),
  }
}

/** As much of the body as can be a message. */
async function readText({ body }: Response): Promise<string> {
  if (body === null) return ''
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    size += chunk.byteLength
    // Leaving the loop gives up the rest.
    if (size >= maxBytes) break
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8')
}

function toError(
  text: string,
  { status, apiKey }: { status: number; apiKey: string | undefined },
): Record<'message' | 'type' | 'param' | 'code', string | null> {
  const shown = (value: unknown) =>
    typeof value === 'string' || typeof value === 'number'
      ? mask(String(value), apiKey)
          .replaceAll(/\b(?:org|proj)[-_]\w{6,}/g, '[account]')
          .slice(0, maxSaid)
      : null
  const { message, type, param, code } = membersOf(text)
  const said = shown(message)
  return {
    message: said ?? withoutWords(status, shown(isPage(text) ? '' : text.trim()) ?? ''),
    type: shown(type) ?? (status === 429 ? 'requests' : 'invalid_request_error'),
    param: shown(param),
    code: shown(code) ?? (status === 429 ? 'rate_limit_exceeded' : null),
  }
}

/** OpenAI's envelope, and what others make of it: the error as a text, or without an envelope. */
function membersOf(text: string): Record<string, unknown> {
  const body = parse(text)
  if (!isObject(body)) return {}
  const { error, detail, message } = body
  if (isObject(error)) return error
  if (typeof error === 'string') return { message: error }
  if (typeof message === 'string') return body
  if (typeof detail === 'string') return { message: detail }
  return {}
}

function withoutWords(status: number, text: string): string {
  if (text !== '')
    return `The model endpoint refused the request (${status}): ${text.slice(0, 300)}`
  return status === 404
    ? 'The model endpoint does not offer this (404).'
    : `The model endpoint refused the request (${status}).`
}

function isPage(text: string): boolean {
  return text.trimStart().startsWith('<')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
