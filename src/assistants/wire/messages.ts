import type OpenAI from 'openai'
import { z } from 'zod'

import { id } from './ids.ts'
import { pageQuery } from './list-query.ts'
import { metadata } from './metadata.ts'
import { problemIssue } from './problem.ts'
import { text } from './text.ts'

const maxText = 256_000
/** Hosted answer for `messages` and `additional_messages`; not in the specification any more. */
const maxMessages = 32

/** As many as a vector store takes at once. */
const maxAttachments = 500

const emptyContent = { code: 'invalid_value', text: 'Message content must be non-empty.' }

const messageText = text(maxText).check(({ value, issues }) => {
  if (value.length === 0) issues.push(problemIssue(emptyContent, value))
})

const detail = z.enum(['auto', 'low', 'high']).exactOptional()

/** The web's, or the image itself: whatever a model backend may be asked to look at. */
const imageUrl = z.string().check(({ value, issues }) => {
  if (/^(https?:\/\/|data:image\/)/i.test(value) && URL.canParse(value)) return
  issues.push(
    problemIssue(
      {
        code: 'invalid_value',
        text: 'Invalid $. Expected a valid URL, but got a value with an invalid format.',
      },
      value,
    ),
  )
})

const contentPart = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: messageText }),
  z.strictObject({
    type: z.literal('image_file'),
    image_file: z.strictObject({ file_id: id('file_id'), detail }),
  }),
  z.strictObject({
    type: z.literal('image_url'),
    image_url: z.strictObject({ url: imageUrl, detail }),
  }),
])

const contentParts = z.array(contentPart).check(({ value, issues }) => {
  if (value.length === 0) issues.push(problemIssue(emptyContent, value))
})

const attachment = z
  .strictObject({
    file_id: id('file_id').exactOptional(),
    tools: z
      .array(
        z.discriminatedUnion('type', [
          z.strictObject({ type: z.literal('code_interpreter') }),
          z.strictObject({ type: z.literal('file_search') }),
        ]),
      )
      .exactOptional(),
  })
  .check(({ value, issues }) => {
    // Optional in the document; but without it there is nothing to attach.
    if (value.file_id !== undefined) return
    const text = 'Missing required parameter: $.'
    const issue = problemIssue({ code: 'missing_required_parameter', text }, value)
    issues.push({ ...issue, path: ['file_id'] })
  })

export const createMessageBody = z.strictObject({
  role: z.enum(['user', 'assistant']),
  content: z.union([messageText, contentParts]),
  attachments: z.array(attachment).max(maxAttachments).nullable().exactOptional(),
  metadata: metadata.exactOptional(),
}) satisfies z.ZodType<OpenAI.Beta.Threads.MessageCreateParams>

/** Messages that come with a thread or a run. */
export const messages = z.array(createMessageBody).max(maxMessages)

/** Query of the list of messages: a page, and optionally only what one run wrote. */
export const messagesQuery = pageQuery.extend({ run_id: id('run_id').exactOptional() })
