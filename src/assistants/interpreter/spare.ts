import type { Logger } from '../../log.ts'
import type { SandboxProcess } from './sandbox-process.ts'

/** One process in which Python has started and nothing has run. */
export interface Spare {
  /** Starts one, if there is none. */
  prepare(): void
  /** Gives the spare one away, or starts one; rejects where Python cannot be started. */
  take(): Promise<SandboxProcess>
  end(): Promise<void>
  /** Ends the spare one and whatever is just starting. */
  close(): Promise<void>
}

export interface SpareDeps {
  startProcess: () => Promise<SandboxProcess>
  log: Logger
}

export function createSpare({ startProcess, log }: SpareDeps): Spare {
  let waiting: Promise<SandboxProcess> | undefined
  /** Those that nobody has taken. */
  const own = new Set<SandboxProcess>()
  let isClosed = false

  async function start(): Promise<SandboxProcess> {
    const sandbox = await startProcess()
    own.add(sandbox)
    void sandbox.gone.then(() => own.delete(sandbox))
    if (isClosed) void sandbox.kill()
    // The program need not stay for a process that does nothing; whoever runs code in it waits for it.
    sandbox.keepProgramAlive(true)
    const reply = await sandbox.started
    if (reply.type === 'ready' && !isClosed) {
      sandbox.keepProgramAlive(false)
      return sandbox
    }
    await sandbox.kill()
    throw new Error(`Python did not start: ${reply.type === 'over' ? reply.detail : reply.type}`)
  }

  function prepare(): void {
    if (isClosed || waiting) return
    const started = start()
    waiting = started
    const forget = () => {
      if (waiting === started) waiting = undefined
    }
    started.then(
      // A process that dies while it waits is no spare.
      (sandbox) => void sandbox.gone.then(forget),
      (err: unknown) => {
        forget()
        if (!isClosed) log.warn({ err }, 'python cannot be started')
      },
    )
  }

  async function end(): Promise<void> {
    const ending = waiting
    waiting = undefined
    const sandbox = await ending?.catch(() => undefined)
    await sandbox?.kill()
  }

  return {
    prepare,
    take() {
      const taken = waiting ?? start()
      waiting = undefined
      return taken.then((sandbox) => {
        own.delete(sandbox)
        return sandbox
      })
    },
    end,
    async close() {
      isClosed = true
      waiting = undefined
      // What has no process yet ends as soon as it gets one: nobody waits for it.
      await Promise.all([...own].map((sandbox) => sandbox.kill()))
    },
  }
}
