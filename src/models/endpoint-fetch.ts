/** An error longer than this is a page; nobody reads on. */
const maxErrorBytes = 64 * 1024

/**
 * A `fetch` whose errors all look like OpenAI's: `{ error: { message, … } }`, whichever of their own
 * shapes the endpoint has. The SDK would lose what the others say. Redirects are not followed.
 */
export function fetchWithReadableErrors(send: typeof fetch): typeof fetch {
  return async (input, init) => {
    const response = await send(input, { ...init, redirect: 'manual' })
    if (response.ok) return response
    const text = await readStart(response)
    const headers = new Headers(response.headers)
    for (const name of ['content-encoding', 'content-length']) headers.delete(name)
    const { status, statusText } = response
    return new Response(toEnvelope(text), { status, statusText, headers })
  }
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
