// ECMAScript's "JSON.parse source text access", which TypeScript does not know yet.

interface ExactJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown
  rawJSON(text: string): object
}

const json: ExactJson = JSON as typeof JSON & ExactJson

/** So many digits, or an exponent: without either, every number fits in a double. */
const perhapsInexact = /\d{16}|\d[eE]/

/**
 * `JSON.parse`, but a whole number that a double cannot hold, or one beyond all doubles, becomes an
 * object that `JSON.stringify` writes as it was.
 */
export function parseExactly(text: string): unknown {
  if (!perhapsInexact.test(text)) return JSON.parse(text)
  return json.parse(text, (_key, value, { source }) => {
    if (typeof value !== 'number' || source === undefined || isExact(value)) return value
    return json.rawJSON(source)
  })
}

function isExact(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
}
