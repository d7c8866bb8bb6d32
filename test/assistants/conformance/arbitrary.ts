import type { AnySchemaObject } from 'ajv/dist/2020.js'
import fc from 'fast-check'

import { schemas } from './document.ts'

const maxDepth = 8

/** Values as a schema of the document describes them, mostly; bounds are there to be overstepped. */
export function arbitraryOf(schema: AnySchemaObject, depth = 0): fc.Arbitrary<unknown> {
  if (depth > maxDepth) return fc.constant(null)
  const { $ref, enum: values, anyOf, oneOf, allOf, type } = schema as Record<string, unknown>
  if (typeof $ref === 'string') {
    return arbitraryOf(schemas[$ref.split('/').at(-1) ?? ''] ?? {}, depth + 1)
  }
  const choices = (anyOf ?? oneOf ?? allOf) as AnySchemaObject[] | undefined
  if (choices) return fc.oneof(...choices.map((choice) => arbitraryOf(choice, depth + 1)))
  if (Array.isArray(values)) return fc.constantFrom(...(values as unknown[]))
  switch (type) {
    case 'string':
      return text
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'integer':
    case 'number':
      return fc.oneof(fc.integer({ min: 0, max: 2 }), fc.integer(), fc.double())
    case 'array':
      return fc.array(arbitraryOf((schema['items'] ?? {}) as AnySchemaObject, depth + 1), {
        maxLength: 4,
      })
    case 'object':
      return objectOf(schema, depth)
    default:
      return junk
  }
}

function objectOf(schema: AnySchemaObject, depth: number): fc.Arbitrary<unknown> {
  const { properties, required = [] } = schema as {
    properties?: Record<string, AnySchemaObject>
    required?: string[]
  }
  if (!properties) return fc.dictionary(text, fc.oneof(text, junk), { maxKeys: 4 })
  const members = Object.fromEntries(
    Object.entries(properties).map(([name, member]) => [name, arbitraryOf(member, depth + 1)]),
  )
  return fc.record(members, { requiredKeys: required })
}

const odd = [
  '',
  ' ',
  '\0',
  '\u{1F600}',
  '\uD800',
  'constructor',
  '__proto__',
  "';--",
  '../..',
  '\u202E',
]

/** Texts that something might stumble over. */
export const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(...odd),
  fc.constantFrom('x'.repeat(70), 'x'.repeat(513), '界'.repeat(257)),
)

/** Values that are hardly ever meant. */
export const junk = fc.oneof(
  text,
  fc.constantFrom<unknown[]>(null, true, 0, -1, 1.5, 1e308, -0, [], {}, [[]], [null], { a: {} }),
  fc.jsonValue({ maxDepth: 3 }),
)
