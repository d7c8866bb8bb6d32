import type { Logger } from '../../log.ts'
import type { Run, Store } from '../store/store.ts'
import type { OutsideEndings } from './end-from-outside.ts'
import type { Executor } from './executor.ts'

export interface RecoveryDeps {
  store: Pick<Store, 'listActiveRuns'>
  endings: OutsideEndings
  executor: Pick<Executor, 'enqueue'>
  isOverdue: (run: Run) => boolean
  log: Logger
}

/**
 * Gives every active run a truthful state after a start: nobody works on any of them any more. One
 * that waits for tool outputs goes on waiting.
 */
export async function recoverRuns({
  store,
  endings,
  executor,
  isOverdue,
  log,
}: RecoveryDeps): Promise<void> {
  let recovered = 0
  let runs = await store.listActiveRuns()
  while (runs.length > 0) {
    for (const run of runs) await recover(run)
    recovered += runs.length
    runs = await store.listActiveRuns(runs.at(-1)?.id)
  }
  if (recovered > 0) log.info({ runs: recovered }, 'runs of an earlier process taken over')

  async function recover(run: Run): Promise<void> {
    if (run.status === 'cancelling') await endings.finishCancelling(run)
    else if (isOverdue(run)) await endings.expire(run)
    else if (run.status === 'queued') executor.enqueue(run)
    else if (run.status === 'in_progress') {
      const queued = await endings.requeue(run)
      if (queued) executor.enqueue(queued)
    }
  }
}
