import { neverEnds } from './provider-error.ts'

/** An error longer than this is a page; nobody reads on. */
const maxErrorBytes = 64 * 1024
/** Longer than any event of an answer: the SDK holds one until the empty line that ends it. */
const maxEventBytes = 8 * 1024 * 1024

/**
 * A `fetch` whose errors all look like OpenAI's: `{ error: { message, … } }`, whichever of their own
 * shapes the endpoint has. The SDK would lose what the others say. An answer that goes on without an
 * end of any event breaks off.
 */
export function fetchWithReadableErrors(send: typeof fetch): typeof fetch {
  return async (input, init) => {
    const response = await send(input, init)
    if (response.ok) return withinBounds(response)
    const text = await readStart(response)
    const headers = new Headers(response.headers)
    for (const name of ['content-encoding', 'content-length']) headers.delete(name)
    const { status, statusText } = response
    return new Response(toEnvelope(text), { status, statusText, headers })
  }
}

function withinBounds(response: Response): Response {
  if (!response.body) return response
  const { status, statusText, headers } = response
  return new Response(endEvents(response.body), { status, statusText, headers })
}

function endEvents(body: ReadableStream<Uint8Array<ArrayBuffer>>) {
  const reader = body.getReader()
  let size = 0
  let endedLine = false
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { value, done } = await reader.read()
      if (done) return controller.close()
      size = (endedLine && isNewline(value[0])) || holdsEmptyLine(value) ? 0 : size + value.length
      endedLine = isNewline(value.at(-1))
      if (size <= maxEventBytes) return controller.enqueue(value)
      await reader.cancel()
      controller.error(neverEnds())
    },
    cancel: (reason) => reader.cancel(reason),
  })
}

function holdsEmptyLine(bytes: Uint8Array<ArrayBuffer>): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return text.includes('\n\n') || text.includes('\r\n\r\n')
}

function isNewline(byte: number | undefined): boolean {
  return byte === 0x0a || byte === 0x0d
}

async function readStart({ body }: Response): Promise<string> {
  if (!body) return ''
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const bytes of body) {
      text += decoder.decode(bytes, { stream: true })
      if (text.length >= maxErrorBytes) break
    }
  } catch {
    // The status says enough.
  }
  return text.slice(0, maxErrorBytes)
}

function toEnvelope(text: string): string {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return text
  }
  // Gemini wraps its errors in a list.
  const [first] = Array.isArray(body) ? (body as unknown[]) : [body]
  if (typeof first !== 'object' || first === null) return text
  if ('error' in first && first.error) return JSON.stringify({ error: first.error })
  // vLLM: `{ message }`; FastAPI and Mistral: `{ detail }`, a sentence or a list of complaints.
  const said = 'message' in first ? first.message : 'detail' in first ? first.detail : first
  const message = typeof said === 'string' ? said : JSON.stringify(said)
  return JSON.stringify({ error: { ...first, message } })
}
