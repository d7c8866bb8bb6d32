import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { z } from 'zod'

import {
  createAssistantBody,
  modifyAssistantBody,
} from '../../../src/assistants/wire/assistants.ts'
import { includeQuery, pageQuery, toQueryValues } from '../../../src/assistants/wire/list-query.ts'
import { createMessageBody, messagesQuery } from '../../../src/assistants/wire/messages.ts'
import { modifyMetadataBody } from '../../../src/assistants/wire/metadata.ts'
import { parseRequest } from '../../../src/assistants/wire/parse.ts'
import {
  createRunBody,
  createThreadAndRunBody,
  submitToolOutputsBody,
} from '../../../src/assistants/wire/runs.ts'
import { createThreadBody } from '../../../src/assistants/wire/threads.ts'
import { InvalidRequestError } from '../../../src/errors.ts'

interface Refusal {
  schema: z.ZodType
  body: unknown
  message: string
  param: string | null
  code: string
}

const model = 'm'
const user = { role: 'user', content: 'hi' }
const assistant_id = 'asst_1'
const metadataOf = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}`, 'value']))
const nested = (depth: number): object => (depth === 0 ? {} : { a: nested(depth - 1) })
const functionTool = (fn: object) => ({ type: 'function', function: fn })

const refusals: Refusal[] = [
  {
    schema: createAssistantBody,
    body: {},
    message: "Missing required parameter: 'model'.",
    param: 'model',
    code: 'missing_required_parameter',
  },
  {
    schema: createAssistantBody,
    body: { model: null },
    message: "Invalid type for 'model': expected a string, but got null instead.",
    param: 'model',
    code: 'invalid_type',
  },
  {
    schema: createAssistantBody,
    body: [],
    message: 'Invalid type for the request body: expected an object, but got an array instead.',
    param: null,
    code: 'invalid_type',
  },
  {
    schema: createAssistantBody,
    body: { model, foo: 1 },
    message: "Unknown parameter: 'foo'.",
    param: 'foo',
    code: 'unknown_parameter',
  },
  {
    schema: createAssistantBody,
    body: JSON.parse('{"model":"m","__proto__":{"name":"x"}}'),
    message: "Unknown parameter: '__proto__'.",
    param: '__proto__',
    code: 'unknown_parameter',
  },
  {
    schema: createAssistantBody,
    body: { model, tools: [functionTool({ name: 'f', extra: 1 })] },
    message: "Unknown parameter: 'tools[0].function.extra'.",
    param: 'tools[0].function.extra',
    code: 'unknown_parameter',
  },
  {
    schema: createAssistantBody,
    body: { model, name: 'x'.repeat(300) },
    message:
      "Invalid 'name': string too long. Expected a string with maximum length 256, but got a string with length 300 instead.",
    param: 'name',
    code: 'string_above_max_length',
  },
  {
    schema: createAssistantBody,
    body: { model, description: '瓜'.repeat(513) },
    message:
      "Invalid 'description': string too long. Expected a string with maximum length 512, but got a string with length 513 instead.",
    param: 'description',
    code: 'string_above_max_length',
  },
  {
    schema: createAssistantBody,
    body: { model, instructions: 'x'.repeat(256_001) },
    message:
      "Invalid 'instructions': string too long. Expected a string with maximum length 256000, but got a string with length 256001 instead.",
    param: 'instructions',
    code: 'string_above_max_length',
  },
  {
    schema: createAssistantBody,
    body: { model, tools: Array.from({ length: 130 }, () => ({ type: 'code_interpreter' })) },
    message:
      "Invalid 'tools': array too long. Expected an array with maximum length 128, but got an array with length 130 instead.",
    param: 'tools',
    code: 'array_above_max_length',
  },
  {
    schema: createAssistantBody,
    body: { model, tools: {} },
    message: "Invalid type for 'tools': expected an array, but got an object instead.",
    param: 'tools',
    code: 'invalid_type',
  },
  {
    schema: createAssistantBody,
    body: { model, tools: ['retrieval'] },
    message: "Invalid type for 'tools[0]': expected an object, but got a string instead.",
    param: 'tools[0]',
    code: 'invalid_type',
  },
  {
    schema: createAssistantBody,
    body: { model, tools: [{ type: 'retrieval' }] },
    message:
      "Invalid value: 'retrieval'. Supported values are: 'code_interpreter', 'file_search', and 'function'.",
    param: 'tools[0].type',
    code: 'invalid_value',
  },
  {
    schema: createAssistantBody,
    body: { model, tools: [{}] },
    message: "Missing required parameter: 'tools[0].type'.",
    param: 'tools[0].type',
    code: 'missing_required_parameter',
  },
  {
    schema: createAssistantBody,
    body: { model, tools: [{ type: 1 }] },
    message: "Invalid type for 'tools[0].type': expected a string, but got an integer instead.",
    param: 'tools[0].type',
    code: 'invalid_type',
  },
  {
    schema: createAssistantBody,
    body: { model, tools: [functionTool({})] },
    message: "Missing required parameter: 'tools[0].function.name'.",
    param: 'tools[0].function.name',
    code: 'missing_required_parameter',
  },
  {
    schema: createAssistantBody,
    body: { model, tools: [functionTool({ name: '查询' })] },
    message:
      "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
    param: 'tools[0].function.name',
    code: 'invalid_value',
  },
  {
    schema: createAssistantBody,
    body: { model, tools: [functionTool({ name: '' })] },
    message:
      "Invalid 'tools[0].function.name': empty string. Expected a string with minimum length 1, but got an empty string instead.",
    param: 'tools[0].function.name',
    code: 'empty_string',
  },
  {
    schema: createAssistantBody,
    body: { model, tools: [functionTool({ name: 'f'.repeat(65) })] },
    message:
      "Invalid 'tools[0].function.name': string too long. Expected a string with maximum length 64, but got a string with length 65 instead.",
    param: 'tools[0].function.name',
    code: 'string_above_max_length',
  },
  {
    schema: createAssistantBody,
    body: { model, tools: [functionTool({ name: 'f', parameters: nested(5000) })] },
    message:
      "Invalid 'tools[0].function.parameters': nested too deeply. Expected at most 100 levels of objects and arrays.",
    param: 'tools[0].function.parameters',
    code: 'invalid_value',
  },
  {
    schema: createAssistantBody,
    body: { model, tools: [{ type: 'file_search', file_search: { max_num_results: 51 } }] },
    message:
      "Invalid 'tools[0].file_search.max_num_results': integer above maximum value. Expected a value <= 50, but got 51 instead.",
    param: 'tools[0].file_search.max_num_results',
    code: 'integer_above_max_value',
  },
  {
    schema: createAssistantBody,
    body: { model, temperature: 3 },
    message:
      "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.",
    param: 'temperature',
    code: 'decimal_above_max_value',
  },
  {
    schema: createAssistantBody,
    body: { model, top_p: -0.1 },
    message:
      "Invalid 'top_p': decimal below minimum value. Expected a value >= 0, but got -0.1 instead.",
    param: 'top_p',
    code: 'decimal_below_min_value',
  },
  {
    schema: createAssistantBody,
    body: JSON.parse('{"model":"m","temperature":1e400}'),
    message: "Invalid type for 'temperature': expected a decimal, but got infinity instead.",
    param: 'temperature',
    code: 'invalid_type',
  },
  {
    schema: createAssistantBody,
    body: { model, temperature: '1' },
    message: "Invalid type for 'temperature': expected a decimal, but got a string instead.",
    param: 'temperature',
    code: 'invalid_type',
  },
  {
    schema: createAssistantBody,
    body: { model, response_format: 'json' },
    message: "Invalid value: 'json'. Supported values are: 'auto'.",
    param: 'response_format',
    code: 'invalid_value',
  },
  {
    schema: createAssistantBody,
    body: { model, response_format: { type: 'xml' } },
    message:
      "Invalid value: 'xml'. Supported values are: 'text', 'json_object', and 'json_schema'.",
    param: 'response_format.type',
    code: 'invalid_value',
  },
  {
    schema: createAssistantBody,
    body: { model, response_format: { type: 'json_schema', json_schema: {} } },
    message: "Missing required parameter: 'response_format.json_schema.name'.",
    param: 'response_format.json_schema.name',
    code: 'missing_required_parameter',
  },
  {
    schema: createAssistantBody,
    body: { model, response_format: 5 },
    message:
      "Invalid type for 'response_format': expected one of a string or an object, but got an integer instead.",
    param: 'response_format',
    code: 'invalid_type',
  },
  {
    schema: createAssistantBody,
    body: { model, reasoning_effort: 'huge' },
    message:
      "Invalid value: 'huge'. Supported values are: 'none', 'minimal', 'low', 'medium', 'high', 'xhigh', and 'max'.",
    param: 'reasoning_effort',
    code: 'invalid_value',
  },
  {
    schema: createAssistantBody,
    body: { model, tool_resources: { file_search: { vector_store_ids: ['vs_1', 'vs_2'] } } },
    message:
      "Invalid 'tool_resources.file_search.vector_store_ids': array too long. Expected an array with maximum length 1, but got an array with length 2 instead.",
    param: 'tool_resources.file_search.vector_store_ids',
    code: 'array_above_max_length',
  },
  {
    schema: modifyAssistantBody,
    body: { tool_resources: { file_search: { vector_stores: [] } } },
    message: "Unknown parameter: 'tool_resources.file_search.vector_stores'.",
    param: 'tool_resources.file_search.vector_stores',
    code: 'unknown_parameter',
  },
  {
    schema: modifyMetadataBody,
    body: { metadata: { modified: true } },
    message: "Invalid type for 'metadata.modified': expected a string, but got a boolean instead.",
    param: 'metadata.modified',
    code: 'invalid_type',
  },
  {
    schema: modifyMetadataBody,
    body: { metadata: metadataOf(17) },
    message:
      "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object with 17 properties instead.",
    param: 'metadata',
    code: 'object_above_max_properties',
  },
  {
    schema: modifyMetadataBody,
    body: { metadata: { note: 'x'.repeat(513) } },
    message:
      "Invalid 'metadata.note': string too long. Expected a string with maximum length 512, but got a string with length 513 instead.",
    param: 'metadata.note',
    code: 'string_above_max_length',
  },
  {
    schema: modifyMetadataBody,
    body: { metadata: { ['k'.repeat(65)]: 'x' } },
    message: `Invalid property name in 'metadata': '${'k'.repeat(64)}...' is too long. Expected a string with maximum length 64, but got a string with length 65 instead.`,
    param: 'metadata',
    code: 'property_name_above_max_length',
  },
  {
    schema: modifyMetadataBody,
    body: { content: 'new' },
    message: "Unknown parameter: 'content'.",
    param: 'content',
    code: 'unknown_parameter',
  },
  {
    schema: createMessageBody,
    body: { content: 'hi' },
    message: "Missing required parameter: 'role'.",
    param: 'role',
    code: 'missing_required_parameter',
  },
  {
    schema: createMessageBody,
    body: { role: 'system', content: 'hi' },
    message: "Invalid value: 'system'. Supported values are: 'user' and 'assistant'.",
    param: 'role',
    code: 'invalid_value',
  },
  {
    schema: createMessageBody,
    body: { role: 'user' },
    message: "Missing required parameter: 'content'.",
    param: 'content',
    code: 'missing_required_parameter',
  },
  {
    schema: createMessageBody,
    body: { role: 'user', content: true },
    message:
      "Invalid type for 'content': expected one of a string or an array, but got a boolean instead.",
    param: 'content',
    code: 'invalid_type',
  },
  {
    schema: createMessageBody,
    body: { role: 'user', content: '' },
    message: 'Message content must be non-empty.',
    param: 'content',
    code: 'invalid_value',
  },
  {
    schema: createMessageBody,
    body: { role: 'user', content: [] },
    message: 'Message content must be non-empty.',
    param: 'content',
    code: 'invalid_value',
  },
  {
    schema: createMessageBody,
    body: { role: 'user', content: 'x'.repeat(256_001) },
    message:
      "Invalid 'content': string too long. Expected a string with maximum length 256000, but got a string with length 256001 instead.",
    param: 'content',
    code: 'string_above_max_length',
  },
  {
    schema: createMessageBody,
    body: { role: 'user', content: [{ type: 'text', text: { value: 'hi' } }] },
    message: "Invalid type for 'content[0].text': expected a string, but got an object instead.",
    param: 'content[0].text',
    code: 'invalid_type',
  },
  {
    schema: createMessageBody,
    body: { role: 'user', content: [{ type: 'image_url', image_url: { url: 'file:///etc' } }] },
    message:
      "Invalid 'content[0].image_url.url'. Expected a valid URL, but got a value with an invalid format.",
    param: 'content[0].image_url.url',
    code: 'invalid_value',
  },
  {
    schema: createThreadBody,
    body: { messages: Array.from({ length: 33 }, () => user) },
    message:
      "Invalid 'messages': array too long. Expected an array with maximum length 32, but got an array with length 33 instead.",
    param: 'messages',
    code: 'array_above_max_length',
  },
  {
    schema: createThreadBody,
    body: { messages: [user, { role: 'user', content: 5 }] },
    message:
      "Invalid type for 'messages[1].content': expected one of a string or an array, but got an integer instead.",
    param: 'messages[1].content',
    code: 'invalid_type',
  },
  {
    schema: createRunBody,
    body: {},
    message: "Missing required parameter: 'assistant_id'.",
    param: 'assistant_id',
    code: 'missing_required_parameter',
  },
  {
    schema: createRunBody,
    body: { assistant_id: 'x' },
    message: "Invalid 'assistant_id': 'x'. Expected an ID that begins with 'asst'.",
    param: 'assistant_id',
    code: 'invalid_value',
  },
  {
    schema: createRunBody,
    body: { assistant_id: 'asst_'.padEnd(300, 'x') },
    message:
      "Invalid 'assistant_id': string too long. Expected a string with maximum length 256, but got a string with length 300 instead.",
    param: 'assistant_id',
    code: 'string_above_max_length',
  },
  {
    schema: createRunBody,
    body: { assistant_id, max_prompt_tokens: 0 },
    message:
      "Invalid 'max_prompt_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.",
    param: 'max_prompt_tokens',
    code: 'integer_below_min_value',
  },
  {
    schema: createRunBody,
    body: { assistant_id, max_completion_tokens: 1.5 },
    message:
      "Invalid type for 'max_completion_tokens': expected an integer, but got a decimal instead.",
    param: 'max_completion_tokens',
    code: 'invalid_type',
  },
  {
    schema: createRunBody,
    body: { assistant_id, stream: 'yes' },
    message: "Invalid type for 'stream': expected a boolean, but got a string instead.",
    param: 'stream',
    code: 'invalid_type',
  },
  {
    schema: createRunBody,
    body: { assistant_id, tool_choice: 'any' },
    message: "Invalid value: 'any'. Supported values are: 'none', 'auto', and 'required'.",
    param: 'tool_choice',
    code: 'invalid_value',
  },
  {
    schema: createRunBody,
    body: { assistant_id, tool_choice: { type: 'function' } },
    message: "Missing required parameter: 'tool_choice.function'.",
    param: 'tool_choice.function',
    code: 'missing_required_parameter',
  },
  {
    schema: createRunBody,
    body: { assistant_id, truncation_strategy: { type: 'last_messages' } },
    message: "Missing required parameter: 'truncation_strategy.last_messages'.",
    param: 'truncation_strategy.last_messages',
    code: 'missing_required_parameter',
  },
  {
    schema: createRunBody,
    body: { assistant_id, additional_messages: [{ role: 'tool', content: 'x' }] },
    message: "Invalid value: 'tool'. Supported values are: 'user' and 'assistant'.",
    param: 'additional_messages[0].role',
    code: 'invalid_value',
  },
  {
    schema: createRunBody,
    body: { assistant_id, thread: {} },
    message: "Unknown parameter: 'thread'.",
    param: 'thread',
    code: 'unknown_parameter',
  },
  {
    schema: createThreadAndRunBody,
    body: { assistant_id, thread: { messages: [{ role: 'user' }] } },
    message: "Missing required parameter: 'thread.messages[0].content'.",
    param: 'thread.messages[0].content',
    code: 'missing_required_parameter',
  },
  {
    schema: submitToolOutputsBody,
    body: {},
    message: "Missing required parameter: 'tool_outputs'.",
    param: 'tool_outputs',
    code: 'missing_required_parameter',
  },
  {
    schema: submitToolOutputsBody,
    body: { tool_outputs: [{ tool_call_id: 'call_1', output: { rows: [] } }] },
    message:
      "Invalid type for 'tool_outputs[0].output': expected a string, but got an object instead.",
    param: 'tool_outputs[0].output',
    code: 'invalid_type',
  },
  {
    schema: pageQuery,
    body: toQueryValues({ limit: ['101'] }),
    message:
      "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 101 instead.",
    param: 'limit',
    code: 'integer_above_max_value',
  },
  {
    schema: pageQuery,
    body: toQueryValues({ limit: ['0'] }),
    message:
      "Invalid 'limit': integer below minimum value. Expected a value >= 1, but got 0 instead.",
    param: 'limit',
    code: 'integer_below_min_value',
  },
  {
    schema: pageQuery,
    body: toQueryValues({ limit: ['abc'] }),
    message: "Invalid type for 'limit': expected an integer, but got a string instead.",
    param: 'limit',
    code: 'invalid_type',
  },
  {
    schema: pageQuery,
    body: toQueryValues({ order: ['x'] }),
    message: "Invalid value: 'x'. Supported values are: 'asc' and 'desc'.",
    param: 'order',
    code: 'invalid_value',
  },
  {
    schema: messagesQuery,
    body: toQueryValues({ run_id: ['thread_1'] }),
    message: "Invalid 'run_id': 'thread_1'. Expected an ID that begins with 'run'.",
    param: 'run_id',
    code: 'invalid_value',
  },
  {
    schema: includeQuery,
    body: toQueryValues({ 'include[]': ['everything'] }),
    message:
      "Invalid value: 'everything'. Supported values are: 'step_details.tool_calls[*].file_search.results[*].content' and 'step_details.tool_calls[*].file_search.results[*].location'.",
    param: 'include[0]',
    code: 'invalid_value',
  },
]

describe('parseRequest', () => {
  for (const { schema, body, message, param, code } of refusals) {
    it(`refuses: ${message.slice(0, 120)}`, () => {
      assert.throws(
        () => parseRequest(schema, body),
        (error) => {
          assert.ok(error instanceof InvalidRequestError)
          assert.deepEqual(
            { message: error.message, param: error.param, code: error.apiCode },
            { message, param, code },
          )
          return true
        },
      )
    })
  }

  it('does not send a long value or a long name back', () => {
    const long = 'x'.repeat(100_000)
    const bodies = [
      { model, [long]: 1 },
      { model, response_format: long },
    ]
    for (const body of bodies) {
      assert.throws(
        () => parseRequest(createAssistantBody, body),
        (error) => error instanceof InvalidRequestError && error.message.length < 400,
      )
    }
  })

  it("leaves a dollar sign in the caller's own words alone", () => {
    assert.throws(
      () => parseRequest(createRunBody, { assistant_id: "$'$&$1" }),
      new InvalidRequestError(
        "Invalid 'assistant_id': '$'$&$1'. Expected an ID that begins with 'asst'.",
        { param: 'assistant_id', apiCode: 'invalid_value' },
      ),
    )
  })
})
