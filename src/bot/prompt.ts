/** Longest question that is passed on, in UTF-16 units. Discord itself allows 2000, with Nitro 4000. */
const maxTextLength = 8000
const maxNameLength = 64

/** Who or what an id in a message stands for; null where it is not known. */
export interface Names {
  user(id: string): string | null
  role(id: string): string | null
  channel(id: string): string | null
}

/**
 * A message's text as the model should read it: the bot's own mention is gone, other mentions are
 * `@name` and `#channel`, custom emoji `:name:`.
 */
export function readableText(content: string, { botId, names }: ReadableTextOptions): string {
  return content
    .slice(0, maxTextLength)
    .replaceAll(/<@!?(\d+)>/g, (_, id: string) =>
      id === botId ? ' ' : `@${names.user(id) ?? 'someone'}`,
    )
    .replaceAll(/<@&(\d+)>/g, (_, id: string) => `@${names.role(id) ?? 'role'}`)
    .replaceAll(/<#(\d+)>/g, (_, id: string) => `#${names.channel(id) ?? 'channel'}`)
    .replaceAll(/<a?(:\w+:)\d+>/g, '$1')
    .replaceAll(/<\/([^:<>]+):\d+>/g, '/$1')
    .replaceAll(/^[ \t]+|[ \t]+$/gm, '')
    .trim()
    .toWellFormed()
}

export interface ReadableTextOptions {
  botId: string
  names: Names
}

/**
 * The first line by which the model knows who speaks in a shared conversation, and the text. A name
 * can hold neither brackets nor line ends, so nobody can write another's first line.
 */
export function withSpeaker(name: string, text: string): string {
  return `[from ${cleanName(name)}]\n${text}`
}

/** A display name without brackets, control and invisible characters, at most 64 characters. */
export function cleanName(name: string): string {
  const visible = name
    .toWellFormed()
    .replaceAll(/[[\]{}<>【】［］]/g, ' ')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}]/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
  return Array.from(visible).slice(0, maxNameLength).join('').trim() || 'someone'
}

/** The line that tells a run what time it is: `Now: 2026-11-22 18:05, Sunday, time zone Asia/Shanghai.` */
export function nowLine(now: number, timeZone: string): string {
  const local = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timeZone)
  const time = local.toPlainTime().toString({ smallestUnit: 'minute' })
  const weekday = weekdays[local.dayOfWeek - 1]
  return `Now: ${local.toPlainDate().toString()} ${time}, ${weekday}, time zone ${timeZone}.`
}

const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
