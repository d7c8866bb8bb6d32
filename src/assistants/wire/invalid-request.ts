import type { z } from 'zod'

import { InvalidRequestError } from '../../errors.ts'
import { problemOf } from './problem.ts'
import { countCharacters } from './text.ts'

type Issue = z.core.$ZodIssue
type IssueOf<Code extends Issue['code']> = Extract<Issue, { code: Code }>
type Path = readonly PropertyKey[]

/**
 * The error for the first thing that is wrong with a request, in the API's texts and codes
 * (reference 8). The issues must have been made with `reportInput`.
 */
export function toInvalidRequest(error: z.ZodError): InvalidRequestError {
  const [issue] = error.issues
  if (issue === undefined) return new InvalidRequestError('The request is not valid.')
  return describe(issue, [])
}

function describe(issue: Issue, parent: Path): InvalidRequestError {
  const path = [...parent, ...issue.path]
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return missing(path)
      return wrongType({ path, expected: typeName(issue.expected), input: issue.input })
    case 'unrecognized_keys': {
      const name = toParam([...path, issue.keys[0] ?? ''])
      return invalid(`Unknown parameter: '${name}'.`, name, 'unknown_parameter')
    }
    case 'invalid_value':
      return wrongValue({ path, values: issue.values, input: issue.input })
    case 'invalid_union':
      return describeUnion(issue, path)
    case 'too_big':
      return tooBig(issue, path)
    case 'too_small':
      return tooSmall(issue, path)
    case 'custom': {
      const problem = problemOf(issue)
      const param = toParam(path)
      // A function, because a replacement text would give `$` a meaning in the caller's own words.
      const message = problem?.text.replace('$', () => `'${param}'`) ?? `Invalid '${param}'.`
      return invalid(message, param, problem?.code ?? 'invalid_value')
    }
    case 'invalid_element':
    case 'invalid_format':
    case 'invalid_key':
    case 'not_multiple_of': {
      const param = toParam(path)
      return invalid(`Invalid '${param}'.`, param, 'invalid_value')
    }
  }
}

/** Of several shapes, the one that the value was meant to have says what is wrong with it. */
function describeUnion(issue: IssueOf<'invalid_union'>, path: Path): InvalidRequestError {
  const { discriminator, options } = issue as { discriminator?: string; options?: unknown[] }
  if (discriminator !== undefined && options !== undefined) {
    const input = memberOf(issue.input, discriminator)
    return wrongValue({ path, values: options, input })
  }
  const firsts = issue.errors.flatMap((branch) => branch.slice(0, 1))
  const meant = firsts.find((first) => !isOtherKind(first))
  if (meant) return describe(meant, path)
  if (issue.input === undefined) return missing(path)
  const kinds = firsts.map((first) =>
    first.code === 'invalid_type' ? typeName(first.expected) : 'a string',
  )
  return wrongType({ path, expected: `one of ${kinds.join(' or ')}`, input: issue.input })
}

/** Whether a union's branch was not meant at all: the value is of another JSON type. */
function isOtherKind(issue: Issue): boolean {
  if (issue.path.length > 0) return false
  if (issue.code === 'invalid_type') return true
  return issue.code === 'invalid_value' && typeof issue.input !== 'string'
}

function missing(path: Path): InvalidRequestError {
  const param = toParam(path)
  return invalid(`Missing required parameter: '${param}'.`, param, 'missing_required_parameter')
}

function wrongType(found: { path: Path; expected: string; input: unknown }): InvalidRequestError {
  const param = toParam(found.path)
  const where = param === '' ? 'the request body' : `'${param}'`
  const message = `Invalid type for ${where}: expected ${found.expected}, but got ${kindOf(found.input)} instead.`
  return invalid(message, param, 'invalid_type')
}

function wrongValue(found: {
  path: Path
  values: readonly unknown[]
  input: unknown
}): InvalidRequestError {
  const { path, values, input } = found
  if (input === undefined) return missing(path)
  if (typeof input !== 'string') return wrongType({ path, expected: 'a string', input })
  const message = `Invalid value: '${shorten(input)}'. Supported values are: ${listOf(values)}.`
  return invalid(message, toParam(path), 'invalid_value')
}

function tooBig(issue: IssueOf<'too_big'>, path: Path): InvalidRequestError {
  const param = toParam(path)
  const { maximum, input } = issue
  if (issue.origin === 'string') {
    const length = countCharacters(String(input))
    const message = `Invalid '${param}': string too long. Expected a string with maximum length ${maximum}, but got a string with length ${length} instead.`
    return invalid(message, param, 'string_above_max_length')
  }
  if (issue.origin === 'array') {
    const length = Array.isArray(input) ? input.length : 0
    const message = `Invalid '${param}': array too long. Expected an array with maximum length ${maximum}, but got an array with length ${length} instead.`
    return invalid(message, param, 'array_above_max_length')
  }
  if (issue.origin === 'object') {
    const count = Object.keys(input ?? {}).length
    const message = `Invalid '${param}': too many properties. Expected an object with at most ${maximum} properties, but got an object with ${count} properties instead.`
    return invalid(message, param, 'object_above_max_properties')
  }
  const kind = numberKind(issue.origin)
  const message = `Invalid '${param}': ${kind} above maximum value. Expected a value <= ${maximum}, but got ${String(input)} instead.`
  return invalid(message, param, `${kind}_above_max_value`)
}

/** Only numbers have a minimum here; strings and arrays say themselves that they are empty. */
function tooSmall(issue: IssueOf<'too_small'>, path: Path): InvalidRequestError {
  const param = toParam(path)
  const kind = numberKind(issue.origin)
  const message = `Invalid '${param}': ${kind} below minimum value. Expected a value >= ${issue.minimum}, but got ${String(issue.input)} instead.`
  return invalid(message, param, `${kind}_below_min_value`)
}

function invalid(message: string, param: string, apiCode: string): InvalidRequestError {
  return new InvalidRequestError(message, { param: param === '' ? undefined : param, apiCode })
}

/** `['tools', 0, 'function']` as `tools[0].function`. */
function toParam(path: Path): string {
  let param = ''
  for (const part of path) {
    if (typeof part === 'number') param += `[${part}]`
    else param += param === '' ? shorten(String(part)) : `.${shorten(String(part))}`
  }
  return param
}

/** A value or a key as it is quoted in a message: a client's megabytes are not sent back. */
function shorten(value: string): string {
  return value.length > 200 ? `${value.slice(0, 200)}...` : value
}

function typeName(expected: string): string {
  switch (expected) {
    case 'int':
    case 'number':
      return 'an integer'
    case 'record':
    case 'object':
      return 'an object'
    case 'array':
      return 'an array'
    default:
      return `a ${expected}`
  }
}

function kindOf(input: unknown): string {
  if (input === null) return 'null'
  if (Array.isArray(input)) return 'an array'
  // JSON can write numbers that are too large to be one, such as 1e400.
  if (input === Infinity || input === -Infinity) return 'infinity'
  if (typeof input === 'number') return Number.isInteger(input) ? 'an integer' : 'a decimal'
  return typeof input === 'object' ? 'an object' : `a ${typeof input}`
}

/** `decimal.ts` names its origin; every other number is a whole one. */
function numberKind(origin: string): 'decimal' | 'integer' {
  return origin === 'decimal' ? 'decimal' : 'integer'
}

function memberOf(input: unknown, name: string): unknown {
  if (typeof input !== 'object' || input === null) return undefined
  // Read only, and only its type is looked at.
  return (input as Record<string, unknown>)[name]
}

function listOf(values: readonly unknown[]): string {
  const quoted = values.map((value) => `'${String(value)}'`)
  if (quoted.length < 3) return quoted.join(' and ')
  return `${quoted.slice(0, -1).join(', ')}, and ${quoted.at(-1)}`
}
