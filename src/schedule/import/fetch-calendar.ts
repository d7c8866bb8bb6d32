import { fetch, type Dispatcher } from 'undici'

import { AppError } from '../../errors.ts'
import { startTimer as realTimer, type StartTimer } from '../../timer.ts'
import { lengthLimits } from '../timetable-rows.ts'
import { importLimits } from './limits.ts'
import { PrivateAddressError } from './public-connection.ts'

/**
 * Why a calendar could not be fetched: `address` (no http, https or webcal URL), `private` (not on the
 * public internet), `status`, `too_large`, `too_slow`, `redirects`, `unreachable`.
 */
export const fetchFailures = [
  'address',
  'private',
  'status',
  'too_large',
  'too_slow',
  'redirects',
  'unreachable',
] as const

type FetchFailure = (typeof fetchFailures)[number]

export class CalendarFetchError extends AppError {
  override readonly name = 'CalendarFetchError'
  readonly reason: FetchFailure
  /** With the reason `status` the number that the server answered with. */
  readonly values: Readonly<Record<string, number>>

  constructor(
    reason: FetchFailure,
    message: string,
    { cause, values = {} }: { cause?: unknown; values?: Record<string, number> } = {},
  ) {
    super('unavailable', message, { cause })
    this.reason = reason
    this.values = values
  }
}

/** What the server said the last time. */
export interface Validators {
  etag: string | null
  lastModified: string | null
}

export type FetchedCalendar =
  | { type: 'unchanged' }
  | ({ type: 'changed'; bytes: Uint8Array } & Validators)

export interface FetchDeps {
  /** Made by `createPublicAgent`: it keeps the connection away from addresses that are not public. */
  agent: Dispatcher
  startTimer?: StartTimer
}

export interface FetchOptions extends Validators {
  url: string
  signal: AbortSignal
}

const timeLimitMs = 15_000
const maxRedirects = 5
const maxHeaderLength = 500

/** An http, https or webcal address in the form in which it is asked for. Throws `CalendarFetchError`. */
export function toCalendarUrl(text: string): string {
  const url = URL.parse(text.trim().replace(/^webcals?:/iu, 'https:'))
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:'
  if (
    !url ||
    !isWeb ||
    url.username !== '' ||
    url.password !== '' ||
    url.href.length > lengthLimits.url
  ) {
    const message =
      'The address of a calendar begins with https://, http:// or webcal:// and has no password.'
    throw new CalendarFetchError('address', message)
  }
  url.hash = ''
  return url.href
}

/** Fetches a calendar of at most 10 MB in at most 15 seconds. Throws `CalendarFetchError`. */
export async function fetchCalendar(
  { url, etag, lastModified, signal }: FetchOptions,
  { agent, startTimer = realTimer }: FetchDeps,
): Promise<FetchedCalendar> {
  const timeout = new AbortController()
  const stopTimer = startTimer(timeLimitMs, () => timeout.abort())
  const either = AbortSignal.any([signal, timeout.signal])
  try {
    const first = toCalendarUrl(url)
    return await follow({ url: first, validators: { etag, lastModified }, signal: either, agent })
  } catch (error) {
    signal.throwIfAborted()
    throw toFetchError(error, timeout.signal.aborted)
  } finally {
    stopTimer()
  }
}

interface FollowOptions {
  url: string
  validators: Validators
  signal: AbortSignal
  agent: Dispatcher
}

/** Redirects are followed by hand: each address is checked as the first one was. */
async function follow({ url, validators, signal, agent }: FollowOptions): Promise<FetchedCalendar> {
  let address = url
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const response = await fetch(address, {
      dispatcher: agent,
      redirect: 'manual',
      signal,
      headers: {
        accept: 'text/calendar, */*;q=0.5',
        'user-agent': 'Guagua',
        ...(validators.etag === null ? {} : { 'if-none-match': validators.etag }),
        ...(validators.lastModified === null
          ? {}
          : { 'if-modified-since': validators.lastModified }),
      },
    })
    const location = response.headers.get('location')
    const isRedirect = [301, 302, 303, 307, 308].includes(response.status) && location !== null
    if (isRedirect) {
      await response.body?.cancel()
      address = toCalendarUrl(URL.parse(location, address)?.href ?? '')
      continue
    }
    return await readAnswer(response)
  }
  throw new CalendarFetchError('redirects', 'The address leads on too many times.')
}

type Answer = Awaited<ReturnType<typeof fetch>>

async function readAnswer(response: Answer): Promise<FetchedCalendar> {
  if (response.status === 304) {
    await response.body?.cancel()
    return { type: 'unchanged' }
  }
  if (response.status !== 200) {
    await response.body?.cancel()
    const { status } = response
    const message = `The server answers with status ${status}.`
    throw new CalendarFetchError('status', message, { values: { status } })
  }
  return {
    type: 'changed',
    bytes: await readBody(response),
    etag: headerOf(response, 'etag'),
    lastModified: headerOf(response, 'last-modified'),
  }
}

function headerOf({ headers }: Answer, name: string): string | null {
  const value = headers.get(name)
  return value === null || value.length > maxHeaderLength ? null : value
}

/** Counted after it is unpacked; what a server says about its length is not believed. */
async function readBody({ body }: Answer): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of body ?? []) {
    // Undici gives bytes.
    const bytes = piece as Uint8Array
    length += bytes.length
    if (length > importLimits.fileBytes) {
      throw new CalendarFetchError('too_large', 'The calendar is larger than 10 MB.')
    }
    pieces.push(bytes)
  }
  return Buffer.concat(pieces)
}

function toFetchError(error: unknown, isTimeout: boolean): CalendarFetchError {
  if (error instanceof CalendarFetchError) return error
  if (isTimeout) {
    return new CalendarFetchError('too_slow', 'The server takes longer than 15 seconds.')
  }
  const cause = error instanceof Error ? error.cause : undefined
  if (cause instanceof PrivateAddressError || error instanceof PrivateAddressError) {
    const message = 'The address is not on the public internet.'
    return new CalendarFetchError('private', message, { cause: error })
  }
  return new CalendarFetchError('unreachable', 'The server cannot be reached.', { cause: error })
}
