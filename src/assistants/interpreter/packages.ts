import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

import { z } from 'zod'

import type { Logger } from '../../log.ts'
import { pyodideFolder } from './sandbox-process.ts'

/** Where packages such as numpy come from: a folder, an address, or nowhere. */
export type PackageSource =
  | { type: 'folder'; folder: string }
  /** `lockFolder` is where the lock file is; default the package `pyodide`, which fits its address. */
  | { type: 'address'; url: string; cacheFolder: string; lockFolder?: string }
  | { type: 'none' }

export interface Packages {
  /** What a sandbox needs to load them; null: there are none. */
  open(): Promise<{ folder: string; lockFile: string } | null>
  /**
   * Brings the packages that modules are in, with all that they need, into the folder. `load` are
   * the names to load; `unavailable` says of the other modules why not.
   */
  provide(modules: readonly string[], options: { signal: AbortSignal }): Promise<Provided>
}

export interface Provided {
  load: string[]
  unavailable: Record<string, string>
}

export interface PackagesDeps {
  source: PackageSource
  fetch: typeof globalThis.fetch
  log: Logger
  /** Milliseconds since the epoch. */
  now: () => number
}

const entrySchema = z.object({
  name: z.string(),
  // It becomes a path.
  file_name: z.string().regex(/^[\w+-][\w.+-]*$/),
  sha256: z.string(),
  depends: z.array(z.string()).default([]),
  imports: z.array(z.string()).default([]),
})
const lockSchema = z.object({ packages: z.record(z.string(), entrySchema) })

type Entry = z.infer<typeof entrySchema>

interface Lock {
  text: string
  entries: Map<string, Entry>
  byModule: Map<string, string>
}

const maxWheelBytes = 100_000_000
const fetchMs = 60_000
/** For how long an address that did not answer is not asked again. */
const retryAfterMs = 60_000
const lockFileName = 'pyodide-lock.json'

export function createPackages({ source, fetch, log, now }: PackagesDeps): Packages {
  const folder = source.type === 'folder' ? source.folder : lockFolderOf(source)
  const wheels = source.type === 'address' ? source.cacheFolder : folder
  let lock: Promise<Lock | null> | undefined
  const verified = new Map<string, Promise<void>>()
  let failedAtMs = -Infinity

  async function readLock(): Promise<Lock | null> {
    if (source.type === 'none') return null
    try {
      await mkdir(wheels, { recursive: true })
      return parseLock(await readFile(join(folder, lockFileName), 'utf8'))
    } catch (err) {
      log.warn({ err, folder }, 'packages for python cannot be used')
      return null
    }
  }

  /** Once per file; a failure is forgotten, so the next call tries again. */
  function ensure(entry: Entry, signal: AbortSignal): Promise<void> {
    const known = verified.get(entry.file_name)
    if (known) return known
    const bringing = bring(entry, signal)
    verified.set(entry.file_name, bringing)
    bringing.catch(() => verified.delete(entry.file_name))
    return bringing
  }

  async function bring(entry: Entry, signal: AbortSignal): Promise<void> {
    const path = join(wheels, entry.file_name)
    if ((await hashOf(path)) === entry.sha256) return
    if (source.type !== 'address') throw new Error(`${entry.file_name} is missing or damaged`)
    if (now() - failedAtMs < retryAfterMs)
      throw new Error('the address did not answer a moment ago')
    try {
      await download(entry, { url: source.url, path, fetch, signal })
    } catch (error) {
      if (!signal.aborted) failedAtMs = now()
      throw error
    }
  }

  async function provideOne(name: string, known: Lock, signal: AbortSignal): Promise<void> {
    for (const entry of withDependencies(name, known)) await ensure(entry, signal)
  }

  return {
    async open() {
      lock ??= readLock()
      const known = await lock
      return known && { folder: wheels, lockFile: known.text }
    },
    async provide(modules, { signal }) {
      lock ??= readLock()
      const known = await lock
      const provided: Provided = { load: [], unavailable: {} }
      if (!known) return provided
      for (const module of modules) {
        const top = module.split('.', 1)[0] ?? module
        const name = known.byModule.get(module) ?? known.byModule.get(top)
        if (name === undefined || provided.load.includes(name)) continue
        try {
          await provideOne(name, known, signal)
          provided.load.push(name)
        } catch (err) {
          signal.throwIfAborted()
          log.warn({ err, package: name }, 'package for python cannot be had')
          provided.unavailable[top] = 'the server could not get the package.'
        }
      }
      return provided
    },
  }
}

function lockFolderOf(source: PackageSource): string {
  const { lockFolder = pyodideFolder } = source.type === 'address' ? source : {}
  return lockFolder
}

function parseLock(text: string): Lock {
  const { packages } = lockSchema.parse(JSON.parse(text))
  const entries = new Map<string, Entry>()
  const byModule = new Map<string, string>()
  for (const [key, entry] of Object.entries(packages)) {
    entries.set(key, entry)
    for (const module of entry.imports) byModule.set(module, key)
  }
  return { text, entries, byModule }
}

function withDependencies(name: string, { entries }: Lock): Entry[] {
  const found = new Map<string, Entry>()
  const waiting = [name]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next)) continue
    const entry = entries.get(next)
    if (!entry) throw new Error(`the lock file has no ${next}`)
    found.set(next, entry)
    waiting.push(...entry.depends.map((dependency) => dependency.toLowerCase()))
  }
  return [...found.values()]
}

async function hashOf(path: string): Promise<string | null> {
  const found = await stat(path).catch(() => null)
  if (!found?.isFile()) return null
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

interface Download {
  url: string
  path: string
  fetch: typeof globalThis.fetch
  signal: AbortSignal
}

/** Whole and with the hash of the lock file, or not at all. */
async function download(entry: Entry, { url, path, fetch, signal }: Download): Promise<void> {
  const both = AbortSignal.any([signal, AbortSignal.timeout(fetchMs)])
  const response = await fetch(`${url.replace(/\/+$/, '')}/${entry.file_name}`, { signal: both })
  if (!response.ok || !response.body) {
    await response.body?.cancel()
    throw new Error(`the address answered ${response.status} for ${entry.file_name}`)
  }
  const temporary = `${path}.${process.pid}.tmp`
  const hash = createHash('sha256')
  try {
    await pipeline(response.body, checkedBytes(hash), createWriteStream(temporary))
    if (hash.digest('hex') !== entry.sha256)
      throw new Error(`${entry.file_name} is not what the lock file says`)
    await rename(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
}

function checkedBytes(hash: { update(chunk: Uint8Array): unknown }) {
  return async function* (chunks: AsyncIterable<Uint8Array>) {
    let bytes = 0
    for await (const chunk of chunks) {
      bytes += chunk.length
      if (bytes > maxWheelBytes) throw new Error(`the file is larger than ${maxWheelBytes} bytes`)
      hash.update(chunk)
      yield chunk
    }
  }
}
