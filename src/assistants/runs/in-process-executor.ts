import { randomUUID } from 'node:crypto'

import type { Logger } from '../../log.ts'
import type { Run, Store } from '../store/store.ts'
import type { ExecuteRun } from './execute-run.ts'
import type { Executor, RunKey } from './executor.ts'

export interface InProcessExecutorDeps {
  store: Pick<Store, 'getRun'>
  executeRun: ExecuteRun
  /** Told of a run whose worker broke off and could not even write that. */
  onBroken: (run: RunKey) => void
  /** Enqueues what an earlier process left behind. */
  recover: () => Promise<void>
  maxConcurrent: number
  log: Logger
}

interface Execution {
  threadId: string
  controller: AbortController
  done: Promise<void>
}

/** The executor of a database that one process has for itself: the queue is in its memory. */
export function createInProcessExecutor({
  store,
  executeRun,
  onBroken,
  recover,
  maxConcurrent,
  log,
}: InProcessExecutorDeps): Executor {
  const executions = new Map<string, Execution>()
  /** Only ids: thousands may wait, and each knows its instructions. */
  const waiting = new Map<string, string>()
  let working = 0
  let closed = false

  function begin(id: string, threadId: string, load: () => Promise<Run | undefined>): void {
    const controller = new AbortController()
    const hold = { by: randomUUID(), queuedBy: null }
    working += 1
    const done = execute()
    const execution: Execution = { threadId, controller, done }
    executions.set(id, execution)

    async function execute(): Promise<void> {
      try {
        const run = await load()
        if (run) await executeRun(run, { signal: controller.signal, hold })
      } catch (err) {
        // The run itself is as the last commit left it.
        log.error({ err, runId: id, threadId }, 'run could not be executed')
        onBroken({ id, thread_id: threadId })
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

  const executor: Executor = {
    jobFor: () => undefined,
    enqueue(run) {
      if (closed) return
      if (working < maxConcurrent) begin(run.id, run.thread_id, () => Promise.resolve(run))
      else waiting.set(run.id, run.thread_id)
    },
    has: (runId) => executions.has(runId) || waiting.has(runId),
    async stop(run, reason) {
      const execution = executions.get(run.id)
      execution?.controller.abort(reason)
      await execution?.done
    },
    stopThread(threadId, reason) {
      for (const execution of executions.values()) {
        if (execution.threadId === threadId) execution.controller.abort(reason)
      }
    },
    start: recover,
    async close() {
      closed = true
      waiting.clear()
      for (const { controller } of executions.values()) controller.abort('closing')
      await Promise.all([...executions.values()].map(({ done }) => done))
    },
  }
  return executor
}
