import { createHash } from 'node:crypto'
import { setImmediate as letOthersIn } from 'node:timers/promises'

import { Hono } from 'hono'

import { AppError } from '../../errors.ts'
import type { Locale } from '../../i18n.ts'
import type { ScheduleStore, StoredTimetable } from '../store/schedule-store.ts'
import type { CalendarOptions } from './to-calendar.ts'

export interface Feed {
  guildId: string
  userId: string
}

/** What a feed says of itself. */
export interface FeedDescription {
  name: string
  locale: Locale
}

export interface FeedAppDeps {
  store: Pick<ScheduleStore, 'findFeed' | 'getOutline' | 'getTimetable' | 'listRevisions'>
  /** The present time in milliseconds since the Unix epoch. */
  now: () => number
  /**
   * Says what a feed is called; null: its owner may not read it (any more), which is answered as if there
   * were none. Throws an `AppError` (`unavailable`) while that cannot be said. Default: everybody may.
   */
  describe?: (feed: Feed) => Promise<FeedDescription | null>
}

/** What came before this many weeks ago is left out. */
const weeksBack = 26
/** How long a program may take its copy for new. */
const maxAgeSeconds = 900
/** When a program may ask again that came at the wrong time. */
const retryAfterSeconds = 60
/** Texts that are kept for the next reader, in characters (UTF-16 code units). */
const maxCached = 8_000_000
/** Takes about 5 ms. */
const eventsAtOnce = 100

/**
 * `GET /calendar/<token>.ics`: a guild's timetable for the calendar program of one person. The token is
 * the key: 256 random bits, so that neither guessing nor the time of the look-up in the store's index
 * leads anywhere. Whatever is not there is the same 404, on which programs forget a calendar: while it
 * cannot be known, the answer is 503.
 */
export function createFeedApp({ store, now, describe = describePlainly }: FeedAppDeps): Hono {
  const app = new Hono()
  const cache = createCalendarCache()

  app.get('/calendar/:file{[A-Za-z0-9_-]{43}\\.ics}', async (context) => {
    const feed = await store.findFeed(context.req.param('file').slice(0, -'.ics'.length))
    const description = feed && (await describe(feed).catch(toUnavailable))
    if (!feed || !description) return context.notFound()
    if (description === 'unavailable') {
      const wait = { 'Retry-After': `${retryAfterSeconds}`, 'Cache-Control': 'no-store' }
      return context.text('The calendar cannot be read now. Ask again later.', 503, wait)
    }
    const since = firstDateAt(now())
    const outline = await store.getOutline(feed.guildId)
    const version = { ...description, guildId: feed.guildId, since }
    const known = etagOf({ ...version, revision: outline?.revision ?? 0 })
    const headers = {
      'Cache-Control': `private, max-age=${maxAgeSeconds}`,
      'Referrer-Policy': 'no-referrer',
      'X-Robots-Tag': 'noindex',
      'X-Content-Type-Options': 'nosniff',
    }
    if (isKnown(context.req.header('if-none-match'), known)) {
      return context.body(null, 304, { ...headers, ETag: known })
    }
    const { text, etag } = await cache.get(known, async () => {
      const timetable = await readTimetable(feed.guildId)
      const options = { ...description, guildId: feed.guildId, ...cut(timetable, since) }
      // It may have changed since the outline was read.
      const revised = etagOf({ ...version, revision: options.timetable.revision })
      return { text: await write(options), etag: revised }
    })
    return context.body(text, 200, {
      ...headers,
      ETag: etag,
      'Content-Type': 'text/calendar; charset=utf-8',
      'Content-Disposition': 'inline; filename="schedule.ics"',
    })
  })

  async function readTimetable(guildId: string) {
    const timetable = (await store.getTimetable(guildId)) ?? noTimetable
    const revisions = await store.listRevisions(guildId, 5)
    const made = revisions.find(({ revision }) => revision === timetable.revision) ?? revisions[0]
    return { timetable, modifiedAt: made?.at ?? 0 }
  }

  return app
}

function toUnavailable(error: unknown): 'unavailable' {
  if (error instanceof AppError && error.code === 'unavailable') return error.code
  throw error
}

const describePlainly = async (): Promise<FeedDescription> => ({
  name: '瓜瓜 Guagua',
  locale: 'en',
})

const noTimetable: StoredTimetable = {
  revision: 0,
  timeZone: 'UTC',
  terms: [],
  holidays: [],
  classes: [],
  assignments: [],
}

/** A Monday, so that a copy stays good for the rest of the week. */
function firstDateAt(now: number): string {
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO('UTC').toPlainDate()
  return today.subtract({ days: today.dayOfWeek - 1, weeks: weeksBack }).toString()
}

type Dated = Pick<CalendarOptions, 'timetable' | 'modifiedAt'>

function cut({ timetable, modifiedAt }: Dated, since: string): Dated {
  const { classes, assignments, holidays } = timetable
  return {
    modifiedAt,
    timetable: {
      ...timetable,
      classes: classes.filter(({ course_date }) => course_date >= since),
      assignments: assignments.filter(({ due_date }) => due_date >= since),
      holidays: holidays.filter(({ last_date }) => last_date >= since),
    },
  }
}

async function write(options: CalendarOptions): Promise<string> {
  // At the first request: most programs serve none, and need not load a calendar library to start.
  const { calendarParts } = await import('./to-calendar.ts')
  const parts: string[] = []
  for (const part of calendarParts(options)) {
    parts.push(part)
    if (parts.length % eventsAtOnce === 0) await letOthersIn()
  }
  return parts.join('')
}

interface CalendarVersion extends FeedDescription {
  guildId: string
  since: string
  revision: number
}

/** Changes with everything that the text depends on; `2` is the way in which it is written. */
function etagOf({ guildId, since, revision, name, locale }: CalendarVersion): string {
  const content = JSON.stringify([2, guildId, since, revision, name, locale])
  return `"${createHash('sha256').update(content).digest('base64url').slice(0, 32)}"`
}

function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  const known = (ifNoneMatch ?? '').split(',').map((each) => each.trim().replace(/^W\//u, ''))
  return known.includes(etag)
}

interface WrittenCalendar {
  text: string
  etag: string
}

/** Many people of a guild ask for the same text, often at the same time. */
function createCalendarCache() {
  const writing = new Map<string, Promise<WrittenCalendar>>()
  const written = new Map<string, WrittenCalendar>()
  let size = 0

  function keep(calendar: WrittenCalendar): void {
    if (calendar.text.length > maxCached || written.has(calendar.etag)) return
    written.set(calendar.etag, calendar)
    size += calendar.text.length
    for (const [etag, { text }] of written) {
      if (size <= maxCached) break
      written.delete(etag)
      size -= text.length
    }
  }

  return {
    async get(etag: string, make: () => Promise<WrittenCalendar>): Promise<WrittenCalendar> {
      const kept = written.get(etag)
      if (kept) return kept
      let calendar = writing.get(etag)
      if (!calendar) {
        calendar = make().finally(() => writing.delete(etag))
        writing.set(etag, calendar)
      }
      const made = await calendar
      keep(made)
      return made
    },
  }
}
