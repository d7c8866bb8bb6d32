const pieceLength = 400

/**
 * Pieces of at most 400 UTF-16 units, never ending inside a surrogate pair. The tokenizer's merging
 * is quadratic in the length of a run without spaces (200 000 Chinese characters took it minutes);
 * counted in pieces it is linear, and off by at most a token per cut, upwards.
 */
export function cut(text: string): string[] {
  const pieces: string[] = []
  for (let start = 0; start < text.length;) {
    let end = Math.min(start + pieceLength, text.length)
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end -= 1
    pieces.push(text.slice(start, end))
    start = end
  }
  return pieces
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}
