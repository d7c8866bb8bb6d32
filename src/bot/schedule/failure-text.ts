import type { Translate } from '../../i18n.ts'
import type { CalendarFailure } from '../../schedule/import/calendar-failure.ts'
import { type RefusalReason, refusalReasons } from '../../schedule/store/refused-change.ts'

/** Why a calendar on the web is not in the timetable, in words. */
export function calendarFailureText({ reason, values }: CalendarFailure, t: Translate): string {
  if (isRefusal(reason)) return t(`scheduleRefusals.${reason}`, values)
  return t(`calendarFailures.${reason}`, values)
}

function isRefusal(reason: CalendarFailure['reason']): reason is RefusalReason {
  return refusalReasons.some((each) => each === reason)
}
