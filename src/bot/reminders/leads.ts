import type { Translate } from '../../i18n.ts'
import { longestLead } from '../../schedule/reminders/due.ts'

const hour = 60
const day = 24 * hour
const most = 5

/** One length of time: a number and its unit, minutes where there is none. */
const length =
  /(\d{1,5})\s*(m(?:in(?:utes?|s)?)?|分钟?|h(?:ours?|rs?)?|(?:个)?小时|d(?:ays?)?|天)?(?![a-z\d])/iu
const list = new RegExp(`^\\s*${length.source}(?:[\\s,，、;；+和]+${length.source})*\\s*$`, 'iu')

/** Minutes of "15", "1h, 10 min" or "2天、2小时", the longest first; null if it cannot be used. */
export function parseLeads(text: string): number[] | null {
  if (!list.test(text)) return null
  const found = [...text.matchAll(new RegExp(length, 'giu'))].map(
    ([, count = '', unit = 'm']) => Number(count) * minutesOf(unit.toLowerCase()),
  )
  const leads = [...new Set(found)].toSorted((a, b) => b - a)
  const fits = leads.every((lead) => 1 <= lead && lead <= longestLead)
  return fits && leads.length <= most ? leads : null
}

function minutesOf(unit: string): number {
  if (/^(?:h|个?小时)/u.test(unit)) return hour
  return /^(?:d|天)/u.test(unit) ? day : 1
}

/** "2 days, 1 h 30 min". */
export function leadsText(leads: readonly number[], t: Translate): string {
  return leads.map((lead) => leadText(lead, t)).join(t('commands.remind.comma'))
}

function leadText(lead: number, t: Translate): string {
  // Deadlines are 24 hours away, not a day.
  const days = lead >= 2 * day ? Math.floor(lead / day) : 0
  const hours = Math.floor((lead - days * day) / hour)
  const minutes = lead % hour
  return [
    days > 0 ? t('commands.remind.days', { count: days }) : '',
    hours > 0 ? t('commands.remind.hours', { count: hours }) : '',
    minutes > 0 ? t('commands.remind.minutes', { count: minutes }) : '',
  ]
    .filter((part) => part !== '')
    .join(' ')
}
