import type { Run, Store } from '../store/store.ts'
import { cancelled } from './endings/cancelled.ts'
import type { RunAtEnd } from './endings/end-run.ts'
import { expired } from './endings/expired.ts'
import type { StopReason } from './execute-run.ts'
import type { Executor } from './executor.ts'
import type { Journal } from './journal.ts'
import { requeued } from './progress.ts'
import { readRunAtEnd } from './run-at-end.ts'

/** Ends runs that may have a worker, and those that have none. */
export interface OutsideEndings {
  /** Ends a run that is `cancelling`. */
  finishCancelling(run: Run): Promise<void>
  /** Ends a run whose time is over. */
  expire(run: Run): Promise<void>
  /** Makes a run that a dead process was at ready to be executed again. */
  requeue(run: Run): Promise<Run | undefined>
}

export interface OutsideEndingsDeps {
  store: Pick<Store, 'getRun' | 'getStepRecords'>
  journal: Journal
  executor: Pick<Executor, 'stop'>
  /** Unix seconds. */
  now: () => number
}

export function createOutsideEndings({
  store,
  journal,
  executor,
  now,
}: OutsideEndingsDeps): OutsideEndings {
  /** The run as its worker left it, if it is still active then. */
  async function stopWorker(run: Run, reason: StopReason): Promise<RunAtEnd | undefined> {
    await executor.stop(run, reason)
    const current = await store.getRun(run.thread_id, run.id)
    return current && readRunAtEnd(store, current, now())
  }

  async function finishCancelling(run: Run): Promise<void> {
    const at = await stopWorker(run, 'cancelled')
    if (at?.run.status === 'cancelling') await journal.applyFromOutside(cancelled(at))
  }

  return {
    finishCancelling,
    async expire(run) {
      if (run.status === 'cancelling') return finishCancelling(run)
      const at = await stopWorker(run, 'expired')
      if (at?.run.status === 'cancelling') await journal.applyFromOutside(cancelled(at))
      else if (at) await journal.applyFromOutside(expired(at))
    },
    async requeue(run) {
      const { open } = await readRunAtEnd(store, run, now())
      const { change, events } = requeued(run, open)
      return journal.apply({ change: { ...change, holder: null }, events })
    },
  }
}
