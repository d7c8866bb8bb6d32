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
