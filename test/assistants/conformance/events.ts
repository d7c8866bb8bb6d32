/** One block of a stream as it came over the wire. */
export interface WireEvent {
  event: string
  /** Parsed, but for `[DONE]`. */
  data: unknown
}

/**
 * Takes a whole stream apart, byte for byte: an event is exactly two lines and an empty one
 * (reference 4.1); throws for anything else but comments.
 */
export function toEvents(stream: string): WireEvent[] {
  if (!stream.endsWith('\n\n')) throw new Error(`the stream breaks off: ${stream.slice(-200)}`)
  const blocks = stream.slice(0, -2).split('\n\n')
  return blocks.flatMap((block) => (block.startsWith(': ') ? [] : [toEvent(block)]))
}

function toEvent(block: string): WireEvent {
  const [, event, data] = /^event: ([\w.]+)\ndata: ([^\n]*)$/.exec(block) ?? []
  if (event === undefined || data === undefined) throw new Error(`not an event: ${block}`)
  return { event, data: data === '[DONE]' ? data : (JSON.parse(data) as unknown) }
}

/** A stream that is still going on. */
export interface OpenStream {
  /** Reads on until this text has come; all that has come. */
  until(text: string): Promise<string>
  /** Reads to the end; the whole stream. */
  whole(): Promise<string>
  /** Closes the connection. */
  leave(): Promise<void>
}

export function readStream(response: Response): OpenStream {
  if (!response.body) throw new Error('no body')
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let seen = ''
  async function until(text: string): Promise<string> {
    while (!seen.includes(text)) {
      const { value, done } = await reader.read()
      if (done) throw new Error(`the stream ended without ${text}: ${seen}`)
      seen += value
    }
    return seen
  }
  return {
    until,
    async whole() {
      for (;;) {
        const { value, done } = await reader.read()
        if (done) return seen
        seen += value
      }
    },
    leave: () => reader.cancel(),
  }
}
