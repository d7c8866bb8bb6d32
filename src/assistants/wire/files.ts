import { z } from 'zod'

import { InvalidRequestError } from '../../errors.ts'
import type { FileObject } from '../files/file-service.ts'
import type { FileFacts } from '../files/files.ts'
import { pageQuery } from './list-query.ts'
import { parseRequest } from './parse.ts'
import { text } from './text.ts'

const purposes = ['assistants', 'batch', 'fine-tune', 'vision', 'user_data', 'evals'] as const

/** File systems end at 255 bytes, so a longer name is none. */
const maxFilename = 1_000

const uploadForm = z.strictObject({
  filename: text(maxFilename),
  purpose: z.string(),
  expires_after: z
    .strictObject({
      anchor: z.literal('created_at'),
      seconds: z.int().min(3_600).max(2_592_000),
    })
    .exactOptional(),
})

/**
 * What the fields of an upload say of its file (reference 7). Throws `InvalidRequestError`.
 */
export function toFileFacts(filename: string, fields: Record<string, string>): FileFacts {
  const { purpose, expires_after } = parseRequest(uploadForm, toForm(filename, fields))
  return {
    // Not every database has NUL in its texts.
    filename: filename.replaceAll('\0', '\uFFFD'),
    purpose: toPurpose(purpose),
    expiresAfterSeconds: expires_after?.seconds,
  }
}

/** Fields in brackets as the object they mean, and numbers as numbers. */
function toForm(filename: string, fields: Record<string, string>): object {
  const form: Record<string, unknown> = { ...fields, filename }
  const expiry: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    const member = /^expires_after\[(\w+)\]$/.exec(name)?.[1]
    if (member === undefined) continue
    delete form[name]
    expiry[member] = /^-?\d{1,15}$/.test(value) ? Number(value) : value
  }
  if (Object.keys(expiry).length > 0) form['expires_after'] = expiry
  return form
}

function toPurpose(given: string): FileObject['purpose'] {
  const purpose = purposes.find((each) => each === given)
  // The SDK's type of the answer lacks `evals`.
  if (purpose !== undefined) return purpose as FileObject['purpose']
  const known = purposes.map((each) => `'${each}'`).join(', ')
  throw new InvalidRequestError(`'${given.slice(0, 200)}' is not one of [${known}] - 'purpose'`, {
    param: 'purpose',
  })
}

/** Query of the list of files (reference 1.2). */
export const filesQuery = pageQuery.omit({ before: true }).extend({
  limit: z.int().min(1).max(10_000).default(10_000),
  purpose: z.string().exactOptional(),
})
