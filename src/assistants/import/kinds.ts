import type { FoundObject } from './read-json.ts'

export type Kind = 'assistant' | 'thread' | 'message' | 'run' | 'step'

const kindOfObject = new Map<string, Kind>([
  ['assistant', 'assistant'],
  ['thread', 'thread'],
  ['thread.message', 'message'],
  ['thread.run', 'run'],
  ['thread.run.step', 'step'],
])

/** For exports that left `object` out. */
const kindOfId = new Map<string, Kind>([
  ['asst', 'assistant'],
  ['thread', 'thread'],
  ['msg', 'message'],
  ['run', 'run'],
  ['step', 'step'],
])

/** What the API has besides, and an export may hold. */
const left = /^(file|assistant\.file|thread\.message\.file|vector_store(\..+)?|upload)$/

/** Members whose content is somebody's own: an `id` in there names nothing. */
const opaque = new Set([
  'content',
  'metadata',
  'required_action',
  'response_format',
  'step_details',
  'tool_resources',
  'tools',
])

/** Lists in which each object should be one of the API's, as it should at the top. */
const lists = new Set(['data', 'assistants', 'threads', 'messages', 'runs', 'steps', 'run_steps'])

/**
 * What an object of an export is: one that can be imported, one that the API has but the import leaves
 * behind, one that it does not know where it should, or nothing but packing.
 */
export function classify({
  value,
  keys,
  around,
  isEmptied,
}: FoundObject): Kind | 'left' | 'unknown' | 'packing' {
  if (keys.some((key) => typeof key === 'string' && opaque.has(key))) return 'packing'
  const { object, id } = value
  if (typeof object === 'string' && object !== 'list') {
    const kind = kindOfObject.get(object)
    if (kind) return kind
    if (left.test(object)) return 'left'
    return isEmptied ? 'packing' : 'unknown'
  }
  const kind = typeof id === 'string' ? kindOfId.get(/^([a-z]+)_/.exec(id)?.[1] ?? '') : undefined
  if (kind) return kind
  if (isEmptied || isContainer(value)) return 'packing'
  return isListed(keys, around) ? 'unknown' : 'packing'
}

function isListed(keys: FoundObject['keys'], around: FoundObject['around']): boolean {
  if (around.length === 0) return true
  if (!Array.isArray(around.at(-1))) return false
  const list = keys.at(-2)
  return list === undefined || (typeof list === 'string' && lists.has(list))
}

/** `{thread, messages, runs}`, a page, or anything else that holds lists or objects of its own. */
function isContainer(value: Record<string, unknown>): boolean {
  return Object.values(value).some((member) => typeof member === 'object' && member !== null)
}
