import ICAL from 'ical.js'

import type { Locale } from '../../i18n.ts'
import { holidayFinder } from '../holidays.ts'
import type { StoredTimetable } from '../store/schedule-store.ts'

export interface CalendarOptions {
  /** Makes the UIDs, so that an event is the same one in every export of the guild. */
  guildId: string
  /** What calendar programs call it. */
  name: string
  timetable: Pick<StoredTimetable, 'revision' | 'timeZone' | 'classes' | 'assignments' | 'holidays'>
  /** When the revision was made, in milliseconds since the Unix epoch. */
  modifiedAt: number
  locale: Locale
}

const teacher: Readonly<Record<Locale, string>> = { en: 'Teacher: ', 'zh-CN': '教师：' }

/**
 * A timetable as iCalendar (RFC 5545): classes and assignments are events, an assignment one without a
 * duration, because many programs show no to-dos; holidays are days, and classes on them are cancelled. Times are in UTC: each class is an
 * event of its own, so every program shows the right local time, whatever it knows of time zones.
 */
export function toCalendar(options: CalendarOptions): string {
  return [...calendarParts(options)].join('')
}

/** The same in parts of an event each: thousands of them take long enough to let others in between. */
export function* calendarParts(options: CalendarOptions): Generator<string, void> {
  const { classes, assignments, holidays } = options.timetable
  const writer = createEventWriter(options)
  yield head(options)
  for (const row of classes) yield writer.classEvent(row)
  for (const row of assignments) yield writer.assignmentEvent(row)
  for (const row of holidays) yield writer.holidayEvent(row)
  yield 'END:VCALENDAR\r\n'
}

function head({ name, timetable }: CalendarOptions): string {
  const calendar = new ICAL.Component('vcalendar')
  calendar.addPropertyWithValue('version', '2.0')
  calendar.addPropertyWithValue('prodid', '-//Guagua//Schedule//EN')
  calendar.addPropertyWithValue('calscale', 'GREGORIAN')
  calendar.addPropertyWithValue('method', 'PUBLISH')
  calendar.addProperty(extension('name', name))
  calendar.addProperty(extension('x-wr-calname', name))
  calendar.addProperty(extension('x-wr-timezone', timetable.timeZone))
  const refresh = new ICAL.Property('refresh-interval')
  refresh.resetType('duration')
  refresh.setValue(ICAL.Duration.fromString('PT1H'))
  calendar.addProperty(refresh)
  calendar.addProperty(extension('x-published-ttl', 'PT1H'))
  return write(calendar).replace(/END:VCALENDAR\r\n$/u, '')
}

type Rows = CalendarOptions['timetable']

function createEventWriter({ guildId, timetable, modifiedAt, locale }: CalendarOptions) {
  const { timeZone, revision } = timetable
  const holidayOn = holidayFinder(timetable.holidays)
  const modified = ICAL.Time.fromJSDate(new Date(modifiedAt), true)

  function event(kind: string, id: number): ICAL.Component {
    const component = new ICAL.Component('vevent')
    component.addProperty(textProperty('uid', `${kind}-${id}.${guildId}@guagua`))
    component.addPropertyWithValue('dtstamp', modified)
    component.addPropertyWithValue('last-modified', modified)
    component.addPropertyWithValue('sequence', revision)
    return component
  }

  const instant = (date: string, time: string): ICAL.Time =>
    ICAL.Time.fromJSDate(
      new Date(
        Temporal.PlainDateTime.from(`${date}T${time}`).toZonedDateTime(timeZone).epochMilliseconds,
      ),
      true,
    )

  return {
    classEvent(row: Rows['classes'][number]): string {
      const component = event('class', row.id)
      const start = instant(row.course_date, row.start_time)
      const end = instant(row.course_date, row.end_time)
      component.addPropertyWithValue('dtstart', start)
      // Where clocks go back, a class may end before it starts.
      component.addPropertyWithValue('dtend', end.compare(start) > 0 ? end : start)
      component.addProperty(textProperty('summary', row.course_name))
      if (row.room) component.addProperty(textProperty('location', row.room))
      const lines = [row.instructor && `${teacher[locale]}${row.instructor}`, row.notes]
      addDescription(component, lines)
      if (row.online_url) addUrl(component, row.online_url)
      if (holidayOn(row.course_date) !== null) addCancelled(component)
      return write(component)
    },

    assignmentEvent(row: Rows['assignments'][number]): string {
      const component = event('assignment', row.id)
      const due = instant(row.due_date, row.due_time)
      component.addPropertyWithValue('dtstart', due)
      component.addPropertyWithValue('dtend', due)
      component.addProperty(textProperty('summary', row.title))
      if (row.course_name) component.addProperty(textProperty('categories', row.course_name))
      addDescription(component, [row.notes])
      if (row.url) addUrl(component, row.url)
      component.addProperty(textProperty('transp', 'TRANSPARENT'))
      return write(component)
    },

    holidayEvent(row: Rows['holidays'][number]): string {
      const component = event('holiday', row.id)
      const after = Temporal.PlainDate.from(row.last_date).add({ days: 1 }).toString()
      component.addPropertyWithValue('dtstart', ICAL.Time.fromDateString(row.first_date))
      component.addPropertyWithValue('dtend', ICAL.Time.fromDateString(after))
      component.addProperty(textProperty('summary', row.name))
      component.addProperty(textProperty('transp', 'TRANSPARENT'))
      return write(component)
    },
  }
}

function addDescription(component: ICAL.Component, lines: readonly (string | null)[]): void {
  const text = lines.filter((line) => line !== null && line !== '').join('\n')
  if (text !== '') component.addProperty(textProperty('description', text))
}

/** Programs show it struck out, or not at all; it is back once the holiday is taken out. */
function addCancelled(component: ICAL.Component): void {
  component.addProperty(textProperty('status', 'CANCELLED'))
  component.addProperty(textProperty('transp', 'TRANSPARENT'))
}

function addUrl(component: ICAL.Component, url: string): void {
  const property = new ICAL.Property('url')
  property.resetType('uri')
  // Not escaped as text is, and without what could end its line.
  property.setValue(url.replaceAll(/[\p{Cc}\s]/gu, ''))
  component.addProperty(property)
}

function textProperty(name: string, value: string): ICAL.Property {
  const property = new ICAL.Property(name)
  property.setValue(toText(value))
  return property
}

/** The library escapes nothing in properties that it does not know, unless they say VALUE=TEXT. */
function extension(name: string, value: string): ICAL.Property {
  const property = new ICAL.Property(name)
  const escaped = toText(value).replaceAll(/[\\;,]/gu, (character) => `\\${character}`)
  property.setValue(escaped.replaceAll('\n', '\\n'))
  return property
}

function toText(value: string): string {
  const lines = value.toWellFormed().replaceAll(/\r\n?|[\u2028\u2029]/gu, '\n')
  return lines.replaceAll(/(?![\t\n])\p{Cc}/gu, ' ')
}

/** Lines are at most 75 bytes long: the library does not count the space that begins what is folded. */
function write(component: ICAL.Component): string {
  const before = ICAL.foldLength
  ICAL.foldLength = 74
  try {
    return `${component.toString()}\r\n`
  } finally {
    ICAL.foldLength = before
  }
}
