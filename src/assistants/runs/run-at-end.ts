import type { Run, Store } from '../store/store.ts'
import type { RunAtEnd } from './endings/end-run.ts'

/** A run as the store knows it: what its worker had not written yet is lost. `now` in Unix seconds. */
export async function readRunAtEnd(
  store: Pick<Store, 'getStepRecords'>,
  run: Run,
  now: number,
): Promise<RunAtEnd> {
  const records = await store.getStepRecords(run)
  const isOpen = ({ step }: (typeof records)[number]) => step.status === 'in_progress'
  return {
    run,
    steps: records.filter((record) => !isOpen(record)),
    open: records.find(isOpen),
    now,
  }
}
