import { z } from 'zod'

import { problemIssue } from './problem.ts'
import { countCharacters, text } from './text.ts'

const maxPairs = 16
const maxKeyLength = 64
const maxValueLength = 512

/** Up to 16 pairs of strings; keys of at most 64 characters, values of at most 512 (reference 1.4.1). */
export const metadata = z
  .record(z.string(), text(maxValueLength))
  .check(({ value, issues }) => {
    const keys = Object.keys(value)
    if (keys.length > maxPairs) {
      issues.push({
        code: 'too_big',
        origin: 'object',
        maximum: maxPairs,
        inclusive: true,
        input: value,
      })
      return
    }
    for (const key of keys) {
      const length = countCharacters(key)
      if (length <= maxKeyLength) continue
      issues.push(
        problemIssue(
          {
            code: 'property_name_above_max_length',
            text: `Invalid property name in $: '${key.slice(0, maxKeyLength)}...' is too long. Expected a string with maximum length ${maxKeyLength}, but got a string with length ${length} instead.`,
          },
          value,
        ),
      )
      return
    }
  })
  .nullable()

/** The body of the requests that change only the metadata: messages and runs. */
export const modifyMetadataBody = z.strictObject({ metadata: metadata.exactOptional() })
