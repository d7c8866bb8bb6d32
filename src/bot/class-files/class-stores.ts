import type { Keyv } from 'keyv'
import { NotFoundError } from 'openai'
import type OpenAI from 'openai'
import { z } from 'zod'

import { createKeyedMutex } from '../mutex.ts'
import { firstOf } from './first-of.ts'

/** The vector store of a guild's class files. */
export interface ClassStore {
  id: string
  /** False only when it is certain that it has none. */
  hasFiles: boolean
  /** Files were added, and it is not known yet what became of them. */
  isWorking: boolean
}

/** Which vector store holds the files of a guild; each guild has at most one, others never see it. */
export interface ClassStores {
  /** Null: the guild has none. */
  find(guildId: string): Promise<ClassStore | null>
  /** The store as it is now, made where there is none (any more). */
  ensure(guildId: string, guildName: string): Promise<ClassStore>
  /** It does not exist any more, unless another one has taken its place. */
  lose(guildId: string, storeId: string): Promise<void>
  mark(guildId: string, marks: Partial<Pick<ClassStore, 'hasFiles' | 'isWorking'>>): Promise<void>
  /** The guilds that have a store, or may have one. */
  guilds(): Promise<string[]>
  working(): Promise<string[]>
  /** Deletes the store; what is in it is to be deleted before. */
  forget(guildId: string): Promise<void>
}

export interface ClassStoresDeps {
  openai: OpenAI
  keyv: Keyv
}

const key = 'class-files'
const knownSchema = z.record(
  z.string(),
  z.object({
    /** Null: one is being made, so there may be one. */
    storeId: z.string().nullable(),
    hasFiles: z.boolean(),
    isWorking: z.boolean(),
  }),
)
type Known = z.infer<typeof knownSchema>

/**
 * That a store is to be made is written down before, and it is looked for by its metadata then: a process
 * that dies in between leaves no second one behind, and none that nobody knows of.
 */
export function createClassStores({ openai, keyv }: ClassStoresDeps): ClassStores {
  const { vectorStores } = openai
  const mutex = createKeyedMutex()
  /** What is written down; every question asks for it. */
  let known: Known | null = null

  async function readKnown(): Promise<Known> {
    if (known) return known
    const { data } = knownSchema.safeParse((await keyv.get(key)) ?? {})
    // It may have been changed meanwhile.
    known ??= data ?? {}
    return known
  }

  function change(
    guildId: string,
    toEntry: (before: Known[string] | undefined) => Known[string] | undefined,
  ): Promise<void> {
    return mutex.run(key, async () => {
      const { [guildId]: before, ...others } = await readKnown()
      const entry = toEntry(before)
      const after = entry === undefined ? others : { ...others, [guildId]: entry }
      await keyv.set(key, after)
      known = after
    })
  }

  async function find(guildId: string): Promise<ClassStore | null> {
    const entry = (await readKnown())[guildId]
    return !entry || entry.storeId === null ? null : { ...entry, id: entry.storeId }
  }

  async function isThere(storeId: string): Promise<boolean> {
    try {
      return (await vectorStores.retrieve(storeId)).status !== 'expired'
    } catch (error) {
      if (error instanceof NotFoundError) return false
      throw error
    }
  }

  async function findMade(guildId: string): Promise<string | null> {
    const stores = vectorStores.list({ limit: 100 })
    const found = await firstOf(stores, ({ metadata, status }) => {
      return status !== 'expired' && isOfGuild(metadata, guildId)
    })
    return found?.id ?? null
  }

  async function make(guildId: string, guildName: string): Promise<string> {
    const made = await vectorStores.create({
      name: `Class files of ${guildName}`.slice(0, 200).toWellFormed(),
      metadata: metadataOf(guildId),
    })
    return made.id
  }

  async function ensure(guildId: string, guildName: string): Promise<ClassStore> {
    const before = await find(guildId)
    if (before && (await isThere(before.id))) return before
    const entry = { hasFiles: false, isWorking: false }
    await change(guildId, () => ({ ...entry, storeId: null }))
    const storeId = (await findMade(guildId)) ?? (await make(guildId, guildName))
    // One that was found may have files.
    const marks = { hasFiles: true, isWorking: true }
    await change(guildId, () => ({ ...marks, storeId }))
    return { ...marks, id: storeId }
  }

  async function remove(guildId: string): Promise<void> {
    const storeId = (await find(guildId))?.id ?? (await findMade(guildId))
    try {
      if (storeId !== null) await vectorStores.delete(storeId)
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error
    }
    await change(guildId, () => undefined)
  }

  return {
    find,
    ensure: (guildId, guildName) => mutex.run(guildId, () => ensure(guildId, guildName)),
    lose: (guildId, storeId) =>
      change(guildId, (entry) => (entry?.storeId === storeId ? undefined : entry)),
    mark: (guildId, marks) => change(guildId, (entry) => entry && { ...entry, ...marks }),
    guilds: async () => Object.keys(await readKnown()),
    async working() {
      const entries = Object.entries(await readKnown())
      return entries.filter(([, { isWorking }]) => isWorking).map(([guildId]) => guildId)
    },
    forget: (guildId) => mutex.run(guildId, () => remove(guildId)),
  }
}

/** What is made for a guild's class files says so, and so is found again. */
export function metadataOf(guildId: string): Record<string, string> {
  return { discord_guild_id: guildId, guagua: 'class_files' }
}

/** Whether something with this metadata was made for a guild's class files. */
export function isOfGuild(metadata: unknown, guildId: string): boolean {
  const { data = {} } = z.record(z.string(), z.string()).safeParse(metadata)
  const wanted = metadataOf(guildId)
  return Object.entries(wanted).every(([name, value]) => data[name] === value)
}
