import type { SandboxLimits, SandboxOutput } from './messages.ts'

/** What a cell gives, in order, within its limits. */
export interface OutputLog {
  /** The bytes are copied. */
  print(bytes: Uint8Array): void
  show(picture: { filename: string; content: Uint8Array }): void
  /** A picture was not shown; the outputs say so. */
  leaveOut(): void
  /** Returns everything since the last call. */
  take(): SandboxOutput[]
}

type Limits = Pick<SandboxLimits, 'logBytes' | 'pictures' | 'pictureBytes' | 'allPictureBytes'>

/**
 * Text beyond the limit loses its middle: the beginning says what the code does, the end has the
 * traceback. A quarter is kept for the end.
 */
export function createOutputLog(limits: Limits): OutputLog {
  const { logBytes, pictures, pictureBytes, allPictureBytes } = limits
  const tailBytes = Math.floor(logBytes / 4)
  const headBytes = logBytes - tailBytes
  let entries: (SandboxOutput | { type: 'text'; parts: Uint8Array[] })[] = []
  let headUsed = 0
  let tail: Uint8Array[] = []
  let tailUsed = 0
  let dropped = 0
  let shown = 0
  let shownBytes = 0
  let leftOut = 0

  function textEntry(): Uint8Array[] {
    const last = entries.at(-1)
    if (last?.type === 'text') return last.parts
    const parts: Uint8Array[] = []
    entries.push({ type: 'text', parts })
    return parts
  }

  function keepAtEnd(bytes: Uint8Array): void {
    tail.push(bytes.slice(-tailBytes))
    tailUsed += Math.min(bytes.length, tailBytes)
    dropped += Math.max(bytes.length - tailBytes, 0)
    // In rare sweeps: a loop that prints single characters would make each one a search.
    if (tailUsed > 4 * tailBytes || tail.length > 4096) trimTail()
  }

  function trimTail(): void {
    const all = Buffer.concat(tail)
    const kept = all.subarray(-tailBytes)
    dropped += all.length - kept.length
    tail = [new Uint8Array(kept)]
    tailUsed = kept.length
  }

  function endText(): void {
    if (tail.length === 0) return
    trimTail()
    const note = dropped > 0 ? `\n[… ${dropped} bytes of output left out …]\n` : ''
    textEntry().push(new TextEncoder().encode(note), ...tail)
  }

  return {
    print(bytes) {
      const room = headBytes - headUsed
      if (room > 0) textEntry().push(bytes.slice(0, room))
      headUsed += Math.min(bytes.length, Math.max(room, 0))
      if (bytes.length > room) keepAtEnd(bytes.slice(Math.max(room, 0)))
    },
    show({ filename, content }) {
      const isTooMuch =
        content.length > pictureBytes || shownBytes + content.length > allPictureBytes
      if (shown >= pictures || isTooMuch) {
        leftOut += 1
        return
      }
      shown += 1
      shownBytes += content.length
      entries.push({ type: 'image', filename, content })
    },
    leaveOut() {
      leftOut += 1
    },
    take() {
      endText()
      if (leftOut > 0) {
        const note = `[${leftOut} more pictures are not shown: at most ${pictures}, of ${megabytes(pictureBytes)} MB each and ${megabytes(allPictureBytes)} MB together]\n`
        textEntry().push(new TextEncoder().encode(note))
      }
      const outputs = entries.map((entry): SandboxOutput => {
        if (entry.type !== 'text') return entry
        return { type: 'logs', logs: Buffer.concat(entry.parts).toString('utf8') }
      })
      entries = []
      tail = []
      headUsed = tailUsed = dropped = shown = shownBytes = leftOut = 0
      return outputs.filter((output) => output.type === 'image' || output.logs !== '')
    },
  }
}

function megabytes(bytes: number): number {
  return Math.floor(bytes / 1_000_000)
}
