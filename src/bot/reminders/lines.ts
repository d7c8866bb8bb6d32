import type { Translate } from '../../i18n.ts'
import type { ReminderRule } from '../../schedule/reminders/due.ts'
import { asWritten } from '../as-written.ts'
import { shorten } from '../schedule/inputs.ts'
import { leadsText } from './leads.ts'

/** "classes, all courses: 15 min before", without formatting. */
export function reminderLabel({ about, course, leads }: ReminderRule, t: Translate): string {
  return t('commands.remind.line', {
    about: t(`commands.remind.${about}`),
    course: course === null ? t('commands.remind.allCourses') : shorten(course),
    leads: leadsText(leads, t),
  })
}

export function reminderLine(rule: ReminderRule, t: Translate): string {
  return `- ${asWritten(reminderLabel(rule, t))}`
}
