import { join } from 'node:path'

import type { Logger } from '../../log.ts'
import type { StartTimer } from '../../timer.ts'
import { createCodeInterpreter } from './code-interpreter.ts'
import type { CodeInterpreter } from './interpreter.ts'
import { defaultLimits, sessionsThatFit } from './limits.ts'
import { createPackages, type PackageSource } from './packages.ts'
import { pyodideVersion } from './sandbox-process.ts'
import { createSnapshot } from './snapshot.ts'

export interface InterpreterSettings {
  /** How many sessions may have a process at once; null: as many as the machine has room for. */
  sessions: number | null
  /** A folder or an address with Pyodide's packages, `none`, or null: Pyodide's own address. */
  packages: string | null
}

export interface OpenInterpreterDeps {
  dataDir: string
  fetch: typeof globalThis.fetch
  startTimer: StartTimer
  /** Milliseconds since the epoch. */
  now: () => number
  log: Logger
}

/** The interpreter as it is configured, with what it keeps below `dataDir`. Starts nothing yet. */
export function openInterpreter(
  { sessions, packages }: InterpreterSettings,
  { dataDir, fetch, startTimer, now, log }: OpenInterpreterDeps,
): CodeInterpreter {
  const folder = join(dataDir, 'pyodide')
  const source = toSource(packages, join(folder, 'packages'))
  return createCodeInterpreter({
    options: { maxSessions: sessions ?? sessionsThatFit(), limits: defaultLimits },
    snapshot: createSnapshot({ folder, limits: defaultLimits, log }),
    packages: createPackages({ source, fetch, now, log }),
    startTimer,
    log,
  })
}

function toSource(packages: string | null, cacheFolder: string): PackageSource {
  if (packages === 'none') return { type: 'none' }
  if (packages === null) {
    const url = `https://cdn.jsdelivr.net/pyodide/v${pyodideVersion()}/full`
    return { type: 'address', url, cacheFolder }
  }
  if (/^https?:/.test(packages)) return { type: 'address', url: packages, cacheFolder }
  return { type: 'folder', folder: packages }
}
