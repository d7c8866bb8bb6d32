/**
 * The beginning and the end of a text that is too long, with a note between them; at most `maxBytes`
 * of UTF-8, and no character is cut.
 */
export function cutMiddle(text: string, maxBytes: number): string {
  // No code unit takes more than three.
  if (text.length * 3 <= maxBytes) return text
  const bytes = Buffer.from(text)
  if (bytes.length <= maxBytes) return text
  const note = `\n[… ${bytes.length - maxBytes} bytes and some left out …]\n`
  const half = Math.max(0, Math.floor((maxBytes - Buffer.byteLength(note)) / 2))
  let end = half
  while (end > 0 && isContinuation(bytes[end])) end -= 1
  let start = bytes.length - half
  while (start < bytes.length && isContinuation(bytes[start])) start += 1
  return bytes.toString('utf8', 0, end) + note + bytes.toString('utf8', start)
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}
