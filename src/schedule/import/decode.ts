import { encodingOf, type TextEncoding } from '../../text-encoding.ts'
import { ImportError } from './import-error.ts'
import { importLimits } from './limits.ts'

export interface DecodedText {
  text: string
  encoding: TextEncoding
  /** Characters that could not be read, or that no text has (NUL). */
  damaged: number
}

/** Bytes of a text file in any encoding → text. */
export function decode(bytes: Uint8Array): DecodedText {
  if (bytes.length > importLimits.fileBytes) {
    throw new ImportError('too_large', 'The file is larger than 10 MB; split it.')
  }
  const encoding = encodingOf(bytes)
  const whole = new TextDecoder(encoding).decode(bytes)
  const damaged = countOf(whole, '\ufffd') + countOf(whole, '\0')
  return { text: whole.replaceAll('\0', ''), encoding, damaged }
}

function countOf(text: string, character: string): number {
  let count = 0
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) count += 1
  return count
}
