import type { Clock } from '../clock.ts'

/** A REST call, as the log of them has it. */
export interface LoggedRequest {
  at: number
  method: string
  /** Below `/api/v10`, as it was sent. */
  path: string
  /** The path with `:id` and `:token` in the place of ids. */
  route: string
  /** 0 until it is answered, and when the connection was cut. */
  status: number
  /** Who asked; null for routes that need no token. */
  userId: string | null
}

/** What happens to a request instead of, or before, its answer. */
export type Fault =
  /** This answer; the server does nothing. A body that is no string is sent as JSON. */
  | { kind: 'answer'; status: number; body?: unknown; headers?: Record<string, string> }
  /** The connection breaks before anything was done. */
  | { kind: 'reset' }
  /** It is done, but the connection breaks before the answer. */
  | { kind: 'reset-after' }
  /** It waits, and then goes on as usual. */
  | { kind: 'hold'; until: Promise<unknown> }

export interface FaultRule {
  matches: (request: LoggedRequest) => boolean
  fault: Fault
  /** How many requests it meets; default 1. */
  times?: number
}

export interface RestControls {
  /** The newest requests, oldest first. */
  readonly requests: readonly LoggedRequest[]
  clearRequests(): void
  /** Lets the next matching requests fail. The answer removes the rule. */
  addFault(rule: FaultRule): () => void
}

export interface RestWatch extends RestControls {
  log(request: { method: string; path: string; userId: string | null }): LoggedRequest
  /** The fault that meets this request, used up by one. */
  faultFor(request: LoggedRequest): Fault | null
}

export function createRestWatch({
  clock,
  maxRequests,
}: {
  clock: Pick<Clock, 'now'>
  maxRequests: number
}): RestWatch {
  let requests: LoggedRequest[] = []
  let rules: { rule: FaultRule; left: number }[] = []

  return {
    get requests() {
      return requests
    },
    clearRequests() {
      requests = []
    },
    addFault(rule) {
      const entry = { rule, left: rule.times ?? 1 }
      rules.push(entry)
      return () => {
        rules = rules.filter((one) => one !== entry)
      }
    },
    log({ method, path, userId }) {
      const request = { at: clock.now(), method, path, route: toRoute(path), status: 0, userId }
      requests.push(request)
      if (requests.length > maxRequests * 1.25) requests = requests.slice(-maxRequests)
      return request
    },
    faultFor(request) {
      const entry = rules.find(({ rule }) => rule.matches(request))
      if (!entry) return null
      entry.left -= 1
      if (entry.left <= 0) rules = rules.filter((one) => one !== entry)
      return entry.rule.fault
    },
  }
}

const toRoute = (path: string): string =>
  path
    .replace(/^(\/(?:webhooks|interactions)\/\d+)\/[^/]+/, '$1/:token')
    .replaceAll(/\/\d{15,}/g, '/:id')
    .replace(/\/reactions\/[^/]+/, '/reactions/:emoji')
