// OpenAI's public OpenAPI document, version 2.3.0 (MIT), kept in openapi.json: the operations of the
// Assistants API, of files, vector stores, models, chat completions and embeddings with every schema
// that they need, and the schemas of the events. Descriptions and examples are left out.

import addFormats from 'ajv-formats'
import { type AnySchemaObject, Ajv2020 } from 'ajv/dist/2020.js'

import document from './openapi.json' with { type: 'json' }

interface Difference {
  /** The schema, and the way to the member within it. */
  at: string[]
  schema: (original: AnySchemaObject) => AnySchemaObject
  /** Where it is known from. */
  reference: string
}

const orNull = (original: AnySchemaObject) => ({ anyOf: [original, { type: 'null' }] })
const lists = [
  'Assistants',
  'Messages',
  'RunSteps',
  'Runs',
  'VectorStores',
  'VectorStoreFiles',
  'Files',
]
const resources = { $ref: '#/components/schemas/ThreadObject/properties/tool_resources' }
const counts = (member: string) => () => ({
  type: 'object',
  properties: { [member]: { type: 'integer' } },
  required: [member],
})

/** Everything in which the API differs from its document. */
export const differences: Difference[] = [
  ...lists.flatMap((kind) =>
    ['first_id', 'last_id'].map((member) => ({
      at: [`List${kind}Response`, 'properties', member],
      schema: orNull,
      reference: '1.2: null on an empty page',
    })),
  ),
  {
    at: ['RunObject', 'properties', 'instructions'],
    schema: orNull,
    reference: '2: run `instructions` null',
  },
  ...['max_prompt_tokens', 'max_completion_tokens'].map((member) => ({
    at: ['RunObject', 'properties', member],
    schema: () => orNull({ type: 'integer', minimum: 1 }),
    reference: '2: `max_*_tokens` below 256 are echoed',
  })),
  {
    at: ['RunObject', 'properties', 'tools'],
    schema: (original) => ({ ...original, maxItems: 128 }),
    reference: '1.4.4: at most 20 in the document; accept 128',
  },
  {
    at: ['RunObject', 'properties', 'tool_resources'],
    schema: () => resources,
    reference: '2: an extra member of runs',
  },
  ...['RunObject', 'AssistantObject'].map((kind) => ({
    at: [kind, 'properties', 'reasoning_effort'],
    schema: () => ({ $ref: '#/components/schemas/ReasoningEffort' }),
    reference: '2: an extra member',
  })),
  ...['expires_at', 'status_details'].map((member) => ({
    at: ['OpenAIFile', 'properties', member],
    schema: orNull,
    reference: '2: null in a file that has none',
  })),
  ...['name', 'expires_after'].map((member) => ({
    at: ['VectorStoreObject', 'properties', member],
    schema: orNull,
    reference: '2: null in a store that has none',
  })),
  {
    at: ['VectorStoreObject', 'properties', 'description'],
    schema: () => orNull({ type: 'string' }),
    reference: '2: an extra member of vector stores',
  },
  {
    at: ['VectorStoreFileBatchObject', 'properties', 'object'],
    schema: () => ({ enum: ['vector_store.file_batch'] }),
    reference: '2: `vector_store.file_batch` on the wire, another word in the document',
  },
  {
    at: ['RunStepObject', 'properties', 'expires_at'],
    schema: () => orNull({ type: 'integer' }),
    reference: '2: on the wire also `expires_at`',
  },
  {
    at: ['RunStepDetailsToolCallsFileSearchResultObject', 'properties', 'attributes'],
    schema: () => ({ type: 'object' }),
    reference: '2: results may show the attributes of their file',
  },
  {
    at: ['RunCompletionUsage', 'anyOf', '0', 'properties', 'prompt_token_details'],
    schema: counts('cached_tokens'),
    reference: '2: wire-only details of usage',
  },
  {
    at: ['RunCompletionUsage', 'anyOf', '0', 'properties', 'completion_tokens_details'],
    schema: counts('reasoning_tokens'),
    reference: '2: wire-only details of usage',
  },
  {
    at: ['ErrorEvent', 'properties', 'data', 'allOf', '1', 'properties', 'error'],
    schema: () => ({ $ref: '#/components/schemas/Error' }),
    reference: '4.10: the nested form, with the flat members beside it',
  },
]

export interface Operation {
  /** As in `GET /threads/{thread_id}`. */
  name: string
  matches(method: string, path: string): boolean
  /** The name of the schema of a success. */
  schema: string | undefined
  hasEvents: boolean
}

/** The operations of the document. */
export const operations: Operation[] = Object.entries(document.paths).flatMap(([path, methods]) => {
  const pattern = new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`)
  return Object.entries(methods).map(([method, operation]) => {
    const { content } = operation.responses['200'] as { content: Content }
    return {
      name: `${method.toUpperCase()} ${path}`,
      matches: (given: string, url: string) =>
        given.toLowerCase() === method && pattern.test(url) && isMostSpecific(path, url),
      schema: content['application/json']?.schema?.$ref?.split('/').at(-1),
      hasEvents: content['text/event-stream'] !== undefined,
    }
  })
})

type Content = Record<string, { schema?: { $ref?: string } } | undefined>

/** `/threads/runs` is not the thread `runs`. */
function isMostSpecific(path: string, url: string): boolean {
  return path === url || !Object.hasOwn(document.paths, url)
}

/** The document's schemas, with the differences, for a validator of JSON Schema 2020-12. */
export const schemas = (() => {
  const all = rewrite(structuredClone(document.components.schemas)) as Record<
    string,
    AnySchemaObject
  >
  all['ErrorEvent'] = {
    ...all['ErrorEvent'],
    properties: {
      event: { enum: ['error'] },
      // Open, so that the nested form may stand beside it.
      data: { allOf: [{ ...all['Error'], additionalProperties: true }, { properties: {} }] },
    },
  }
  for (const { at, schema } of differences) {
    const name = at.at(-1) ?? ''
    let parent = all as AnySchemaObject
    for (const part of at.slice(0, -1)) parent = parent[part] as AnySchemaObject
    parent[name] = schema((parent[name] ?? {}) as AnySchemaObject)
  }
  return all
})()

/**
 * `nullable` becomes a union with null, as JSON Schema has it, and objects are closed, so that an
 * answer with a member that the document does not know fails.
 */
function rewrite(node: unknown, isPartOfAll = false): unknown {
  if (Array.isArray(node)) return node.map((each) => rewrite(each))
  if (typeof node !== 'object' || node === null) return node
  const { nullable, $recursiveRef, allOf, ...rest } = node as AnySchemaObject
  if ($recursiveRef !== undefined) return { $ref: '#/components/schemas/CompoundFilter' }
  const parts = (allOf ?? []) as AnySchemaObject[]
  const others = parts.filter((part) => part['nullable'] !== true || Object.keys(part).length > 1)
  const schema: AnySchemaObject = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, rewrite(value)]),
  )
  if (others.length > 0) schema['allOf'] = others.map((part) => rewrite(part, true))
  const isOpen = 'additionalProperties' in schema || !('properties' in schema) || isPartOfAll
  // `properties` may also be the name of a member; that one is no schema of an object.
  if (!isOpen && 'type' in schema && schema['type'] === 'object') {
    schema['additionalProperties'] = false
  }
  const isNullable = nullable === true || others.length < parts.length
  return isNullable ? orNull(schema) : schema
}

const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false })
// The document's own: the place of its schemas, and a hint for generators.
ajv.addVocabulary(['components', 'discriminator'])
ajv.addFormat('unixtime', { type: 'number', validate: Number.isInteger })
addFormats.default(ajv)
ajv.addSchema({ $id: 'openapi', components: { schemas } })

/** What is wrong with the value; null if nothing is. */
export function problemWith(schema: string, value: unknown): string | null {
  const validate = ajv.getSchema(`openapi#/components/schemas/${schema}`)
  if (!validate) return `the document has no schema ${schema}`
  return validate(value) === true ? null : ajv.errorsText(validate.errors)
}
