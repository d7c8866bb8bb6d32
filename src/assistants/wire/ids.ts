import { InvalidRequestError } from '../../errors.ts'
import { problemIssue } from './problem.ts'
import { text } from './text.ts'

const prefixes = {
  assistant_id: 'asst',
  thread_id: 'thread',
  message_id: 'msg',
  run_id: 'run',
  step_id: 'step',
  vector_store_id: 'vs',
  batch_id: 'vsfb',
  file_id: 'file',
} as const

export type IdParam = keyof typeof prefixes

/** A longer id cannot be one of ours, and its text would only fill an error message. */
const longestQuoted = 100

const longest = 256

/** An id in a body or a query; which object it names is known from the member's name. */
export function id(param: IdParam) {
  const prefix = prefixes[param]
  return text(longest).check(({ value, issues }) => {
    if (value.startsWith(prefix)) return
    issues.push(
      problemIssue({ code: 'invalid_value', text: wrongShape('$', value, prefix) }, value),
    )
  })
}

/** Throws for an id in the path that cannot name an object of that kind (reference 8). */
export function assertId(param: IdParam, value: string): void {
  const prefix = prefixes[param]
  if (value.startsWith(prefix)) return
  throw new InvalidRequestError(wrongShape(`'${param}'`, value, prefix), {
    param,
    apiCode: 'invalid_value',
  })
}

function wrongShape(name: string, value: string, prefix: string): string {
  const quoted = value.length > longestQuoted ? `${value.slice(0, longestQuoted)}...` : value
  return `Invalid ${name}: '${quoted}'. Expected an ID that begins with '${prefix}'.`
}
