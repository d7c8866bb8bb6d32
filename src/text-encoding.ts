import { isUtf8 } from 'node:buffer'

/** As `TextDecoder` names them. */
export type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'gb18030' | 'windows-1252'

/**
 * How the bytes of a text file are to be decoded. A byte order mark decides; without one it is UTF-16
 * if it has the NULs of UTF-16, UTF-8 if it is valid or nearly, UTF-16 again if its units are those of Chinese, GB18030 if its byte pairs are those of
 * Chinese, else Windows-1252.
 */
export function encodingOf(bytes: Uint8Array): TextEncoding {
  const marked = encodingByMark(bytes)
  if (marked) return marked
  // ASCII in UTF-16 is also valid UTF-8, with a NUL in every unit.
  if (isUtf8(bytes)) return utf16ByNuls(bytes, 0.3) ?? 'utf-8'
  const wide = utf16ByHan(bytes) ?? utf16ByNuls(bytes, 0.05)
  if (wide) return wide
  if (isNearlyUtf8(bytes)) return 'utf-8'
  return hasChinesePairs(bytes) ? 'gb18030' : 'windows-1252'
}

function encodingByMark(bytes: Uint8Array): TextEncoding | null {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8'
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  if (bytes[0] === 0x84 && bytes[1] === 0x31 && bytes[2] === 0x95 && bytes[3] === 0x33) {
    return 'gb18030'
  }
  return null
}

const sampleBytes = 64 * 1024

/** Separators, digits and line ends have a NUL for their other half, on the same side throughout; `share`: of all units. */
function utf16ByNuls(bytes: Uint8Array, share: number): 'utf-16le' | 'utf-16be' | null {
  if (bytes.length % 2 !== 0) return null
  const sample = bytes.subarray(0, sampleBytes)
  let first = 0
  let second = 0
  for (let at = 0; at + 1 < sample.length; at += 2) {
    if (sample[at] === 0) first += 1
    if (sample[at + 1] === 0) second += 1
  }
  const enough = (sample.length / 2) * share
  if (second > enough && second > first * 10) return 'utf-16le'
  if (first > enough && first > second * 10) return 'utf-16be'
  return null
}

/** Chinese without a space or line end: one half is of Han or its punctuation, the other is anything. */
function utf16ByHan(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  if (bytes.length % 2 !== 0) return null
  const sample = bytes.subarray(0, sampleBytes)
  const han = { first: 0, second: 0 }
  const unprintable = { first: 0, second: 0 }
  for (let at = 0; at + 1 < sample.length; at += 2) {
    const [first = 0, second = 0] = [sample[at], sample[at + 1]]
    if (isHanHalf(first)) han.first += 1
    if (isHanHalf(second)) han.second += 1
    if (first < 0x20 || first > 0x7e) unprintable.first += 1
    if (second < 0x20 || second > 0x7e) unprintable.second += 1
  }
  const units = sample.length / 2
  if (han.first > units * 0.9 && unprintable.second > units * 0.3) return 'utf-16be'
  if (han.second > units * 0.9 && unprintable.first > units * 0.3) return 'utf-16le'
  return null
}

function isHanHalf(byte: number): boolean {
  return (byte >= 0x4e && byte <= 0x9f) || byte === 0x30 || byte === 0xff
}

/** One damaged character does not make a text Chinese: the others are whole sequences of UTF-8. */
function isNearlyUtf8(bytes: Uint8Array): boolean {
  let whole = 0
  let broken = 0
  for (let at = 0; at < bytes.length;) {
    const lead = bytes[at] ?? 0
    if (lead < 0x80) {
      at += 1
      continue
    }
    const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0
    const tail = bytes.subarray(at + 1, at + length)
    const isWhole = length > 0 && tail.length === length - 1 && tail.every(isTail)
    if (isWhole) whole += 1
    else broken += 1
    at += isWhole ? length : 1
  }
  return broken > 0 && whole > broken * 20
}

function isTail(byte: number): boolean {
  return byte >= 0x80 && byte < 0xc0
}

/**
 * Chinese text is nearly all in GB 2312, whose pairs have both bytes above 0xA0; the accented letters
 * of Windows-1252 stand between ASCII ones.
 */
function hasChinesePairs(bytes: Uint8Array): boolean {
  let chinese = 0
  let other = 0
  for (let at = 0; at < bytes.length; at += 1) {
    const lead = bytes[at] ?? 0
    if (lead < 0x80) continue
    const trail = bytes[at + 1] ?? 0
    if (lead >= 0xa1 && lead <= 0xf7 && trail >= 0xa1) chinese += 1
    else other += 1
    // A pair of the larger sets takes its second byte along; a lone accented letter does not.
    if (trail >= 0x80) at += 1
  }
  return chinese > other * 2
}
