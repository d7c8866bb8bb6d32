import { jsonrepair } from 'jsonrepair'

/**
 * The arguments of one function call as they arrive. What goes out is never taken back, so whatever
 * may turn out to be wrong JSON is held back until the next characters settle it.
 */
export interface ToolArguments {
  /** What of it may go out now. */
  add(text: string): string
  /**
   * What is left. Arguments that the endpoint called complete are repaired where that only adds to
   * what is out already; those beyond repair stay as the model wrote them, for the client to judge.
   */
  finish(options: { isComplete: boolean }): string
  /** Whether they are one whole object. */
  isWhole(): boolean
}

export function createToolArguments(): ToolArguments {
  const scan = createJsonScanner()
  const pieces: string[] = []
  /** Of all that came: what is out, and what is not. */
  let sent = 0
  let held = ''

  function take(length: number): string {
    const part = held.slice(0, length)
    held = held.slice(length)
    sent += length
    return part
  }

  return {
    add(fragment) {
      pieces.push(fragment)
      held += fragment
      const settled = scan.read(fragment)
      return settled > sent ? take(settled - sent) : ''
    },
    finish({ isComplete }) {
      // Some send everything a second time.
      if (scan.isWhole()) return ''
      if (!isComplete) return take(held.length)
      const text = pieces.join('')
      const repaired = repair(text)
      const fits = repaired !== undefined && repaired.startsWith(text.slice(0, sent))
      return fits ? repaired.slice(sent) : take(held.length)
    },
    isWhole: scan.isWhole,
  }
}

/** The object that was meant, as JSON; undefined where nobody can tell. */
function repair(text: string): string | undefined {
  if (text.trim() === '') return '{}'
  try {
    const repaired = jsonrepair(text)
    const value: unknown = JSON.parse(repaired)
    if (value === null) return '{}'
    // JSON within JSON.
    if (typeof value === 'string') return isObject(JSON.parse(value)) ? value : undefined
    return isObject(value) ? repaired : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

type Expected =
  | 'object'
  | 'keyOrEnd'
  | 'key'
  | 'colon'
  | 'value'
  | 'valueOrEnd'
  | 'commaOrEnd'
  | 'nothing'

const scalar = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/

/**
 * Reads one JSON object and knows how much of it is settled: a comma is not before what follows it
 * has begun, nor the end of a string, which may be a quotation mark that was not escaped.
 */
function createJsonScanner() {
  const open: ('{' | '[')[] = []
  let expected: Expected = 'object'
  let inside: 'key' | 'text' | undefined
  /** Characters of an escape that are still to come. */
  let escape = 0
  let word = ''
  let position = 0
  let settled = 0
  let isWrong = false

  function settle(): void {
    settled = position + 1
  }

  function fail(): void {
    isWrong = true
  }

  function readString(character: string): void {
    if (escape > 0) {
      const isUnicode = escape === 1 && word === '\\' && character === 'u'
      if (word === '\\') {
        if (!/["\\/bfnrtu]/.test(character)) return fail()
      } else if (!/[\da-fA-F]/.test(character)) return fail()
      word = 'u'
      escape = isUnicode ? 4 : escape - 1
      if (escape === 0) settle()
      return
    }
    if (character === '\\') {
      word = '\\'
      escape = 1
    } else if (character === '"') {
      expected = inside === 'key' ? 'colon' : 'commaOrEnd'
      inside = undefined
      word = ''
    } else if (character < ' ') fail()
    else settle()
  }

  function begin(kind: 'key' | 'text'): void {
    inside = kind
    settle()
  }

  function enter(bracket: '{' | '['): void {
    open.push(bracket)
    expected = bracket === '{' ? 'keyOrEnd' : 'valueOrEnd'
    settle()
  }

  function leave(): void {
    open.pop()
    expected = open.length === 0 ? 'nothing' : 'commaOrEnd'
    settle()
  }

  function readToken(character: string): void {
    const ends = open.at(-1) === '{' ? '}' : ']'
    switch (expected) {
      case 'object':
        return character === '{' ? enter('{') : fail()
      case 'keyOrEnd':
        if (character === '}') return leave()
        return character === '"' ? begin('key') : fail()
      case 'key':
        return character === '"' ? begin('key') : fail()
      case 'colon':
        if (character !== ':') return fail()
        expected = 'value'
        return settle()
      case 'valueOrEnd':
        if (character === ']') return leave()
        return readValue(character)
      case 'value':
        return readValue(character)
      case 'commaOrEnd':
        if (character === ends) return leave()
        if (character !== ',') return fail()
        expected = ends === '}' ? 'key' : 'value'
        return
      case 'nothing':
        return fail()
      default:
        return expected satisfies never
    }
  }

  function readValue(character: string): void {
    if (character === '"') return begin('text')
    if (character === '{' || character === '[') return enter(character)
    if (!/[-\dtfn]/.test(character)) return fail()
    word = character
  }

  function readCharacter(character: string): void {
    if (inside) return readString(character)
    const isSpace = /[ \t\r\n]/.test(character)
    if (word !== '') {
      if (!isSpace && !/[,\]}]/.test(character)) {
        word += character
        return
      }
      if (!scalar.test(word)) return fail()
      word = ''
      expected = 'commaOrEnd'
    }
    if (!isSpace) readToken(character)
  }

  return {
    /** How much is settled of all that has been read. */
    read(text: string): number {
      for (const character of text.split('')) {
        if (isWrong) break
        readCharacter(character)
        position += 1
      }
      return settled
    },
    isWhole: () => expected === 'nothing',
  }
}
