import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

import { Tokenizer, TokenParser, TokenType } from '@streamparser/json'

/** Where something stands in a file, for a person to find it. */
export interface Place {
  file: string
  /** Counted from 1. */
  line: number
  /** The members that lead to it from the line's value, or from the file's: `threads[3].messages[0]`. */
  path: string
}

/** A JSON object that has just ended; inner ones come before those around them. */
export interface FoundObject {
  value: Record<string, unknown>
  /** The members that lead to it from the value at the top. */
  keys: readonly Key[]
  /** What it is in, the outermost first, as far as it has been read. */
  around: readonly unknown[]
  /** Objects that were in it, or in a list of it, are dealt with already, and gone. */
  isEmptied: boolean
  place: Place
}

type Key = string | number

export interface JsonReader {
  /** True: it is dealt with, and what is around it need not hold it any longer. */
  onObject: (found: FoundObject) => boolean
  /**
   * Something that is not JSON, after the object at the place. The rest of the line is left out where
   * each line is a value of its own, else the rest of the file.
   */
  onBroken: (place: Place, reason: string) => void
  /** Bytes of the file that were read since the last time. */
  onProgress: (bytes: number) => void
}

const newline = 0x0a
/** More than any export has; a parser of hostile depth would fill the memory. */
const maxDepth = 500
const cutOff = 'the value is cut off'

/**
 * Reads JSON, or JSON values one after another such as JSON lines, without ever holding more than one
 * object that `onObject` takes. Also compressed with gzip, and in the UTF-16 that PowerShell writes.
 */
export async function readJson(file: string, reader: JsonReader): Promise<void> {
  const isCompressed = (await firstBytes(file)).subarray(0, 2).equals(Buffer.of(0x1f, 0x8b))
  const input = counted(createReadStream(file, { highWaterMark: 256 * 1024 }), reader)
  const lines = createLineReader(file, reader)
  try {
    for await (const chunk of inUtf8(isCompressed ? decompressed(input) : input)) lines.write(chunk)
  } catch (error) {
    if (!isDamage(error)) throw error
    return lines.break(toReason(error))
  }
  lines.end()
}

async function* counted(input: Readable, { onProgress }: JsonReader): AsyncGenerator<Buffer> {
  for await (const chunk of input as AsyncIterable<Buffer>) {
    onProgress(chunk.length)
    yield chunk
  }
}

/** Of a compressed file. */
function isDamage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')
}

async function firstBytes(file: string): Promise<Buffer> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

function decompressed(input: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  // Whoever reads it gets the errors of both.
  return pipeline(input, createGunzip(), () => {})
}

async function* inUtf8(input: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let decoder: TextDecoder | undefined
  let isFirst = true
  for await (const chunk of input) {
    let bytes = chunk
    if (isFirst) {
      isFirst = false
      const [first, second, third] = bytes
      if (first === 0xff && second === 0xfe) decoder = new TextDecoder('utf-16le')
      if (first === 0xfe && second === 0xff) decoder = new TextDecoder('utf-16be')
      if (first === 0xef && second === 0xbb && third === 0xbf) bytes = bytes.subarray(3)
    }
    yield decoder ? Buffer.from(decoder.decode(bytes, { stream: true })) : bytes
  }
}

/** Feeds a parser; where each line is a value of its own, a broken one does not spoil the next. */
function createLineReader(file: string, reader: JsonReader) {
  let line = 1
  let path = ''
  /** Known at the end of the first line that is not empty. */
  let isLines: boolean | undefined
  let isBroken = false
  const newParser = () =>
    createObjectParser((found) => {
      path = toPath(found.keys)
      return reader.onObject({ ...found, place: { file, line, path } })
    })
  let parser = newParser()

  function parse(bytes: Buffer): void {
    if (isBroken || bytes.length === 0) return
    try {
      parser.write(bytes)
    } catch (error) {
      fail(toReason(error))
    }
  }

  function fail(reason: string): void {
    isBroken = true
    reader.onBroken({ file, line, path }, reason)
  }

  function endLine(): void {
    if (parser.hasBegun() || isBroken) isLines ??= isBroken || parser.isBetweenValues()
    if (isLines !== true) return
    if (!isBroken && !parser.isBetweenValues()) fail(cutOff)
    if (isBroken) parser = newParser()
    isBroken = false
    path = ''
  }

  return {
    write(chunk: Buffer): void {
      let start = 0
      for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
        parse(chunk.subarray(start, end + 1))
        endLine()
        line += 1
        start = end + 1
      }
      parse(chunk.subarray(start))
    },
    break: fail,
    end(): void {
      parse(Buffer.of(newline))
      if (!isBroken && !parser.isBetweenValues()) fail(cutOff)
    },
  }
}

type ParsedObject = Omit<FoundObject, 'place'>

function createObjectParser(onObject: (found: ParsedObject) => boolean) {
  // Any space between values will do; inside the process nothing ends before the file.
  const tokenizer = new Tokenizer({ separator: '', stringBufferSize: 64 * 1024 })
  const parser = new TokenParser({ separator: '' })
  const emptied = new WeakSet<object>()
  let hasBegun = false
  let depth = 0
  tokenizer.onToken = (info) => {
    hasBegun = true
    if (info.token === TokenType.LEFT_BRACE || info.token === TokenType.LEFT_BRACKET) depth += 1
    if (info.token === TokenType.RIGHT_BRACE || info.token === TokenType.RIGHT_BRACKET) depth -= 1
    if (depth > maxDepth) throw new Error(`nested deeper than ${maxDepth} levels`)
    parser.write(info)
  }
  parser.onValue = ({ value, key, parent, stack }) => {
    if (!isRecord(value)) return
    const above = stack.slice(1)
    const keys = [...above.map((each) => each.key), key].filter((each) => each !== undefined)
    const around = [...above.map((each) => each.value), ...(parent === undefined ? [] : [parent])]
    const isEmptied = [value, ...Object.values(value)].some(
      (each) => typeof each === 'object' && each !== null && emptied.has(each),
    )
    if (!onObject({ value, keys, around, isEmptied }) || parent === undefined) return
    emptied.add(parent)
    // The parser has just put it there.
    if (Array.isArray(parent)) parent.length -= 1
    else if (typeof key === 'string') delete parent[key]
  }
  return {
    write: (bytes: Buffer) => tokenizer.write(bytes),
    hasBegun: () => hasBegun,
    isBetweenValues: () => depth === 0,
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The parser's message, less its own state and a position in a piece of the file. */
function toReason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const reason = message.replace(/ at chunk position[^]*| in state [^]*/, '')
  return reason === 'Unexpected "\n"' ? cutOff : reason
}

function toPath(keys: readonly Key[]): string {
  let path = ''
  for (const key of keys) {
    if (typeof key === 'number') path += `[${key}]`
    else path += path === '' ? key : `.${key}`
  }
  return path
}
