import type { Run, Store } from '../store/store.ts'
import { cancelled } from './endings/cancelled.ts'
import type { RunAtEnd } from './endings/end-run.ts'
import { expired } from './endings/expired.ts'
import type { StopReason } from './execute-run.ts'
import type { Executor } from './executor.ts'
import type { Journal } from './journal.ts'
import { requeued } from './progress.ts'

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
    await executor.stop(run.id, reason)
    const current = await store.getRun(run.thread_id, run.id)
    return current && toRunAtEnd(current)
  }

  async function toRunAtEnd(run: Run): Promise<RunAtEnd> {
    const records = await store.getStepRecords(run)
    const isOpen = ({ step }: (typeof records)[number]) => step.status === 'in_progress'
    return {
      run,
      steps: records.filter((record) => !isOpen(record)),
      open: records.find(isOpen),
      now: now(),
    }
  }

  async function finishCancelling(run: Run): Promise<void> {
    const at = await stopWorker(run, 'cancelled')
    if (at?.run.status === 'cancelling') await journal.apply(cancelled(at))
  }

  return {
    finishCancelling,
    async expire(run) {
      if (run.status === 'cancelling') return finishCancelling(run)
      const at = await stopWorker(run, 'expired')
      if (at?.run.status === 'cancelling') await journal.apply(cancelled(at))
      else if (at) await journal.apply(expired(at))
    },
    async requeue(run) {
      const { open } = await toRunAtEnd(run)
      return journal.apply(requeued(run, open))
    },
  }
}
