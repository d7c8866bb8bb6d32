import { readFile } from 'node:fs/promises'

import { encodingOf, type TextEncoding } from '../../../text-encoding.ts'
import type { Source } from '../block.ts'
import { documentLimits } from '../limits.ts'
import { invalid, tooLarge } from '../refusals.ts'

/** A line of text, without its end; very long ones come in parts. */
export interface Line {
  text: string
  /** The line before goes on with this one. */
  continues: boolean
}

const sliceBytes = 256 * 1024
const lineLength = 16 * 1024

/**
 * A text file in any encoding, in slices. Throws `DocumentError` where the content is not text, or too
 * large to be.
 */
export async function* readText({ path, bytes: size }: Source): AsyncGenerator<string> {
  if (size > documentLimits.textBytes) throw tooLarge()
  const bytes = await readFile(path)
  const encoding = encodingOf(bytes)
  assertText(bytes, encoding)
  const decoder = new TextDecoder(encoding)
  for (let start = 0; start < bytes.length; start += sliceBytes) {
    yield tidy(decoder.decode(bytes.subarray(start, start + sliceBytes), { stream: true }))
  }
  yield tidy(decoder.decode())
}

/** The lines of a text file. */
export async function* readLines(source: Source): AsyncGenerator<Line> {
  let rest = ''
  let continues = false
  for await (const slice of readText(source)) {
    const lines = (rest + slice).split(/\r\n|\r(?!$)|\n|\f/u)
    rest = lines.pop() ?? ''
    for (const line of lines) {
      yield* partsOf(line, continues)
      continues = false
    }
    while (rest.length > lineLength) {
      const end = wholeCharacters(rest, lineLength)
      yield { text: rest.slice(0, end), continues }
      rest = rest.slice(end)
      continues = true
    }
  }
  yield* partsOf(rest.replace(/\r$/u, ''), continues)
}

function* partsOf(line: string, continues: boolean): Generator<Line> {
  let goesOn = continues
  let start = 0
  do {
    const end = wholeCharacters(line, start + lineLength)
    yield { text: line.slice(start, end), continues: goesOn }
    goesOn = true
    start = end
  } while (start < line.length)
}

/** The same place, or the next that does not cut a surrogate pair or a mark from its letter. */
function wholeCharacters(text: string, at: number): number {
  let end = Math.min(at, text.length)
  while (
    end < text.length &&
    end < at + 64 &&
    /^[\p{M}\u200d\udc00-\udfff]/u.test(text.slice(end))
  ) {
    end += 1
  }
  return end
}

/** Characters that no text has, and more blanks in a row than anybody means. */
function tidy(text: string): string {
  return text
    .replace(/(?![\t\n\f\r])[\p{Cc}\ufeff\ufffe\uffff]/gu, '')
    .replace(/[^\S\r\n]{100,}/gu, ' ')
}

const sampleBytes = 1024 * 1024

function assertText(bytes: Uint8Array, encoding: TextEncoding): void {
  const text = new TextDecoder(encoding).decode(bytes.subarray(0, sampleBytes))
  const strange = text.match(/(?![\b\s\u0085])[\p{Cc}\p{Co}\ufffd\ufffe\uffff]/gu)?.length ?? 0
  const isBinary = strange > Math.max(text.length / 50, 4) || isOtherFormat(bytes)
  if (isBinary) throw invalid('The file is not text, although its name says so.')
}

/** Formats that begin with text. */
function isOtherFormat(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.subarray(0, 16)).toString('latin1')
  return start.startsWith('%PDF-') || start.startsWith('{\\rtf') || start.startsWith('PK\x03\x04')
}
