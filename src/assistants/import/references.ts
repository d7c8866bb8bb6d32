import { isRecord } from './read-json.ts'

const named = new Set(['file_id', 'file_ids', 'vector_store_ids'])
/** Somebody's own words, in which an id names nothing. */
const opaque = new Set(['metadata', 'tools', 'arguments', 'output', 'value'])

/** The ids of files and vector stores that an object names. */
export function referencesOf(object: unknown): string[] {
  if (Array.isArray(object)) return object.flatMap(referencesOf)
  if (!isRecord(object)) return []
  return Object.entries(object).flatMap(([key, value]) => {
    if (opaque.has(key)) return []
    if (!named.has(key)) return referencesOf(value)
    return [value].flat().filter((id) => typeof id === 'string')
  })
}
