import { holidayFinder } from '../holidays.ts'
import { placeInLanes, type Placed, type Span } from './lanes.ts'
import { datesOf, type BoundedWeek, type WeekAssignment, type WeekClass } from './week.ts'

export interface PlacedClass extends Span {
  meeting: WeekClass
  /** On a holiday: it does not take place, and is in nobody's way. */
  isOff: boolean
}

/** Classes that are too many to be drawn beside each other. */
export interface MoreClasses extends Span {
  lane: number
  lanes: number
  number: number
}

export interface Day {
  date: string
  isToday: boolean
  /** The names of the holidays that it is part of. */
  holidays: string[]
  assignments: WeekAssignment[]
  classes: Placed<PlacedClass>[]
  more: MoreClasses[]
}

export interface Layout {
  days: Day[]
  /** The first and the last hour of the axis, 0 to 24. */
  firstHour: number
  lastHour: number
  pixelsPerHour: number
  /** The present moment in minutes since midnight; null: not in one of the days, or beyond the axis. */
  nowMinutes: number | null
  hasConflicts: boolean
}

const maxLanes = 4
/** How high a class is drawn at least, and how high the hours of a day are all together. */
const minClassHeight = 30
const hoursHeight = 640
/** The hours of a week without classes. */
const workingDay = { from: 8 * 60, to: 18 * 60 }
const minHours = 4

/** Where everything belongs, in minutes and lanes; `week-svg.ts` makes pixels of it. */
export function layOut(week: BoundedWeek): Layout {
  const now = Temporal.Instant.fromEpochMilliseconds(week.now).toZonedDateTimeISO(week.timeZone)
  const today = now.toPlainDate().toString()
  const holidayOn = holidayFinder(week.holidays)
  const spans = week.classes.map((meeting) => {
    return { meeting, isOff: holidayOn(meeting.course_date) !== null, ...spanOf(meeting) }
  })
  const { firstHour, lastHour } = hoursOf(spans)
  const pixelsPerHour = clamp(hoursHeight / (lastHour - firstHour), 46, 88)
  const minMinutes = (minClassHeight / pixelsPerHour) * 60
  const dates = datesOf(week)
  const lastUsed = Math.max(4, ...usedDays(week, dates))
  const days = dates.slice(0, lastUsed + 1).map((date): Day => {
    const ofDay = spans.filter(({ meeting }) => meeting.course_date === date)
    return {
      date,
      isToday: date === today,
      holidays: week.holidays
        .filter(({ first_date, last_date }) => first_date <= date && date <= last_date)
        .map(({ name }) => name),
      assignments: week.assignments.filter(({ due_date }) => due_date === date),
      ...foldLanes(placeInLanes(ofDay, minMinutes).map(withoutConflict)),
    }
  })
  const minutes = now.hour * 60 + now.minute
  const isOnAxis = firstHour * 60 <= minutes && minutes <= lastHour * 60
  return {
    days,
    firstHour,
    lastHour,
    pixelsPerHour,
    nowMinutes: isOnAxis && days.some(({ isToday }) => isToday) ? minutes : null,
    hasConflicts: days.some(({ classes }) => classes.some(({ conflict }) => conflict)),
  }
}

/** Nothing that does not take place is at the same time as anything. */
function withoutConflict(placed: Placed<PlacedClass>): Placed<PlacedClass> {
  return placed.isOff ? { ...placed, conflict: false } : placed
}

function usedDays({ classes, assignments }: BoundedWeek, dates: readonly string[]): number[] {
  const used = [
    ...classes.map(({ course_date }) => course_date),
    ...assignments.map(({ due_date }) => due_date),
  ]
  return used.map((date) => dates.indexOf(date))
}

function hoursOf(spans: readonly Span[]): { firstHour: number; lastHour: number } {
  const { from, to } = workingDay
  const starts = spans.map((span) => span.from)
  const ends = spans.map((span) => span.to)
  const firstHour = Math.floor((spans.length > 0 ? Math.min(...starts) : from) / 60)
  const lastHour = Math.ceil((spans.length > 0 ? Math.max(...ends) : to) / 60)
  const missing = Math.max(0, minHours - (lastHour - firstHour))
  const earlier = Math.min(firstHour, Math.floor(missing / 2))
  const later = Math.min(24 - lastHour, missing - earlier)
  return { firstHour: firstHour - (missing - later), lastHour: lastHour + later }
}

/** More than four beside each other could not be read: the last lane says how many there are. */
function foldLanes(placed: Placed<PlacedClass>[]): Pick<Day, 'classes' | 'more'> {
  const isShown = ({ lane, lanes }: Placed<PlacedClass>) => lanes <= maxLanes || lane < maxLanes - 1
  const more: MoreClasses[] = []
  for (const { from, to } of placed.filter((each) => !isShown(each))) {
    const last = more.at(-1)
    if (last && from < last.to) {
      last.to = Math.max(last.to, to)
      last.number += 1
    } else {
      more.push({ from, to, lane: maxLanes - 1, lanes: maxLanes, number: 1 })
    }
  }
  const classes = placed.filter(isShown)
  return {
    classes: classes.map((each) => ({ ...each, lanes: Math.min(each.lanes, maxLanes) })),
    more,
  }
}

function spanOf({ start_time: start, end_time: end }: WeekClass): Span {
  const from = minutesOf(start)
  return { from, to: Math.max(from, minutesOf(end)) }
}

/** `19:30:00` → 1170. */
function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return clamp(hours * 60 + minutes, 0, 24 * 60)
}

function clamp(value: number, min: number, max: number): number {
  return Number.isNaN(value) ? min : Math.min(max, Math.max(min, value))
}
