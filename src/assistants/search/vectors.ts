/** A vector as the index keeps it: small enough that a hundred thousand can be compared in a search. */
export interface StoredVector {
  /** Of each number whether it is above 0, eight to a byte: enough to find what may be near. */
  bits: Uint8Array
  /** Each number in one byte, the largest as 127: enough to say how near. */
  fine: Uint8Array
}

export function toStoredVector(vector: Float32Array): StoredVector {
  return { bits: toBits(vector), fine: toFine(vector) }
}

/** The first number is the highest bit of the first byte; what is left of the last byte is 0. */
export function toBits(vector: Float32Array): Uint8Array {
  const bits = new Uint8Array(Math.ceil(vector.length / 8))
  for (const [place, number] of vector.entries()) {
    if (number > 0) bits[place >> 3] = (bits[place >> 3] ?? 0) | (0x80 >> (place & 7))
  }
  return bits
}

function toFine(vector: Float32Array): Uint8Array {
  let largest = 0
  for (const number of vector) largest = Math.max(largest, Math.abs(number))
  const fine = new Int8Array(vector.length)
  // Only the direction counts, so every vector may have a scale of its own.
  for (const [place, number] of vector.entries()) {
    fine[place] = largest === 0 ? 0 : Math.round((number / largest) * 127)
  }
  return new Uint8Array(fine.buffer)
}

/** The cosine of the angle between a question and what was stored, 0 where it is below 0. */
function similarity(question: Float32Array, fine: Uint8Array): number {
  const stored = new Int8Array(fine.buffer, fine.byteOffset, fine.byteLength)
  if (stored.length !== question.length) return 0
  let product = 0
  let questionSquare = 0
  let storedSquare = 0
  for (let place = 0; place < stored.length; place += 1) {
    const one = question[place] ?? 0
    const other = stored[place] ?? 0
    product += one * other
    questionSquare += one * one
    storedSquare += other * other
  }
  const lengths = Math.sqrt(questionSquare * storedSquare)
  return lengths === 0 ? 0 : Math.min(Math.max(product / lengths, 0), 1)
}

/** Candidates of one question by meaning, the best first. */
export function rankByMeaning(
  question: Float32Array,
  candidates: readonly { id: number; fine: Uint8Array }[],
): { id: number; score: number }[] {
  return candidates
    .map(({ id, fine }) => ({ id, score: similarity(question, fine) }))
    .filter(({ score }) => score > 0)
    .toSorted((one, other) => other.score - one.score || one.id - other.id)
}
