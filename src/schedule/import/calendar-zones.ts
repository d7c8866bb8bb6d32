import ICAL from 'ical.js'

import type { RawComponent } from './calendar-components.ts'
import { EventError } from './event-error.ts'

/** A date or a time of a calendar, at the instant that it means. */
export interface CalendarTime {
  instant: Temporal.Instant
  /** As it is written, in the zone that it is written in. */
  local: Temporal.PlainDateTime
  /** A day without a time; the instant is its beginning in the timetable's zone. */
  isDate: boolean
  zone: Zone
}

/** Wall-clock times of one zone → instants. */
export interface Zone {
  toInstant(local: Temporal.PlainDateTime): Temporal.Instant
  toLocal(instant: Temporal.Instant): Temporal.PlainDateTime
}

export interface Zones {
  /** The first value of DTSTART, DUE and their like. Throws `EventError`. */
  read(property: ICAL.Property): CalendarTime
  /** All values of EXDATE, RDATE. */
  readAll(property: ICAL.Property): CalendarTime[]
  /** A time that belongs to `zone`. */
  at(local: Temporal.PlainDateTime, like: Pick<CalendarTime, 'zone' | 'isDate'>): CalendarTime
}

/**
 * The zones that the times of one calendar are in: UTC, an IANA name, else the calendar's own VTIMEZONE;
 * a time without any is in the timetable's zone.
 */
export function createZones(timezones: readonly RawComponent[], timeZone: string): Zones {
  const own = readTimezones(timezones)
  const known = new Map<string, Zone | null>()
  const floating = ianaZone(timeZone)
  const utc = ianaZone('UTC')

  function find(id: string): Zone {
    let zone = known.get(id)
    if (zone === undefined) {
      zone = findIana(id) ?? ownZone(own.get(id))
      known.set(id, zone)
    }
    if (!zone) throw new EventError('unknown_zone', id)
    return zone
  }

  function zoneOf(property: ICAL.Property, value: ICAL.Time): Zone {
    if (value.isDate) return floating
    if (value.zone === ICAL.Timezone.utcTimezone) return utc
    const id = property.getFirstParameter('tzid')
    return id ? find(id) : floating
  }

  const at: Zones['at'] = (local, { zone, isDate }) => ({
    instant: zone.toInstant(local),
    local,
    isDate,
    zone,
  })

  function readAll(property: ICAL.Property): CalendarTime[] {
    return property.getValues().map((value) => {
      const time = value instanceof ICAL.Period ? value.start : value
      if (!(time instanceof ICAL.Time)) throw new EventError('bad_event', property.name)
      return at(toPlain(time), { zone: zoneOf(property, time), isDate: time.isDate })
    })
  }

  return {
    readAll,
    at,
    read(property) {
      const [first] = readAll(property)
      if (!first) throw new EventError('bad_event', property.name)
      return first
    },
  }
}

/** What a time is on the clocks of the timetable's zone; a day is the same day everywhere. */
export function toWallClock(time: CalendarTime, timeZone: string): Temporal.PlainDateTime {
  if (time.isDate) return time.local
  return time.instant.toZonedDateTimeISO(timeZone).toPlainDateTime()
}

export function toPlain(time: ICAL.Time): Temporal.PlainDateTime {
  const { year, month, day } = time
  const [hour, minute, second] = time.isDate ? [0, 0, 0] : [time.hour, time.minute, time.second]
  try {
    return Temporal.PlainDateTime.from(
      // A leap second is taken for the one before it.
      { year, month, day, hour, minute, second: Math.min(second, 59) },
      { overflow: 'reject' },
    )
  } catch {
    throw new EventError('bad_date', time.toString())
  }
}

function ianaZone(id: string): Zone {
  return {
    toInstant: (local) => local.toZonedDateTime(id).toInstant(),
    toLocal: (instant) => instant.toZonedDateTimeISO(id).toPlainDateTime(),
  }
}

/** Also where other programs put something before the name, as in `/example.org/Europe/Berlin`. */
function findIana(id: string): Zone | null {
  const names = [id, id.split('/').slice(-2).join('/')]
  const name = names.find((each) => /^[A-Za-z][\w+\-/]{1,60}$/u.test(each) && isIana(each))
  return name === undefined ? null : ianaZone(name)
}

function isIana(name: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name)
    return true
  } catch {
    return false
  }
}

function readTimezones(timezones: readonly RawComponent[]): Map<string, ICAL.Timezone> {
  const found = new Map<string, ICAL.Timezone>()
  for (const { text } of timezones.slice(0, 200)) {
    try {
      const timezone = new ICAL.Timezone(ICAL.Component.fromString(text))
      if (timezone.tzid) found.set(timezone.tzid, timezone)
    } catch {
      // The events that need it say that it is not there.
    }
  }
  return found
}

function ownZone(timezone: ICAL.Timezone | undefined): Zone | null {
  if (!timezone) return null
  const offsetAt = (local: Temporal.PlainDateTime): number =>
    timezone.utcOffset(
      new ICAL.Time(
        {
          year: local.year,
          month: local.month,
          day: local.day,
          hour: local.hour,
          minute: local.minute,
          second: local.second,
          isDate: false,
        },
        ICAL.Timezone.localTimezone,
      ),
    )
  const asUtc = (local: Temporal.PlainDateTime) => local.toZonedDateTime('UTC').toInstant()
  return {
    toInstant: (local) => asUtc(local).subtract({ seconds: offsetAt(local) }),
    toLocal(instant) {
      const utc = instant.toZonedDateTimeISO('UTC').toPlainDateTime()
      return utc.add({ seconds: offsetAt(utc.add({ seconds: offsetAt(utc) })) })
    },
  }
}
