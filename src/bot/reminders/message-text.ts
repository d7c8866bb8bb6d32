import { time, TimestampStyles } from 'discord.js'

import type { Translate } from '../../i18n.ts'
import type { TimetableEvent } from '../../schedule/reminders/timetable-events.ts'
import { asWritten } from '../as-written.ts'
import { shorten } from '../schedule/inputs.ts'

const maxLength = 1_800
const maxUrlLength = 300

/** What people read; where a server is named, they get it outside of it. */
export function reminderText(
  events: readonly TimetableEvent[],
  { t, server }: { t: Translate; server: string | null },
): string {
  const footer = server === null ? '' : `\n-# ${asWritten(shorten(server))}`
  const lines: string[] = []
  let length = footer.length
  for (const event of events) {
    const line = eventText(event, t)
    length += line.length + 1
    if (length > maxLength && lines.length > 0) break
    lines.push(line)
  }
  const left = events.length - lines.length
  const more = left > 0 ? `\n-# ${t('reminder.more', { count: left })}` : ''
  return lines.join('\n') + more + footer
}

function eventText(event: TimetableEvent, t: Translate): string {
  const { about, course, instructor, room, url, startsAt } = event
  const seconds = Math.floor(startsAt / 1000)
  const isClass = about === 'classes'
  const values = {
    title: bold(event.title),
    when: time(seconds, TimestampStyles.RelativeTime),
    at: time(seconds, isClass ? TimestampStyles.ShortTime : TimestampStyles.ShortDateTime),
  }
  const first = isClass ? `⏰ ${t('reminder.class', values)}` : `📝 ${t('reminder.due', values)}`
  const details = [isClass ? instructor : (course ?? ''), room ?? '']
    .filter((detail) => detail.trim() !== '')
    .map((detail) => asWritten(shorten(detail)))
  const said = [...details, ...(linkOf(url) ?? [])].join(' · ')
  return said === '' ? first : `${first}\n${said}`
}

function bold(name: string): string {
  return `**${asWritten(shorten(name))}**`
}

/** In angle brackets, which its address cannot hold once it is written as addresses are. */
function linkOf(url: string | null): string[] | null {
  const href = url === null ? null : (URL.parse(url)?.href ?? null)
  return href === null || href.length > maxUrlLength ? null : [`<${href}>`]
}
