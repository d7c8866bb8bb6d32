import ICAL from 'ical.js'

import type { ClassMeeting } from '../timetable.ts'
import { splitComponents, type RawComponent } from './calendar-components.ts'
import { readDetails } from './calendar-details.ts'
import { createZones, toWallClock, type CalendarTime, type Zones } from './calendar-zones.ts'
import type { DraftBuilder, ImportContext } from './draft.ts'
import { EventError } from './event-error.ts'
import { importLimits } from './limits.ts'
import { ownKindOf, readOwnDetails } from './own-events.ts'
import { expand, type CalendarItem, type Occurrence } from './recurrence.ts'
import { toName, toNotes, toSourceId, toWebAddress } from './text-fields.ts'

interface CalendarDeps {
  builder: DraftBuilder
  context: ImportContext
}

/**
 * Reads an iCalendar text (RFC 5545): events are classes, all-day events that say so are holidays, to-dos
 * and events without a duration are assignments. Repeating events are followed for two years both ways.
 */
export function readCalendar(text: string, { builder, context }: CalendarDeps): void {
  const raw = splitComponents(text)
  const zones = createZones(raw.timezones, context.timeZone)
  const items = raw.items.flatMap((each) => parseItem(each, builder))
  const events = items.filter(({ component }) => component.name === 'vevent')
  const reader = createEventReader({ builder, context, zones })
  for (const group of Map.groupBy(events, ({ uid }) => uid).values()) reader.readGroup(group)
  for (const item of items) {
    if (item.component.name === 'vtodo') reader.readTodo(item)
  }
}

function parseItem({ line, text }: RawComponent, builder: DraftBuilder): CalendarItem[] {
  try {
    const [component] = ICAL.Component.fromString(
      `BEGIN:VCALENDAR\r\n${text}\r\nEND:VCALENDAR`,
    ).getAllSubcomponents()
    if (!component) throw new Error('empty')
    const uid = component.getFirstPropertyValue('uid')
    // Without a UID, which it should have, it is its own and only one.
    return [{ line, component, uid: uid === null ? `line:${line}` : String(uid) }]
  } catch (error) {
    const value = error instanceof Error ? error.message : String(error)
    builder.problem({ line, reason: 'bad_event', value })
    return []
  }
}

interface EventDeps extends CalendarDeps {
  zones: Zones
}

function createEventReader({ builder, context, zones }: EventDeps) {
  const window = windowAround(context)
  const steps = { left: importLimits.recurrenceSteps }

  /** Reports what is wrong with an event; the others go on. */
  function guarded(item: CalendarItem, read: () => void): void {
    try {
      read()
    } catch (error) {
      const reason = error instanceof EventError ? error.reason : 'bad_event'
      const value = error instanceof Error ? error.message : String(error)
      builder.problem({ line: item.line, reason, value })
    }
  }

  function readOccurrence(occurrence: Occurrence): void {
    const { item, start, end, recurrenceId } = occurrence
    // A class of ours that a holiday has cancelled is still in the timetable.
    if (isCancelled(item) && ownKindOf(item.uid) !== 'class') return
    const key = keyOf(item, recurrenceId)
    if (start.isDate) return readAllDay(occurrence)
    const own = ownKindOf(item.uid)
    const isMoment = start.instant.epochMilliseconds === end.instant.epochMilliseconds
    if (own === null ? isMoment : own === 'assignment') return addAssignment(item, start, key)
    const details = own ? readOwnDetails(item.component) : readDetails(item.component)
    if (details.courseName === '') throw new EventError('no_course', '')
    for (const part of splitAtMidnight(start, end)) {
      const meeting: ClassMeeting = {
        ...part.times,
        course_name: details.courseName,
        instructor: details.instructor,
        room: details.room,
        online_url: details.onlineUrl,
        notes: details.notes,
        source_id: toSourceId(part.index === 0 ? key : `${key}/${part.index}`),
      }
      if (!builder.addClass(meeting, item.line)) return
    }
  }

  function splitAtMidnight(start: CalendarTime, end: CalendarTime) {
    const from = toWallClock(start, context.timeZone)
    const until = toWallClock(end, context.timeZone)
    const days = from.toPlainDate().until(until.toPlainDate()).days
    if (days > 7) throw new EventError('too_long', `${days}`)
    const parts: {
      index: number
      times: Pick<ClassMeeting, 'course_date' | 'start_time' | 'end_time'>
    }[] = []
    for (let index = 0; index <= days; index += 1) {
      const times = {
        course_date: from.toPlainDate().add({ days: index }).toString(),
        start_time: index === 0 ? clockOf(from) : '00:00:00',
        end_time: index === days ? clockOf(until) : '23:59:59',
      }
      if (times.start_time < times.end_time) parts.push({ index, times })
    }
    // Where clocks go back, a class may end before it starts.
    if (parts.length === 0)
      throw new EventError('ends_before_start', `${clockOf(from)}-${clockOf(until)}`)
    return parts
  }

  function readAllDay({ item, start, end, recurrenceId }: Occurrence): void {
    const name = toName(String(item.component.getFirstPropertyValue('summary') ?? ''))
    const first = toWallClock(start, context.timeZone).toPlainDate()
    const next = toWallClock(end, context.timeZone).toPlainDate()
    const last = Temporal.PlainDate.compare(next, first) > 0 ? next.subtract({ days: 1 }) : first
    const isOwn = ownKindOf(item.uid) === 'holiday'
    if (!isOwn && isAssignment(item)) return addAssignment(item, start, keyOf(item, recurrenceId))
    if (name === '' || !(isOwn || holidayWords.test(name))) throw new EventError('all_day', name)
    if (!isOwn) builder.note({ line: item.line, reason: 'all_day_holiday', value: name })
    const holiday = { name, first_date: first.toString(), last_date: last.toString() }
    builder.addHoliday(holiday, item.line)
  }

  function addAssignment(item: CalendarItem, due: CalendarTime, key: string): void {
    const { component, line } = item
    const title = toName(String(component.getFirstPropertyValue('summary') ?? ''))
    if (title === '') throw new EventError('no_title', '')
    const time = toWallClock(due, context.timeZone)
    const description = String(component.getFirstPropertyValue('description') ?? '')
    const categories = component.getFirstProperty('categories')?.getValues().map(String) ?? []
    builder.addAssignment(
      {
        title,
        course_name: toName(categories[0] ?? '') || null,
        due_date: time.toPlainDate().toString(),
        due_time: due.isDate ? '23:59:00' : clockOf(time),
        url: readUrl(item),
        notes: toNotes(description),
        source_id: toSourceId(key),
      },
      line,
    )
  }

  return {
    /** Events with the same UID: a series and the single ones that differ from it. */
    readGroup(group: CalendarItem[]): void {
      const [first] = group
      if (!first) return
      guarded(first, () => {
        const found = expand(group, { zones, window, steps })
        if (found.isOutside) {
          builder.note({ line: first.line, reason: 'outside_years', value: first.uid })
        }
        for (const occurrence of found.occurrences) {
          guarded(occurrence.item, () => readOccurrence(occurrence))
        }
        for (const { item, error } of found.failures) {
          guarded(item, () => {
            throw error
          })
        }
      })
    },
    readTodo(item: CalendarItem): void {
      if (isCancelled(item)) return
      guarded(item, () => {
        const due = item.component.getFirstProperty('due')
        if (!due) throw new EventError('bad_due', '')
        const of = item.component.getFirstPropertyValue('recurrence-id')
        addAssignment(item, zones.read(due), keyOf(item, of === null ? null : String(of)))
      })
    },
  }
}

/** Names an event, and the day of a series that it stands for. */
function keyOf({ uid }: CalendarItem, recurrenceId: string | null): string {
  return recurrenceId === null ? uid : `${uid}/${recurrenceId}`
}

function readUrl({ uid, component }: CalendarItem): string | null {
  if (ownKindOf(uid) !== null) return readOwnDetails(component).onlineUrl
  return toWebAddress(String(component.getFirstPropertyValue('url') ?? ''))
}

const holidayWords =
  /假|节日?(?:$|[^课])|休息|停课|holiday|vacation|\bbreak\b|no (?:class|school|lecture)|recess|closed|bank day|christmas|easter|thanksgiving|new year/iu

/** Learning platforms give deadlines out as events. */
function isAssignment({ uid, component }: CalendarItem): boolean {
  const summary = String(component.getFirstPropertyValue('summary') ?? '')
  return (
    /assignment|homework/iu.test(uid) || /作业|截止|assignment|homework|\bdue\b/iu.test(summary)
  )
}

function isCancelled({ component }: CalendarItem): boolean {
  const status = component.getFirstPropertyValue('status')
  return typeof status === 'string' && status.toUpperCase() === 'CANCELLED'
}

function windowAround({ today, timeZone }: ImportContext) {
  const day = Temporal.PlainDate.from(today)
  const { years } = importLimits
  const at = (date: Temporal.PlainDate) => date.toZonedDateTime(timeZone).epochMilliseconds
  return { from: at(day.subtract({ years })), to: at(day.add({ years })) }
}

function clockOf(time: Temporal.PlainDateTime): string {
  return time.toPlainTime().toString({ smallestUnit: 'second' })
}
