import type { Logger } from '../../log.ts'
import type { Run, Store } from '../store/store.ts'
import type { ExecuteRun, StopReason } from './execute-run.ts'

/** Executes queued runs, a limited number at once, in the order of their arrival. */
export interface Executor {
  enqueue(run: Run): void
  /** Tells the worker of a run to stop, if it has one, and waits until it has stopped. */
  stop(runId: string, reason: StopReason): Promise<void>
  /** Stops the workers of a thread, if there is one. */
  stopThread(threadId: string, reason: StopReason): void
  /** Takes no more work and stops what is going on. */
  close(): Promise<void>
}

export interface ExecutorDeps {
  store: Pick<Store, 'getRun'>
  executeRun: ExecuteRun
  maxConcurrent: number
  log: Logger
}

interface Execution {
  threadId: string
  controller: AbortController
  done: Promise<void>
}

export function createExecutor({ store, executeRun, maxConcurrent, log }: ExecutorDeps): Executor {
  const executions = new Map<string, Execution>()
  /** Only ids: thousands may wait, and each knows its instructions. */
  const waiting = new Map<string, string>()
  let working = 0
  let closed = false

  function begin(id: string, threadId: string, load: () => Promise<Run | undefined>): void {
    const controller = new AbortController()
    working += 1
    const done = execute()
    const execution: Execution = { threadId, controller, done }
    executions.set(id, execution)

    async function execute(): Promise<void> {
      try {
        const run = await load()
        if (run) await executeRun(run, { signal: controller.signal })
      } catch (err) {
        // The run itself is as the last commit left it; the sweeper ends it in time.
        log.error({ err, runId: id, threadId }, 'run could not be executed')
      } finally {
        working -= 1
        // By now the same run may have been taken up again, after its outputs came.
        if (executions.get(id) === execution) executions.delete(id)
        next()
      }
    }
  }

  function next(): void {
    if (closed || working >= maxConcurrent) return
    for (const [id, threadId] of waiting) {
      waiting.delete(id)
      begin(id, threadId, () => store.getRun(threadId, id))
      return
    }
  }

  async function stop(runId: string, reason: StopReason): Promise<void> {
    const execution = executions.get(runId)
    execution?.controller.abort(reason)
    await execution?.done
  }

  return {
    enqueue(run) {
      if (closed) return
      if (working < maxConcurrent) begin(run.id, run.thread_id, () => Promise.resolve(run))
      else waiting.set(run.id, run.thread_id)
    },
    stop,
    stopThread(threadId, reason) {
      for (const execution of executions.values()) {
        if (execution.threadId === threadId) execution.controller.abort(reason)
      }
    },
    async close() {
      closed = true
      waiting.clear()
      await Promise.all([...executions.keys()].map((id) => stop(id, 'closing')))
    },
  }
}
