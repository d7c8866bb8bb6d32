import type { ProblemReason } from './draft.ts'

/** Something about one event keeps it from being imported; the message is the value at fault. */
export class EventError extends Error {
  override readonly name = 'EventError'
  readonly reason: ProblemReason

  constructor(reason: ProblemReason, value: string) {
    super(value)
    this.reason = reason
  }
}
