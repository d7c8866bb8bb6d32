import type { FoundRun, Run } from '../store/store.ts'
import { cancelled } from './endings/cancelled.ts'
import type { RunAtEnd } from './endings/end-run.ts'
import { expired } from './endings/expired.ts'
import { broken, failed } from './endings/failed.ts'
import type { Executor, RunKey } from './executor.ts'
import type { Journal } from './journal.ts'
import { requeued } from './progress.ts'

/** Ends runs that may have a worker, and those that have none. */
export interface OutsideEndings {
  /** Ends a run that is `cancelling`. */
  finishCancelling(run: RunKey): Promise<void>
  /** Ends a run whose time is over. */
  expire(run: RunKey): Promise<void>
  /** Ends a run whose worker broke off without a word. */
  fail(run: RunKey): Promise<void>
  /** Makes a run that a dead process was at ready to be executed again. */
  requeue(run: RunKey): Promise<Run | undefined>
}

export interface OutsideEndingsDeps {
  journal: Pick<Journal, 'applyFromOutside'>
  executor: Pick<Executor, 'stop'>
  /** Unix seconds. */
  now: () => number
}

export function createOutsideEndings({
  journal,
  executor,
  now,
}: OutsideEndingsDeps): OutsideEndings {
  return {
    async finishCancelling(run) {
      await executor.stop(run, 'cancelled')
      await journal.applyFromOutside(run, (found) => cancelled(toRunAtEnd(found, now())))
    },

    async expire(run) {
      await executor.stop(run, 'expired')
      await journal.applyFromOutside(run, (found) => {
        const at = toRunAtEnd(found, now())
        return found.run.status === 'cancelling' ? cancelled(at) : expired(at)
      })
    },

    async fail(run) {
      await journal.applyFromOutside(run, (found) => failed(toRunAtEnd(found, now()), broken))
    },

    requeue: (run) =>
      journal.applyFromOutside(run, (found) => {
        const { change, events } = requeued(found.run, toRunAtEnd(found, now()).open)
        return { change: { ...change, holder: null }, events }
      }),
  }
}

/** A run as the store knows it: what its worker had not written yet is lost. `now` in Unix seconds. */
export function toRunAtEnd({ run, records }: FoundRun, now: number): RunAtEnd {
  const isOpen = ({ step }: FoundRun['records'][number]) => step.status === 'in_progress'
  return {
    run,
    steps: records.filter((record) => !isOpen(record)),
    open: records.find(isOpen),
    now,
  }
}
