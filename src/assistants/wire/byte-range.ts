/** Both inclusive. */
export interface ByteRange {
  start: number
  end: number
}

/**
 * What a `Range` header asks for of so many bytes (RFC 9110, 14). Undefined: of everything, also where it
 * asks for several ranges or for what is no range; null: for nothing that there is.
 */
export function parseByteRange(
  header: string | undefined,
  bytes: number,
): ByteRange | null | undefined {
  const match = /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header ?? '')
  if (!match) return undefined
  const [, first = '', last = ''] = match
  if (first === '' && last === '') return undefined
  // The last so many bytes.
  if (first === '') {
    const count = Math.min(Number(last), bytes)
    return count === 0 ? null : { start: bytes - count, end: bytes - 1 }
  }
  const start = Number(first)
  const end = last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1)
  if (last !== '' && Number(last) < start) return undefined
  return start >= bytes ? null : { start, end }
}
