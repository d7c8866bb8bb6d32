import { InvalidRequestError } from '../errors.ts'

/**
 * The answer for what the API has and this version has not: `unsupported('Batches are')`. The hint says
 * what to do instead.
 */
export function unsupported(what: string, param?: string, hint?: string): InvalidRequestError {
  const text = textOfUnavailable(what)
  return new InvalidRequestError(hint === undefined ? text : `${text} ${hint}`, {
    apiCode: 'unsupported',
    param,
  })
}

/** The text of that answer. */
export function textOfUnavailable(what: string): string {
  return `${what} not available in this version of the server.`
}
