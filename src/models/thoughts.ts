/** A piece of an answer, told apart into what is said and what is only thought. */
export interface Spoken {
  text: string
  thought: string
}

/** Takes the `<think>` block from the beginning of an answer. */
export interface ThoughtFilter {
  add(piece: string): Spoken
  /** The endpoint keeps thoughts in a field of their own: whatever comes here is said. */
  trust(): Spoken
  finish(): Spoken
  /** Whether this answer began in a thought that only its end showed; undefined: cannot be told. */
  beganInThought(): boolean | undefined
}

const begin = '<think>'
const end = '</think>'

/**
 * Only a block at the very beginning is a thought; a tag further on, or in code, is what the model
 * says. Where `beginsInThought`, everything up to the first `</think>` is one too, and is held back
 * for it: some servers put the `<think>` into the prompt, so that the answer has only its end.
 */
export function createThoughtFilter({
  beginsInThought,
}: {
  beginsInThought: boolean
}): ThoughtFilter {
  let state: 'beginning' | 'thought' | 'waiting' | 'said' = 'beginning'
  let held = ''
  let hadThought = false
  let began: boolean | undefined
  const stray = createStrayEnd()

  function say(text: string): Spoken {
    state = 'said'
    held = ''
    stray.read(text)
    return { text, thought: '' }
  }

  /** The block is over at this place of what is held; after it, all begins anew. */
  function endThought(at: number): Spoken {
    const thought = held.slice(0, at)
    const rest = held.slice(at + end.length)
    hadThought = true
    state = 'beginning'
    held = ''
    const next = read(rest)
    return { text: next.text, thought: thought + next.thought }
  }

  function readBeginning(): Spoken {
    const text = held.trimStart()
    if (text.length < begin.length && begin.startsWith(text)) return nothing
    if (text.startsWith(begin)) {
      state = 'thought'
      held = text.slice(begin.length)
      return readThought()
    }
    if (beginsInThought && !hadThought) {
      state = 'waiting'
      return readWaiting(held)
    }
    return say(hadThought ? text : held)
  }

  function readThought(): Spoken {
    const at = held.indexOf(end)
    if (at !== -1) return endThought(at)
    // Perhaps the first half of the tag.
    const cut = held.length - partialLength(held)
    const thought = held.slice(0, cut)
    held = held.slice(cut)
    return { text: '', thought }
  }

  function readWaiting(piece: string): Spoken {
    // Looks through all of it only where there may be something.
    const at = piece.includes('>') ? indexOutsideCode(held) : -1
    if (at === -1) return nothing
    began = true
    return endThought(at)
  }

  function read(piece: string): Spoken {
    if (state === 'said') return say(piece)
    held += piece
    if (state === 'beginning') return readBeginning()
    return state === 'thought' ? readThought() : readWaiting(piece)
  }

  return {
    add: read,
    trust() {
      if (!beginsInThought || state === 'said') return nothing
      beginsInThought = false
      began = false
      return state === 'waiting' ? say(held) : nothing
    },
    finish() {
      if (state === 'thought') return { text: '', thought: held }
      if (state === 'waiting') began = false
      return say(hadThought ? held.trimStart() : held)
    },
    beganInThought: () => began ?? (stray.found() ? true : undefined),
  }
}

const nothing: Spoken = { text: '', thought: '' }

/** How much of the end of the text may be the beginning of `</think>`. */
function partialLength(text: string): number {
  for (let length = Math.min(end.length - 1, text.length); length > 0; length--) {
    if (end.startsWith(text.slice(-length))) return length
  }
  return 0
}

/** Where the first `</think>` is that is not in code; -1: nowhere. */
function indexOutsideCode(text: string): number {
  for (let at = text.indexOf(end); at !== -1; at = text.indexOf(end, at + 1)) {
    if (text.slice(0, at).split('`').length % 2 === 1) return at
  }
  return -1
}

/** Watches what is said for the end of a thought that nobody saw begin. */
function createStrayEnd() {
  let line = ''
  let inCode = false
  let found = false
  let sawBegin = false

  function readLine(text: string): void {
    if (text.trimStart().startsWith('```')) inCode = !inCode
    if (text.includes(begin)) sawBegin = true
    if (inCode || sawBegin || text.includes('`')) return
    if (text.trimEnd().endsWith(end)) found = true
  }

  return {
    read(text: string): void {
      if (found || sawBegin) return
      line += text
      if (!text.includes('\n') && line.length < 8192) return
      const lines = line.split('\n')
      line = lines.pop()?.slice(-4096) ?? ''
      for (const whole of lines) readLine(whole)
    },
    found: () => found,
  }
}
