import type { Clock } from '../clock.ts'

/** `limit` requests per `windowMs`; the window begins with its first request. */
export interface Limit {
  limit: number
  windowMs: number
}

export interface RateLimitOptions {
  /** Sending and editing messages, per channel. Default 5 per 5 s. */
  messages?: Limit
  /** Deleting messages, per channel. Default 5 per 1 s. */
  deletes?: Limit
  /** Reactions, per channel. Default 1 per 250 ms. */
  reactions?: Limit
  /** Follow-ups and their edits, per interaction. Default 5 per 2 s. */
  webhooks?: Limit
  /** Everything else, per route and channel or guild. Default 50 per 1 s. */
  others?: Limit
  /** Over all routes but interactions. Default 50 per 1 s. */
  global?: Limit
  /** Edits of messages older than an hour, per channel (error 30046). Default 30 per hour. */
  oldEdits?: Limit
}

const defaults: Required<RateLimitOptions> = {
  messages: { limit: 5, windowMs: 5000 },
  deletes: { limit: 5, windowMs: 1000 },
  reactions: { limit: 1, windowMs: 250 },
  webhooks: { limit: 5, windowMs: 2000 },
  others: { limit: 50, windowMs: 1000 },
  global: { limit: 50, windowMs: 1000 },
  oldEdits: { limit: 30, windowMs: 3_600_000 },
}

export interface RateLimited {
  headers: Record<string, string>
  /** The body of a 429; null when the request may pass. */
  refused: { message: string; retry_after: number; global: boolean } | null
}

export interface RateLimits {
  /** Counts one request. `path` is below `/api/v10`. */
  take(request: { method: string; path: string; owner: string }): RateLimited
  /** Counts one edit of an old message; false when there were too many. */
  takeOldEdit(channelId: string): boolean
}

interface Window {
  endsAt: number
  left: number
}

type Class = Exclude<keyof RateLimitOptions, 'global' | 'oldEdits'>

const free: RateLimited = { headers: {}, refused: null }
const maxWindows = 50_000

/** @param options `false` switches all of it off */
export function createRateLimits({
  options,
  clock,
}: {
  options: RateLimitOptions | false
  clock: Pick<Clock, 'now'>
}): RateLimits {
  if (options === false) return { take: () => free, takeOldEdit: () => true }
  const limits = { ...defaults, ...options }
  const windows = new Map<string, Window>()

  const open = (key: string, { limit, windowMs }: Limit): Window => {
    const known = windows.get(key)
    if (known && known.endsAt > clock.now()) return known
    const fresh = { endsAt: clock.now() + windowMs, left: limit }
    windows.delete(key)
    windows.set(key, fresh)
    const oldest = windows.size > maxWindows ? windows.keys().next().value : undefined
    if (oldest !== undefined) windows.delete(oldest)
    return fresh
  }
  const use = (window: Window): boolean => {
    window.left -= 1
    return window.left >= 0
  }
  const secondsLeft = ({ endsAt }: Window) => Math.max(endsAt - clock.now(), 1) / 1000

  return {
    take({ method, path, owner }) {
      if (isInteraction(path)) return free
      const bucket = bucketOf(method, path)
      const isWebhook = bucket.kind === 'webhooks'
      const overall = isWebhook ? null : open(`global ${owner}`, limits.global)
      if (overall && !use(overall)) return refusedGlobally(secondsLeft(overall))
      const limit = limits[bucket.kind]
      const window = open(`${bucket.name} ${bucket.major} ${owner}`, limit)
      const isRefused = !use(window)
      const headers: Record<string, string> = {
        'x-ratelimit-limit': String(limit.limit),
        'x-ratelimit-remaining': String(Math.max(window.left, 0)),
        'x-ratelimit-reset': (window.endsAt / 1000).toFixed(3),
        'x-ratelimit-reset-after': secondsLeft(window).toFixed(3),
        'x-ratelimit-bucket': bucket.name,
      }
      if (!isRefused) return { headers, refused: null }
      headers['x-ratelimit-scope'] = 'user'
      headers['retry-after'] = String(Math.ceil(secondsLeft(window)))
      return {
        headers,
        refused: {
          message: 'You are being rate limited.',
          retry_after: secondsLeft(window),
          global: false,
        },
      }
    },
    takeOldEdit: (channelId) => use(open(`old edits ${channelId}`, limits.oldEdits)),
  }
}

const refusedGlobally = (seconds: number): RateLimited => ({
  headers: {
    'x-ratelimit-global': 'true',
    'x-ratelimit-scope': 'global',
    'retry-after': String(Math.ceil(seconds)),
  },
  refused: { message: 'You are being rate limited.', retry_after: seconds, global: true },
})

const isInteraction = (path: string) => path.startsWith('/interactions')

function bucketOf(method: string, path: string): { kind: Class; name: string; major: string } {
  const [, root = '', id = '', token = ''] = path.split('/')
  const major = root === 'webhooks' ? `${id} ${token}` : id
  if (root === 'webhooks') return { kind: 'webhooks', name: 'webhook-messages', major }
  const below = path.slice(`/${root}/${id}`.length)
  const isMessage = root === 'channels' && /^\/messages(\/\d+)?$/.test(below)
  if (isMessage && (method === 'POST' || method === 'PATCH'))
    return { kind: 'messages', name: 'messages', major }
  if (isMessage && method === 'DELETE') return { kind: 'deletes', name: 'message-deletes', major }
  if (root === 'channels' && below.includes('/reactions/') && method !== 'GET')
    return { kind: 'reactions', name: 'reactions', major }
  const route = below.replaceAll(/\d{15,}/g, ':id').replaceAll('/', '-')
  return { kind: 'others', name: `${method.toLowerCase()}-${root}${route}`, major }
}
