import { InvalidRequestError } from '../../errors.ts'

/**
 * Why the store does not do something: `too_many_…` (`number` rows of a kind, of at most `max`),
 * `timetable_too_large` (`mb` megabytes, of at most `max`), `bad_…` (a member that breaks a rule of
 * `timetable-rows.ts`), `note_too_long` (than `max` characters), `too_many_calendars` (of at most `max`),
 * `bad_address` (of a calendar), `not_kept` (what a change was, so it cannot be taken back),
 * `bad_request` (the program is at fault).
 */
export const refusalReasons = [
  'too_many_classes',
  'too_many_assignments',
  'too_many_holidays',
  'too_many_terms',
  'timetable_too_large',
  'bad_name',
  'bad_date',
  'bad_time',
  'bad_days',
  'bad_url',
  'bad_notes',
  'bad_weeks',
  'bad_zone',
  'note_too_long',
  'too_many_calendars',
  'bad_address',
  'not_kept',
  'bad_request',
] as const

export type RefusalReason = (typeof refusalReasons)[number]

/** What its text has in it. */
export type RefusalValues = Readonly<Record<string, number>>

/** What the store refuses, in English for a terminal, and as a reason for whoever says it otherwise. */
export class RefusedChangeError extends InvalidRequestError {
  readonly reason: RefusalReason
  readonly values: RefusalValues

  constructor(
    reason: RefusalReason,
    message: string,
    { values = {}, param }: { values?: RefusalValues; param?: string } = {},
  ) {
    super(message, { param })
    this.reason = reason
    this.values = values
  }
}
