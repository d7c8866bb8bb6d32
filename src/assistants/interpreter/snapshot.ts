import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { Logger } from '../../log.ts'
import { pyodideFolder, startSandboxProcess, type SandboxProcess } from './sandbox-process.ts'
import type { SandboxLimits } from './sandbox/messages.ts'

/** The memory of a Python that has started: whoever continues from it starts ten times as fast. */
export interface Snapshot {
  /** Where it is, made at the first call; null where it cannot be made or written. */
  file(): Promise<string | null>
  /** Ends the process that makes it, if there is one. */
  close(): Promise<void>
}

export interface SnapshotDeps {
  /** Where it is kept for the next start of the program. */
  folder: string
  limits: SandboxLimits
  log: Logger
}

const makeMs = 60_000

/** No code of a model is ever in a snapshot: the process that makes it does nothing else. */
export function createSnapshot({ folder, limits, log }: SnapshotDeps): Snapshot {
  let made: Promise<string | null> | undefined
  let maker: SandboxProcess | undefined
  let isClosed = false

  async function find(): Promise<string | null> {
    try {
      const name = `python-${await fingerprint()}.snapshot`
      const path = join(folder, name)
      if (await isFile(path)) return path
      await mkdir(folder, { recursive: true })
      if (isClosed) return null
      maker = startMaker(limits)
      const content = await take(maker)
      const temporary = `${path}.${process.pid}.tmp`
      await writeFile(temporary, content)
      await rename(temporary, path)
      await removeOthers(folder, name)
      return path
    } catch (err) {
      if (!isClosed) log.warn({ err }, 'python starts without a snapshot, which takes longer')
      return null
    }
  }

  return {
    file: () => (made ??= find()),
    async close() {
      isClosed = true
      await maker?.kill()
    },
  }
}

function startMaker(limits: SandboxLimits): SandboxProcess {
  return startSandboxProcess({
    type: 'start',
    pyodideFolder,
    packages: null,
    snapshotFile: null,
    makeSnapshot: true,
    limits,
  })
}

async function take(sandbox: SandboxProcess): Promise<Uint8Array> {
  const timer = setTimeout(() => void sandbox.kill(), makeMs)
  try {
    const reply = await sandbox.started
    if (reply.type === 'snapshot') return reply.content
    throw new Error(reply.type === 'over' ? reply.detail : `it answered ${reply.type}`)
  } finally {
    clearTimeout(timer)
    await sandbox.kill()
  }
}

/** Of what a snapshot depends on: Pyodide, what is run in it, and Node's WebAssembly. */
async function fingerprint(): Promise<string> {
  const hash = createHash('sha256').update(process.versions.v8)
  hash.update(await readFile(join(pyodideFolder, 'package.json')))
  hash.update(await readFile(new URL('./sandbox/runner.py', import.meta.url)))
  return hash.digest('hex').slice(0, 16)
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null)
  return found?.isFile() ?? false
}

async function removeOthers(folder: string, name: string): Promise<void> {
  const entries = await readdir(folder)
  const old = entries.filter((entry) => entry.endsWith('.snapshot') && entry !== name)
  await Promise.all(old.map((entry) => rm(join(folder, entry), { force: true })))
}
