import type { Run, RunJob } from '../store/store.ts'
import type { StopReason } from './execute-run.ts'
import type { StartOptions } from './run-service.ts'

/** Executes queued runs, a limited number at once, in the order of their arrival. */
export interface Executor {
  /** What must be written together with a run that is queued; nothing if `enqueue` is all it takes. */
  jobFor(run: RunKey, options: StartOptions): RunJob | undefined
  /** Tells that a queued run has been written. */
  enqueue(run: Run): void
  /** Whether the run is executed here, or waits here for that. */
  has(runId: string): boolean
  /** Tells the worker of a run to stop, if it has one, and waits until it has stopped. */
  stop(run: RunKey, reason: StopReason): Promise<void>
  /** Stops the workers of a thread, if there is one. */
  stopThread(threadId: string, reason: StopReason): void
  start(): Promise<void>
  /** Takes no more work and stops what is going on. */
  close(): Promise<void>
}

export type RunKey = Pick<Run, 'id' | 'thread_id'>
