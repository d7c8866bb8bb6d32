import { z } from 'zod'

import { problemIssue } from './problem.ts'
import { countCharacters, text } from './text.ts'

const maxPairs = 16
const maxKeyLength = 64
const maxValueLength = 512

/** Up to 16 pairs; keys of at most 64 characters, texts of at most 512 (reference 5.2). */
export const attributes = z
  .record(z.string(), z.union([text(maxValueLength), z.number(), z.boolean()]))
  .check(({ value, issues }) => {
    const keys = Object.keys(value)
    if (keys.length > maxPairs) {
      const size = { origin: 'object', maximum: maxPairs, inclusive: true } as const
      issues.push({ code: 'too_big', ...size, input: value })
      return
    }
    const long = keys.find((key) => countCharacters(key) > maxKeyLength)
    if (long === undefined) return
    const length = countCharacters(long)
    const problem = {
      code: 'property_name_above_max_length',
      text: `Invalid property name in $: '${long.slice(0, maxKeyLength)}...' is too long. Expected a string with maximum length ${maxKeyLength}, but got a string with length ${length} instead.`,
    }
    issues.push(problemIssue(problem, value))
  })
  .nullable()
