import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type OpenAI from 'openai'
import type { z } from 'zod'

import {
  createAssistantBody,
  modifyAssistantBody,
  toAssistant,
  toAssistantPatch,
} from '../../../src/assistants/wire/assistants.ts'
import { includeQuery, pageQuery, toQueryValues } from '../../../src/assistants/wire/list-query.ts'
import { createMessageBody } from '../../../src/assistants/wire/messages.ts'
import { modifyMetadataBody } from '../../../src/assistants/wire/metadata.ts'
import { parseRequest } from '../../../src/assistants/wire/parse.ts'
import {
  createRunBody,
  createThreadAndRunBody,
  submitToolOutputsBody,
} from '../../../src/assistants/wire/runs.ts'
import { createThreadBody, modifyThreadBody } from '../../../src/assistants/wire/threads.ts'

/**
 * For the compiler: whatever the SDK lets a program send, the schemas take. (That what they give out
 * is what the SDK's types say stands beside each schema.)
 */
interface Accepted {
  createAssistant: Takes<typeof createAssistantBody, OpenAI.Beta.AssistantCreateParams>
  modifyAssistant: Takes<typeof modifyAssistantBody, OpenAI.Beta.AssistantUpdateParams>
  createThread: Takes<typeof createThreadBody, OpenAI.Beta.ThreadCreateParams>
  modifyThread: Takes<typeof modifyThreadBody, OpenAI.Beta.ThreadUpdateParams>
  createMessage: Takes<typeof createMessageBody, OpenAI.Beta.Threads.MessageCreateParams>
  modifyMessage: Takes<
    typeof modifyMetadataBody,
    Omit<OpenAI.Beta.Threads.MessageUpdateParams, 'thread_id'>
  >
  // Of `tool_choice` and `truncation_strategy` the SDK's types allow combinations that mean nothing.
  createRun: Takes<
    typeof createRunBody,
    Omit<OpenAI.Beta.Threads.RunCreateParams, 'include' | 'tool_choice' | 'truncation_strategy'>
  > &
    Pick<z.input<typeof createRunBody>, 'tool_choice' | 'truncation_strategy'>
  modifyRun: Takes<
    typeof modifyMetadataBody,
    Omit<OpenAI.Beta.Threads.RunUpdateParams, 'thread_id'>
  >
  submit: Takes<
    typeof submitToolOutputsBody,
    Omit<OpenAI.Beta.Threads.RunSubmitToolOutputsParams, 'thread_id'>
  >
}
type Takes<Schema extends z.ZodType, Params extends z.input<Schema>> = Params

describe('createAssistantBody', () => {
  it('takes everything there is and completes the tools', () => {
    const everything: Accepted['createAssistant'] = {
      model: 'm',
      name: '🍉'.repeat(256),
      description: null,
      instructions: '你叫瓜瓜。',
      tools: [
        { type: 'code_interpreter' },
        { type: 'file_search' },
        { type: 'file_search', file_search: { max_num_results: 5 } },
        { type: 'function', function: { name: 'now' } },
        {
          type: 'function',
          function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true },
        },
      ],
      tool_resources: { code_interpreter: { file_ids: [] }, file_search: {} },
      metadata: { a: '1' },
      temperature: 0.5,
      top_p: null,
      reasoning_effort: 'low',
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'answer', schema: { type: 'object' }, strict: null },
      },
    }
    const ranking_options = { ranker: 'default_2024_08_21', score_threshold: 0 }
    assert.deepEqual(parseRequest(createAssistantBody, everything), {
      ...everything,
      tools: [
        { type: 'code_interpreter' },
        { type: 'file_search', file_search: { ranking_options } },
        { type: 'file_search', file_search: { max_num_results: 5, ranking_options } },
        {
          type: 'function',
          function: { name: 'now', parameters: { type: 'object', properties: {} }, strict: false },
        },
        {
          type: 'function',
          function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true },
        },
      ],
    })
  })
})

describe('toAssistant', () => {
  it('fills in what was not sent', () => {
    const body = parseRequest(createAssistantBody, { model: 'm' })
    assert.deepEqual(toAssistant(body, { id: 'asst_1', created_at: 1 }), {
      id: 'asst_1',
      object: 'assistant',
      created_at: 1,
      name: null,
      description: null,
      model: 'm',
      instructions: null,
      tools: [],
      tool_resources: {},
      metadata: {},
      temperature: 1,
      top_p: 1,
      response_format: 'auto',
      reasoning_effort: null,
    })
  })

  it('shows an empty file list for the code interpreter', () => {
    const body = parseRequest(createAssistantBody, {
      model: 'm',
      tools: [{ type: 'code_interpreter' }],
      metadata: null,
    })
    const assistant = toAssistant(body, { id: 'asst_1', created_at: 1 })
    assert.deepEqual(assistant.tool_resources, { code_interpreter: { file_ids: [] } })
    assert.deepEqual(assistant.metadata, {})
  })
})

describe('toAssistantPatch', () => {
  it('holds only what was sent', () => {
    assert.deepEqual(toAssistantPatch(parseRequest(modifyAssistantBody, {})), {})
    const body = parseRequest(modifyAssistantBody, { name: '瓜瓜', tools: [] })
    assert.deepEqual(toAssistantPatch(body), { name: '瓜瓜', tools: [] })
  })

  it('clears what was sent as null', () => {
    const body = parseRequest(modifyAssistantBody, {
      name: null,
      description: null,
      instructions: null,
      tool_resources: null,
      metadata: null,
      temperature: null,
      top_p: null,
      response_format: null,
      reasoning_effort: null,
    })
    assert.deepEqual(toAssistantPatch(body), {
      name: null,
      description: null,
      instructions: null,
      tool_resources: {},
      metadata: {},
      temperature: 1,
      top_p: 1,
      response_format: 'auto',
      reasoning_effort: null,
    })
  })
})

describe('createRunBody', () => {
  it('takes everything there is', () => {
    const everything: Accepted['createRun'] = {
      assistant_id: 'asst_1',
      model: 'm',
      instructions: '',
      additional_instructions: 'be brief',
      additional_messages: [{ role: 'assistant', content: [{ type: 'text', text: 'hi' }] }],
      tools: [],
      metadata: null,
      temperature: 2,
      top_p: 0,
      reasoning_effort: 'xhigh',
      response_format: 'auto',
      max_prompt_tokens: 16,
      max_completion_tokens: null,
      truncation_strategy: { type: 'auto', last_messages: null },
      tool_choice: { type: 'function', function: { name: 'ask_database' } },
      parallel_tool_calls: false,
      stream: true,
    }
    assert.deepEqual(parseRequest(createRunBody, everything), everything)
  })
})

describe('createThreadAndRunBody', () => {
  it('also takes the reasoning effort, which only its sibling documents', () => {
    const body = { assistant_id: 'asst_1', reasoning_effort: 'low', thread: {} }
    assert.deepEqual(parseRequest(createThreadAndRunBody, body), body)
  })
})

describe('createMessageBody', () => {
  it('takes images by address, also inline', () => {
    const message: Accepted['createMessage'] = {
      role: 'user',
      content: [
        { type: 'text', text: '这是什么？' },
        { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
      ],
      attachments: null,
    }
    assert.deepEqual(parseRequest(createMessageBody, message), message)
  })
})

describe('pageQuery', () => {
  it('has defaults, and leaves out what is empty or unknown', () => {
    const values = toQueryValues({ after: [''], 'api-version': ['2024-05-01'], limit: ['5', '7'] })
    assert.deepEqual(parseRequest(pageQuery, values), { limit: 5, order: 'desc' })
  })
})

describe('includeQuery', () => {
  it('takes the one value under every spelling of its name', () => {
    const value = 'step_details.tool_calls[*].file_search.results[*].content'
    for (const name of ['include', 'include[]', 'include[0]']) {
      const values = toQueryValues({ [name]: [value] })
      assert.deepEqual(parseRequest(includeQuery, values), { include: [value] })
    }
  })
})
