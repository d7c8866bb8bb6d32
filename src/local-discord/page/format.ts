// Dates, sizes and pictures for people to read.
import type { State } from './store.ts'
import type { User } from './wire.ts'

const dayMs = 86_400_000

/** As Discord heads a message: the time today, "yesterday …", else the date with the time. */
export function messageTime(time: number, now: number, locale: string): string {
  const days = Math.round((startOfDay(now) - startOfDay(time)) / dayMs)
  const clock = format(time, locale, { hour: '2-digit', minute: '2-digit' })
  if (days === 0) return clock
  if (days === 1) {
    const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-1, 'day')
    return `${relative} ${clock}`
  }
  return format(time, locale, { dateStyle: 'short', timeStyle: 'short' })
}

export function longDate(time: number, locale: string): string {
  return format(time, locale, { dateStyle: 'long' })
}

export function fullTime(time: number, locale: string): string {
  return format(time, locale, { dateStyle: 'full', timeStyle: 'short' })
}

const styles: Record<string, Intl.DateTimeFormatOptions> = {
  t: { timeStyle: 'short' },
  T: { timeStyle: 'medium' },
  d: { dateStyle: 'short' },
  D: { dateStyle: 'long' },
  f: { dateStyle: 'long', timeStyle: 'short' },
  F: { dateStyle: 'full', timeStyle: 'short' },
  s: { dateStyle: 'short', timeStyle: 'short' },
  S: { dateStyle: 'short', timeStyle: 'medium' },
}

/** `<t:seconds:style>` in the reader's language and zone. */
export function stampTime(
  { seconds, style }: { seconds: number; style: string },
  now: number,
  locale: string,
): string {
  const time = seconds * 1000
  if (Number.isNaN(new Date(time).getTime())) return String(seconds)
  if (style === 'R') return relativeTime(time - now, locale)
  return format(time, locale, styles[style] ?? styles['f'] ?? {})
}

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * dayMs],
  ['month', 30 * dayMs],
  ['day', dayMs],
  ['hour', 3_600_000],
  ['minute', 60_000],
]

function relativeTime(distance: number, locale: string): string {
  const formatter = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  for (const [unit, ms] of units) {
    if (Math.abs(distance) >= ms) return formatter.format(Math.round(distance / ms), unit)
  }
  return formatter.format(Math.round(distance / 1000), 'second')
}

function startOfDay(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0)
}

function format(time: number, locale: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(locale, options).format(time)
}

export function fileSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} KB`
  return `${(bytes / 1_000_000).toFixed(2)} MB`
}

/** The user's picture from this server; without one, the first letter on a colour of his own. */
export function avatarUrl(user: User): string {
  if (user.avatar) return `/cdn/avatars/${user.id}/${encodeURIComponent(user.avatar)}.svg`
  const letter = firstLetters(user.global_name ?? user.username, 1)
  const hue = Number(BigInt(user.id) % 360n)
  return `data:image/svg+xml,${encodeURIComponent(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 80 80"><rect width="80" height="80" fill="hsl(${hue} 55% 45%)"/><text x="40" y="54" font-family="sans-serif" font-size="40" fill="#fff" text-anchor="middle">${escapeXml(letter)}</text></svg>`,
  )}`
}

/** The first characters as people count them. */
export function firstLetters(text: string, count: number): string {
  const segments = new Intl.Segmenter().segment(text)
  return Iterator.from(segments)
    .take(count)
    .map(({ segment }) => segment)
    .toArray()
    .join('')
}

function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (char) => `&#${char.codePointAt(0)};`)
}

export function guildIconUrl(guild: NonNullable<State['guild']>): string | undefined {
  return guild.icon ? `/cdn/icons/${guild.id}/${encodeURIComponent(guild.icon)}.svg` : undefined
}

/**
 * The address of something this server holds, without its host, because the server names itself
 * by one loopback name and the page may have been opened by another. Undefined for anything else,
 * which the page never loads.
 */
export function localUrl(url: string): string | undefined {
  if (!URL.canParse(url, location.href)) return undefined
  const { hostname, port, pathname, search } = new URL(url, location.href)
  const isHere = hostname === location.hostname || loopback.has(hostname)
  return isHere && port === location.port ? pathname + search : undefined
}

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])
