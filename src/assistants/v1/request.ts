import { z } from 'zod'

import { InvalidRequestError } from '../../errors.ts'
import { textOfUnavailable } from '../unavailable.ts'
import { jsonObject } from '../wire/json-object.ts'
import { parseRequest } from '../wire/parse.ts'
import { problemIssue } from '../wire/problem.ts'

/** What is not there, for `unsupported`. */
export const v1Files = 'Files of assistants and messages in version 1 of the Assistants API are'

/** Version 2 has other places for files, so only the empty list can be taken. */
const fileIds = z.array(z.string()).check(({ value, issues }) => {
  if (value.length === 0) return
  issues.push(problemIssue({ code: 'unsupported', text: textOfUnavailable(v1Files) }, value))
})

const tool = z
  .discriminatedUnion('type', [
    z.looseObject({ type: z.literal('code_interpreter') }),
    z.strictObject({ type: z.literal('retrieval') }),
    z.looseObject({ type: z.literal('function') }),
  ])
  .transform((given) => (given.type === 'retrieval' ? { type: 'file_search' } : given))

const message = z.looseObject({ file_ids: fileIds.exactOptional() }).transform(withoutFileIds)

const messages = z.array(message).nullable()

const toolChoice = z
  .strictObject({ type: z.literal('retrieval') })
  .transform(() => ({ type: 'file_search' }))
  .or(z.unknown())

/**
 * What differs between the versions, of all bodies at once: no member means two things. All other
 * members are left to the schemas of version 2, which check what comes out of here.
 */
const v1Members = z
  .looseObject({
    file_ids: fileIds.exactOptional(),
    tools: z.array(tool).nullable().exactOptional(),
    tool_choice: toolChoice.exactOptional(),
    messages: messages.exactOptional(),
    additional_messages: messages.exactOptional(),
    thread: z.looseObject({ messages: messages.exactOptional() }).nullable().exactOptional(),
  })
  .transform(withoutFileIds)

/** The body of a request; shallow enough to be written as JSON again. */
export const v1Body = jsonObject

/**
 * The body of a v1 request, as a v2 request says the same. Throws `InvalidRequestError` for what
 * cannot be translated: files, and streams, whose events would show the objects of version 2.
 */
export function toV2Body(body: z.output<typeof v1Body>): Record<string, unknown> {
  if (body['stream'] === true) throw noStream()
  return parseRequest(v1Members, body)
}

function withoutFileIds<Body extends { file_ids?: string[] }>(body: Body): Omit<Body, 'file_ids'> {
  const { file_ids: _empty, ...rest } = body
  return rest
}

function noStream(): InvalidRequestError {
  return new InvalidRequestError(
    "Streaming is not available to clients of version 1 of the Assistants API. Leave out 'stream' and ask for the run until it has ended, or use version 2: 'OpenAI-Beta: assistants=v2', or an 'api-version' from 2024-05-01 on.",
    { param: 'stream', apiCode: 'unsupported' },
  )
}
