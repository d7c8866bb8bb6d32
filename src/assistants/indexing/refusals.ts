import { DocumentError } from './document.ts'

/** Reasons that several formats share. */
export function tooLarge(): DocumentError {
  return invalid('The file could not be parsed because it is too large.')
}

export function tooDeep(): DocumentError {
  return invalid('The file could not be parsed: its parts are nested too deep.')
}

export function tooSlow(): DocumentError {
  return invalid('The file could not be parsed: it takes too long.')
}

export function invalid(message: string): DocumentError {
  return new DocumentError('invalid_file', message)
}
