/** Discord's error answers: numbers and sentences as its API has them. */

/** code → status and message (Discord's documentation, "Opcodes and Status Codes"). */
const known = {
  0: [404, '404: Not Found'],
  10002: [404, 'Unknown Application'],
  10003: [404, 'Unknown Channel'],
  10004: [404, 'Unknown Guild'],
  10007: [404, 'Unknown Member'],
  10008: [404, 'Unknown Message'],
  10011: [404, 'Unknown Role'],
  10013: [404, 'Unknown User'],
  10014: [400, 'Unknown Emoji'],
  10015: [404, 'Unknown Webhook'],
  10062: [404, 'Unknown interaction'],
  10063: [404, 'Unknown application command'],
  10065: [404, 'Unknown application command permissions'],
  20012: [403, 'You are not authorized to perform this action on this application'],
  30010: [400, 'Maximum number of reactions reached (20)'],
  30003: [400, 'Maximum number of pins reached for the channel (50)'],
  30032: [400, 'Maximum number of application commands reached (100).'],
  30046: [429, 'Maximum number of edits to messages older than 1 hour reached. Try again later'],
  40005: [413, 'Request entity too large'],
  40060: [400, 'Interaction has already been acknowledged.'],
  50001: [403, 'Missing Access'],
  50003: [403, 'Cannot execute action on a DM channel'],
  50005: [403, 'Cannot edit a message authored by another user'],
  50006: [400, 'Cannot send an empty message'],
  50007: [403, 'Cannot send messages to this user'],
  50008: [400, 'Cannot send messages in a non-text channel'],
  50013: [403, 'Missing Permissions'],
  50016: [
    400,
    'Provided too few or too many messages to delete. Must provide at least 2 and fewer than 100 messages to delete',
  ],
  50021: [403, 'Cannot execute action on a system message'],
  50024: [403, 'Cannot execute action on this channel type'],
  50027: [401, 'Invalid Webhook Token'],
  50034: [400, 'A message provided was too old to bulk delete'],
  50035: [400, 'Invalid Form Body'],
  50083: [400, 'Thread is archived'],
  50109: [400, 'The request body contains invalid JSON.'],
  160004: [400, 'A thread has already been created for this message'],
  160005: [400, 'Thread is locked'],
} as const satisfies Record<number, readonly [number, string]>

export type DiscordErrorCode = keyof typeof known

export interface FieldError {
  code: string
  message: string
}

/** `{ content: { _errors: […] }, embeds: { 0: { title: { _errors: […] } } } }` */
export interface FieldErrors {
  _errors?: FieldError[]
  [field: string]: FieldErrors | FieldError[] | undefined
}

/** What a route throws; `app.onError` makes the answer of it. */
export class DiscordError extends Error {
  override readonly name = 'DiscordError'
  readonly code: DiscordErrorCode
  readonly status: number
  readonly errors: FieldErrors | undefined

  constructor(code: DiscordErrorCode, errors?: FieldErrors) {
    super(known[code][1])
    this.code = code
    this.status = known[code][0]
    this.errors = errors
  }
}

/** 401 `{ message: "401: Unauthorized", code: 0 }` has a code of its own kind, hence its own class. */
export class UnauthorizedError extends Error {
  override readonly name = 'UnauthorizedError'
  constructor() {
    super('401: Unauthorized')
  }
}

/** Invalid Form Body for one field; `path` as Discord nests it: `['embeds', '0', 'title']`. */
export function fieldError(path: readonly PropertyKey[], error: FieldError): DiscordError {
  return new DiscordError(50035, toFieldErrors([{ path, error }]))
}

export function toFieldErrors(
  found: readonly { path: readonly PropertyKey[]; error: FieldError }[],
): FieldErrors {
  const root: FieldErrors = {}
  for (const { path, error } of found) {
    let node = root
    for (const key of path) {
      const child = node[String(key)]
      const next: FieldErrors = child === undefined || Array.isArray(child) ? {} : child
      node[String(key)] = next
      node = next
    }
    node._errors = [...(node._errors ?? []), error]
  }
  return root
}
