import { AppError } from '../../errors.ts'

/**
 * Why a whole file cannot be imported: `too_large` (bytes, or what they unpack to), `not_a_table`
 * (of no format that is known), `broken` (of a known format but damaged), `encrypted`, `too_slow`,
 * `too_much_memory`.
 */
export type ImportErrorReason =
  | 'too_large'
  | 'not_a_table'
  | 'broken'
  | 'encrypted'
  | 'too_slow'
  | 'too_much_memory'

/** A file of which nothing can be imported. Single rows that are bad are problems of the draft. */
export class ImportError extends AppError {
  override readonly name = 'ImportError'
  readonly reason: ImportErrorReason

  constructor(reason: ImportErrorReason, message: string, options: { cause?: unknown } = {}) {
    super('invalid_request', message, options)
    this.reason = reason
  }
}
