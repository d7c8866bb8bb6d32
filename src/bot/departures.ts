import type { Keyv } from 'keyv'
import { z } from 'zod'

import type { Logger } from '../log.ts'
import type { Clock } from './clock.ts'
import { createKeyedMutex } from './mutex.ts'

/** Something that keeps things of guilds. */
export interface GuildKeeper {
  /** The ids of the guilds of which something is kept. */
  guilds(): Promise<readonly string[]>
  /** Removes everything of one; also when that was begun before. */
  forget(guildId: string): Promise<void>
}

/** The guilds that the bot has left, or was removed from. */
export interface Departures {
  /** Reads what was written down before. */
  load(): Promise<void>
  /**
   * Tells in which guilds the bot is, those that Discord cannot reach at the moment among them. Until
   * then nothing is forgotten. Guilds of which something is kept and which are not among them have been
   * left, now at the latest.
   */
  arrive(guildIds: Iterable<string>): Promise<void>
  left(guildId: string): Promise<void>
  joined(guildId: string): Promise<void>
  /** Somebody used the bot there without its being a member, so its time begins anew. */
  used(guildId: string): Promise<void>
  isAway(guildId: string): boolean
  away(): string[]
  /** Forgets the guilds whose time is over. */
  sweep(): Promise<void>
}

export interface DeparturesDeps {
  keyv: Keyv
  keepers: readonly GuildKeeper[]
  clock: Clock
  log: Logger
}

const dayMs = 24 * 60 * 60 * 1000
/** For so long a guild can come back to what it had. */
const keptMs = 30 * dayMs

const key = 'departures'
/** Milliseconds since the Unix epoch, by the id of the guild. */
const leftSchema = z.record(z.string(), z.number())

/** What is written down outlives the process: a guild's time goes on while the bot is off. */
export function createDepartures({ keyv, keepers, clock, log }: DeparturesDeps): Departures {
  const mutex = createKeyedMutex()
  let leftAt = new Map<string, number>()
  let present: Set<string> | null = null

  /** What happens meanwhile is written by whoever waits. */
  function save(): Promise<void> {
    return mutex.run(key, async () => void (await keyv.set(key, Object.fromEntries(leftAt))))
  }

  async function note(guildIds: readonly string[]): Promise<void> {
    if (guildIds.length === 0) return
    for (const guildId of guildIds) leftAt.set(guildId, clock.now())
    await save()
  }

  async function kept(): Promise<string[]> {
    return (await Promise.all(keepers.map((keeper) => keeper.guilds()))).flat()
  }

  async function forget(guildId: string): Promise<void> {
    for (const keeper of keepers) await keeper.forget(guildId)
    leftAt.delete(guildId)
    await save()
    log.info({ guildId }, 'a guild that was left is forgotten')
  }

  return {
    async load() {
      const { data } = leftSchema.safeParse((await keyv.get(key)) ?? {})
      leftAt = new Map(Object.entries(data ?? {}))
    },

    async arrive(guildIds) {
      const here = new Set(guildIds)
      present = here
      const back = [...leftAt.keys()].filter((guildId) => here.has(guildId))
      for (const guildId of back) leftAt.delete(guildId)
      if (back.length > 0) await save()
      const gone = (await kept()).filter((guildId) => !here.has(guildId) && !leftAt.has(guildId))
      await note(gone)
    },

    async left(guildId) {
      present?.delete(guildId)
      await note([guildId])
    },

    async joined(guildId) {
      present?.add(guildId)
      if (leftAt.delete(guildId)) await save()
    },

    async used(guildId) {
      const since = leftAt.get(guildId)
      if (since !== undefined && clock.now() - since >= dayMs) await note([guildId])
    },

    isAway: (guildId) => leftAt.has(guildId),
    away: () => [...leftAt.keys()],

    async sweep() {
      if (!present) return
      for (const [guildId, since] of leftAt) {
        if (present.has(guildId) || clock.now() - since < keptMs) continue
        await forget(guildId).catch((err: unknown) =>
          log.error({ err, guildId }, 'a guild that was left could not be forgotten'),
        )
      }
    },
  }
}
