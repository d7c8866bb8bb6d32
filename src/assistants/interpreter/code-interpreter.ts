import type { Logger } from '../../log.ts'
import type { StartTimer } from '../../timer.ts'
import type { CodeInterpreter } from './interpreter.ts'
import type { Packages } from './packages.ts'
import { pyodideFolder, startSandboxProcess, type SandboxProcess } from './sandbox-process.ts'
import type { SandboxLimits } from './sandbox/messages.ts'
import { createSession, type Session } from './session.ts'
import type { Snapshot } from './snapshot.ts'
import { createSpare } from './spare.ts'

export interface InterpreterOptions {
  /** How many sessions may have a process at once; the least recently used idle one makes room. */
  maxSessions: number
  limits: SandboxLimits
  /** How long a cell may run, in milliseconds; default 60 s. */
  callMs?: number
  /** How long a session lives after its last call; default an hour. */
  idleMs?: number
}

export interface InterpreterDeps {
  options: InterpreterOptions
  snapshot: Snapshot
  packages: Packages
  startTimer: StartTimer
  log: Logger
}

/** How many sessions that are over are remembered, to say so at their next call. */
const maxRemembered = 10_000
/** How long a process waits for a first session, in milliseconds. */
const unusedMs = 600_000

/**
 * Runs Python in processes of their own, one per session (`sandbox-process.ts`). One more waits as a
 * spare as long as there is a session, so that a new one need not wait for Python to start.
 */
export function createCodeInterpreter(deps: InterpreterDeps): CodeInterpreter {
  const { options, snapshot, packages, startTimer } = deps
  const log = deps.log.child({ module: 'interpreter' })
  const { maxSessions, limits, callMs = 60_000, idleMs = 3_600_000 } = options
  /** In the order of their last use. */
  const sessions = new Map<string, Session>()
  /** Sessions that ended by themselves. */
  const remembered = new Set<string>()
  const waiting = new Set<() => void>()
  let isClosed = false
  let stopUnusedTimer = () => {}

  async function startProcess() {
    const [snapshotFile, opened] = await Promise.all([snapshot.file(), packages.open()])
    return startSandboxProcess({
      type: 'start',
      pyodideFolder,
      packages: opened,
      snapshotFile,
      makeSnapshot: false,
      limits,
    })
  }

  const spare = createSpare({ startProcess, log })

  async function takeProcess(): Promise<SandboxProcess> {
    const taken = await spare.take()
    if (sessions.size > 0) spare.prepare()
    return taken
  }

  function forget(sessionId: string, session: Session): void {
    if (sessions.get(sessionId) !== session) return
    sessions.delete(sessionId)
    remembered.add(sessionId)
    for (const oldest of remembered) {
      if (remembered.size <= maxRemembered) break
      remembered.delete(oldest)
    }
    if (sessions.size === 0) void spare.end()
    wakeWaiting()
  }

  function wakeWaiting(): void {
    const all = [...waiting]
    waiting.clear()
    for (const wake of all) wake()
  }

  /** The session, as the one that was used last; waits while all others are busy. */
  async function open(sessionId: string, signal: AbortSignal): Promise<Session> {
    for (;;) {
      signal.throwIfAborted()
      if (isClosed) throw new Error('the interpreter is closed')
      const known = sessions.get(sessionId)
      if (known) {
        sessions.delete(sessionId)
        sessions.set(sessionId, known)
        return known
      }
      if (sessions.size < maxSessions) return add(sessionId)
      const idle = [...sessions].find(([, session]) => !session.isBusy())
      if (idle) {
        const [idleId, session] = idle
        log.debug({ sessionId: idleId }, 'python session makes room')
        forget(idleId, session)
        void session.end()
      } else await somethingEnds(signal)
    }
  }

  function add(sessionId: string): Session {
    const session = createSession({
      takeProcess,
      packages,
      startTimer,
      log: log.child({ sessionId }),
      callMs,
      limits,
      idleMs,
      isContinued: remembered.delete(sessionId),
      onOver: () => forget(sessionId, session),
      onIdle: wakeWaiting,
    })
    sessions.set(sessionId, session)
    return session
  }

  function somethingEnds(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const wake = () => {
        signal.removeEventListener('abort', stop)
        resolve()
      }
      const stop = () => {
        waiting.delete(wake)
        reject(signal.reason as Error)
      }
      waiting.add(wake)
      signal.addEventListener('abort', stop, { once: true })
    })
  }

  return {
    prepare() {
      if (isClosed) return
      spare.prepare()
      stopUnusedTimer()
      stopUnusedTimer = startTimer(unusedMs, () => {
        if (sessions.size === 0) void spare.end()
      })
    },
    async run(code, { signal }) {
      const session = await open(code.sessionId, signal)
      return session.run(code, { signal })
    },
    async readFile(sessionId, path) {
      return sessions.get(sessionId)?.readFile(path)
    },
    async end(sessionId) {
      remembered.delete(sessionId)
      const session = sessions.get(sessionId)
      if (!session) return
      sessions.delete(sessionId)
      if (sessions.size === 0) void spare.end()
      await session.end()
      wakeWaiting()
    },
    async close() {
      isClosed = true
      stopUnusedTimer()
      wakeWaiting()
      const all = [...sessions.values()]
      sessions.clear()
      await Promise.all([spare.close(), snapshot.close(), ...all.map((session) => session.end())])
    },
  }
}
