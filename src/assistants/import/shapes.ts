// The objects of the API as exports hold them, of both versions, made into those of this runtime.
// What may have been left out (REST did, and so do SDKs) is filled in; nulls that an SDK wrote for
// members that were not there are taken as that; members that nobody knows are dropped.

import { z } from 'zod'

import {
  isActiveStatus,
  type Assistant,
  type Message,
  type Run,
  type RunStep,
} from '../store/store.ts'
import { maxInstructions, model } from '../wire/assistants.ts'
import { decimal } from '../wire/decimal.ts'
import { id, type IdParam } from '../wire/ids.ts'
import { metadata } from '../wire/metadata.ts'
import { problemIssue } from '../wire/problem.ts'
import { responseFormat } from '../wire/response-format.ts'
import { reasoningEffort, temperature, topP } from '../wire/sampling.ts'
import { text } from '../wire/text.ts'
import { tools } from '../wire/tools.ts'
import { isRecord } from './read-json.ts'

/** The end of the year 9999: what is beyond are milliseconds. */
const latest = 253_402_300_799

/** Unix seconds; also what other programs make of them: milliseconds, fractions, texts. */
const seconds = z.preprocess(toSeconds, z.int().min(0).max(latest))

function toSeconds(value: unknown): unknown {
  if (typeof value === 'number') return Math.floor(value > latest ? value / 1000 : value)
  if (typeof value !== 'string') return value
  if (/^\d+(\.\d+)?$/.test(value)) return toSeconds(Number(value))
  const date = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?)(Z|[+-]\d\d:\d\d)?$/.exec(value)
  if (!date) return value
  // Without a zone it is that of servers.
  const ms = Date.parse(`${date[1]}T${date[2]}${date[3] ?? 'Z'}`)
  return Number.isNaN(ms) ? value : toSeconds(ms / 1000)
}

/** It becomes part of a path, and a key in the database. */
function ownId(param: IdParam) {
  return id(param).check(({ value, issues }) => {
    if (issues.length > 0 || /^[\w.:-]+$/.test(value)) return
    const problem = "Invalid $: expected an ID of letters, digits, '_', '-', '.' and ':'."
    issues.push(problemIssue({ code: 'invalid_value', text: problem }, value))
  })
}

/** `null` for a member that is missing. */
function nullable<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullish().transform((value) => value ?? null)
}

function absentIfNull<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value) => value ?? undefined, schema.optional())
}

const givenMetadata = metadata.optional().transform((value) => value ?? {})

const fileIds = z
  .array(z.string())
  .nullish()
  .transform((ids) => ids ?? [])

// --- What several objects have --------------------------------------------------------------------

const givenTools = z.preprocess((value) => {
  if (!Array.isArray(value)) return value ?? []
  return value.map((tool: unknown) => (isRecord(tool) ? toGivenTool(tool) : tool))
}, tools)

/** As the API takes it: in version 2, and without the members that are null because they were absent. */
function toGivenTool(tool: Record<string, unknown>): unknown {
  const { type, function: called, file_search: search } = tool
  if (type === 'retrieval') return { type: 'file_search' }
  if (type === 'code_interpreter') return { type }
  if (type === 'function' && isRecord(called)) return { type, function: withoutNulls(called) }
  if (type === 'file_search' && isRecord(search)) {
    const { ranking_options: ranking, ...rest } = withoutNulls(search)
    const options = isRecord(ranking) ? { ranking_options: withoutNulls(ranking) } : {}
    return { type, file_search: { ...rest, ...options } }
  }
  return type === 'file_search' ? { type } : tool
}

function withoutNulls(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null))
}

const givenResponseFormat = z.preprocess((value) => {
  if (!isRecord(value) || !isRecord(value['json_schema'])) return value ?? 'auto'
  // The Python SDK writes `schema_`, because `schema` is taken there.
  const { schema_, ...jsonSchema } = value['json_schema']
  const named = schema_ === undefined ? jsonSchema : { ...jsonSchema, schema: schema_ }
  return { ...value, json_schema: withoutNulls(named) }
}, responseFormat)

const toolResources = z
  .object({
    code_interpreter: absentIfNull(z.object({ file_ids: fileIds })),
    file_search: absentIfNull(z.object({ vector_store_ids: fileIds })),
  })
  .nullish()
  .transform((value) => ({
    ...(value?.code_interpreter && { code_interpreter: value.code_interpreter }),
    ...(value?.file_search && { file_search: value.file_search }),
  }))

// --- Assistant, thread ------------------------------------------------------------------------------

const assistant = z
  .object({
    id: ownId('assistant_id'),
    created_at: seconds,
    name: nullable(text(256)),
    description: nullable(text(512)),
    model,
    instructions: nullable(text(maxInstructions)),
    tools: givenTools,
    tool_resources: toolResources,
    /** Version 1. */
    file_ids: fileIds,
    metadata: givenMetadata,
    temperature: z.preprocess((value) => value ?? 1, temperature),
    top_p: z.preprocess((value) => value ?? 1, topP),
    response_format: givenResponseFormat,
    reasoning_effort: nullable(reasoningEffort),
  })
  .transform(({ file_ids: ids, ...given }): Assistant => {
    const usesCode = given.tools.some((tool) => tool.type === 'code_interpreter')
    return {
      ...given,
      object: 'assistant',
      tool_resources: {
        ...(usesCode && { code_interpreter: { file_ids: ids } }),
        ...given.tool_resources,
      },
    }
  })

/** `created_at` is null where only the id and what is in the thread were written down. */
const thread = z
  .object({
    id: ownId('thread_id'),
    created_at: nullable(seconds),
    metadata: givenMetadata,
    tool_resources: toolResources,
  })
  .transform((given) => ({ ...given, object: 'thread' as const }))

// --- Message ----------------------------------------------------------------------------------------

const annotation = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('file_citation'),
    text: z.string(),
    start_index: z.int(),
    end_index: z.int(),
    file_citation: z.object({ file_id: z.string(), quote: absentIfNull(z.string()) }),
  }),
  z.object({
    type: z.literal('file_path'),
    text: z.string(),
    start_index: z.int(),
    end_index: z.int(),
    file_path: z.object({ file_id: z.string() }),
  }),
])

const detail = z
  .enum(['auto', 'low', 'high'])
  .nullish()
  .transform((value) => value ?? 'auto')

const content = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('text'),
    text: z.object({
      value: z.string(),
      annotations: z
        .array(annotation)
        .nullish()
        .transform((value) => value ?? []),
    }),
  }),
  z.object({
    type: z.literal('image_file'),
    image_file: z.object({ file_id: z.string(), detail }),
  }),
  z.object({ type: z.literal('image_url'), image_url: z.object({ url: z.string(), detail }) }),
  z.object({ type: z.literal('refusal'), refusal: z.string() }),
])

const attachmentTool = z
  .object({ type: z.enum(['code_interpreter', 'file_search']) })
  .transform(({ type }) => ({ type }))

const attachment = z
  .object({
    file_id: absentIfNull(z.string()),
    tools: absentIfNull(z.array(attachmentTool)),
  })
  .transform(({ file_id, tools: used }) => ({
    ...(file_id !== undefined && { file_id }),
    ...(used !== undefined && { tools: used }),
  }))

const message = z
  .object({
    id: ownId('message_id'),
    created_at: seconds,
    thread_id: ownId('thread_id'),
    role: z.enum(['user', 'assistant']),
    content: z.array(content),
    status: nullable(z.enum(['in_progress', 'incomplete', 'completed'])),
    incomplete_details: nullable(
      z.object({
        reason: z.enum([
          'content_filter',
          'max_tokens',
          'run_cancelled',
          'run_expired',
          'run_failed',
        ]),
      }),
    ),
    completed_at: nullable(seconds),
    incomplete_at: nullable(seconds),
    assistant_id: nullable(z.string()),
    run_id: nullable(ownId('run_id')),
    attachments: z.array(attachment).nullish(),
    /** Version 1. */
    file_ids: fileIds,
    metadata: givenMetadata,
  })
  .transform(({ file_ids: ids, attachments, ...given }): Message => {
    const fromV1 = ids.map((file_id) => ({ file_id, tools: [{ type: 'file_search' as const }] }))
    return {
      ...given,
      ...toEnding(given),
      object: 'thread.message',
      attachments: attachments ?? fromV1,
    }
  })

type Ending = Pick<Message, 'status' | 'incomplete_details' | 'completed_at' | 'incomplete_at'>

/** A message that was being written is one that was cut off: nobody writes it any more. */
function toEnding(
  given: {
    [Member in keyof Ending]: Ending[Member] | null
  } & { created_at: number },
): Ending {
  const { created_at: createdAt, completed_at: completedAt, incomplete_at: incompleteAt } = given
  if (given.status === 'in_progress' || given.status === 'incomplete') {
    return {
      status: 'incomplete',
      incomplete_details: given.incomplete_details ?? { reason: 'run_expired' },
      incomplete_at: incompleteAt ?? createdAt,
      completed_at: completedAt,
    }
  }
  return {
    status: 'completed',
    incomplete_details: null,
    incomplete_at: null,
    completed_at: completedAt ?? createdAt,
  }
}

// --- Run, step ----------------------------------------------------------------------------------------

const counts = {
  prompt_tokens: z.int().min(0),
  completion_tokens: z.int().min(0),
  total_tokens: z.int().min(0),
}

const runError = nullable(
  z.object({
    code: z.enum(['server_error', 'rate_limit_exceeded', 'invalid_prompt']).catch('server_error'),
    message: z.string(),
  }),
)

const stepError = nullable(
  z.object({
    code: z.enum(['server_error', 'rate_limit_exceeded']).catch('server_error'),
    message: z.string(),
  }),
)

const toolChoice = z
  .union([
    z.enum(['none', 'auto', 'required']),
    z.object({ type: z.literal('function'), function: z.object({ name: z.string() }) }),
    z.object({ type: z.enum(['file_search', 'code_interpreter']) }),
    z.object({ type: z.literal('retrieval') }).transform(() => ({ type: 'file_search' as const })),
  ])
  .nullish()
  .transform((value) => value ?? 'auto')

const run = z
  .object({
    id: ownId('run_id'),
    created_at: seconds,
    thread_id: ownId('thread_id'),
    assistant_id: z.string(),
    status: z.enum([
      'queued',
      'in_progress',
      'requires_action',
      'cancelling',
      'cancelled',
      'failed',
      'completed',
      'incomplete',
      'expired',
    ]),
    last_error: runError,
    expires_at: nullable(seconds),
    started_at: nullable(seconds),
    cancelled_at: nullable(seconds),
    failed_at: nullable(seconds),
    completed_at: nullable(seconds),
    incomplete_details: nullable(
      z.object({ reason: absentIfNull(z.enum(['max_completion_tokens', 'max_prompt_tokens'])) }),
    ),
    model,
    // The type of the SDK has no null; the wire has.
    instructions: nullable(text(maxInstructions)).transform((value) => value as string),
    tools: givenTools,
    metadata: givenMetadata,
    usage: nullable(z.object(counts)),
    temperature: nullable(decimal(0, 2)),
    top_p: nullable(decimal(0, 1)),
    reasoning_effort: nullable(reasoningEffort),
    max_prompt_tokens: nullable(z.int().min(1)),
    max_completion_tokens: nullable(z.int().min(1)),
    truncation_strategy: z
      .object({ type: z.enum(['auto', 'last_messages']), last_messages: nullable(z.int().min(1)) })
      .nullish()
      .transform((value) => value ?? { type: 'auto' as const, last_messages: null }),
    tool_choice: toolChoice,
    parallel_tool_calls: z
      .boolean()
      .nullish()
      .transform((value) => value ?? true),
    response_format: givenResponseFormat,
  })
  .transform(({ incomplete_details: details, ...given }): Run => ({
    ...given,
    object: 'thread.run',
    tool_resources: {},
    required_action: null,
    incomplete_details: details && { ...(details.reason && { reason: details.reason }) },
    // Its ten minutes were over long before there was an export to import.
    status: isActiveStatus(given.status) ? 'expired' : given.status,
    expires_at: isActiveStatus(given.status) ? null : given.expires_at,
  }))

const codeOutput = z.discriminatedUnion('type', [
  z.object({ type: z.literal('logs'), logs: z.string() }),
  z.object({ type: z.literal('image'), image: z.object({ file_id: z.string() }) }),
])

const searchResult = z
  .object({
    file_id: z.string(),
    file_name: z.string(),
    score: z.number(),
    content: absentIfNull(z.array(z.object({ type: z.literal('text'), text: z.string() }))),
  })
  .transform(({ content: found, ...rest }) => ({ ...rest, ...(found && { content: found }) }))

const toolCall = z.preprocess(
  (value) =>
    isRecord(value) && value['type'] === 'retrieval' ? { ...value, type: 'file_search' } : value,
  z.discriminatedUnion('type', [
    z.object({
      id: z.string(),
      type: z.literal('function'),
      function: z.object({
        name: z.string(),
        arguments: z.string(),
        output: nullable(z.string()),
      }),
    }),
    z.object({
      id: z.string(),
      type: z.literal('code_interpreter'),
      code_interpreter: z.object({ input: z.string(), outputs: z.array(codeOutput) }),
    }),
    z
      .object({
        id: z.string(),
        type: z.literal('file_search'),
        file_search: absentIfNull(z.object({ results: absentIfNull(z.array(searchResult)) })),
      })
      .transform(({ file_search: search, ...call }) => ({
        ...call,
        file_search: { ...(search?.results && { results: search.results }) },
      })),
  ]),
)

const step = z
  .object({
    id: ownId('step_id'),
    created_at: seconds,
    assistant_id: z.string(),
    thread_id: ownId('thread_id'),
    run_id: ownId('run_id'),
    status: z.enum(['in_progress', 'cancelled', 'failed', 'completed', 'expired']),
    step_details: z.discriminatedUnion('type', [
      z.object({
        type: z.literal('message_creation'),
        message_creation: z.object({ message_id: z.string() }),
      }),
      z.object({ type: z.literal('tool_calls'), tool_calls: z.array(toolCall) }),
    ]),
    last_error: stepError,
    expired_at: nullable(seconds),
    cancelled_at: nullable(seconds),
    failed_at: nullable(seconds),
    completed_at: nullable(seconds),
    expires_at: nullable(seconds),
    metadata: givenMetadata,
    usage: nullable(z.object(counts)),
  })
  .transform((given): RunStep => ({
    ...given,
    object: 'thread.run.step',
    type: given.step_details.type,
    expires_at: null,
    ...(given.status === 'in_progress' && {
      status: 'expired',
      expired_at: given.expires_at ?? given.created_at,
    }),
  }))

/** What an export holds, by kind; each schema answers the object as this runtime keeps it. */
export const shapes = { assistant, thread, message, run, step }

export type ExportedThread = z.output<typeof thread>
