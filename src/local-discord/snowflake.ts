import { createHash } from 'node:crypto'

import type { Clock } from './clock.ts'

/** 2015-01-01, the start of Discord's time. */
const discordEpochMs = 1_420_070_400_000
const sequenceBits = 22n

export type NextSnowflake = () => string

/** Ids that rise strictly, also within a millisecond and when the clock stands still or goes back. */
export function createSnowflakes({ now }: Pick<Clock, 'now'>): NextSnowflake {
  let last = 0n
  return () => {
    const fresh = BigInt(Math.floor(now()) - discordEpochMs) << sequenceBits
    last = fresh > last ? fresh : last + 1n
    return last.toString()
  }
}

/** The moment that a snowflake carries, in milliseconds since 1970. */
export const snowflakeTime = (id: string): number =>
  Number(BigInt(id) >> sequenceBits) + discordEpochMs

/** The same id for the same parts, always; it lies in 2021, so that it is older than anything made at run time. */
export function derivedSnowflake(...parts: string[]): string {
  const digest = createHash('sha256').update(parts.join('\n')).digest()
  const start = BigInt(Date.UTC(2021, 0, 1) - discordEpochMs)
  const offset = digest.readBigUInt64BE() % BigInt(365 * 24 * 3600 * 1000)
  return (((start + offset) << sequenceBits) | BigInt(digest.readUInt16BE(8))).toString()
}

/** Orders ids by age without making numbers of them. */
export const compareSnowflakes = (a: string, b: string): number =>
  a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)
