import { AppError } from '../../errors.ts'
import type { Logger } from '../../log.ts'
import type { RunJob } from '../store/store.ts'
import type { RunEvent } from '../wire/events.ts'
import type { EventHub } from './event-hub.ts'
import type { RunKey } from './executor.ts'
import type { FetchedJob } from './job-queue.ts'
import type { Lanes } from './lanes.ts'
import type { AttemptOfJob, Mail, ProcessMessage } from './mail.ts'
import { interrupted } from './stream-failure.ts'

/**
 * Carries events from the process that executes a run to the one where they are read. A reader sees
 * the events of one execution in their order, or is told that it does not.
 */
export interface Relay {
  /** A reader of the job's events was opened here. */
  expect(job: RunJob): void
  /** An attempt of the job begins here: what happens goes to its reader, wherever that is. */
  begin(job: FetchedJob): Forwarding
  /** The run's last change is one whose events were lost with the process that made it. */
  interrupt(job: FetchedJob): void
  /** Shows everybody what somebody has done who does not execute the run. */
  announce(run: RunKey, events: RunEvent[]): void
  receive(message: ProcessMessage): void
  /** Messages may be missing: streams that depend on them fail. */
  onGap(): void
  /** Runs that are read here and executed elsewhere, or not yet. */
  awaited(): string[]
}

export interface Forwarding {
  /** Nothing more happens in this attempt; done when the reader has been sent everything. */
  finish(): Promise<void>
  /** The attempt found nothing to do, and has nothing to tell. */
  leave(): void
}

export interface RelayDeps {
  hub: EventHub
  /** The journal's: here too, what happens to a run happens one thing after the other. */
  lanes: Lanes
  mail: Mail
  log: Logger
}

/** What a reader here has heard so far. */
interface Expectation {
  jobId: string
  /** Whose events it sees; undefined before the first. */
  attempt: number | undefined
  /** Of the next message. */
  number: number
  isHere: boolean
}

export function createRelay({ hub, lanes, mail, log }: RelayDeps): Relay {
  const expectations = new Map<string, Expectation>()

  function fail(runId: string, error = interrupted()): void {
    expectations.delete(runId)
    hub.end(runId, error)
  }

  /** Whether the reader may see this attempt: it is the first of its job that it hears of. */
  function accepts({ runId, jobId, attempt }: AttemptOfJob): Expectation | undefined {
    const expected = expectations.get(runId)
    if (expected?.jobId !== jobId) return undefined
    expected.attempt ??= attempt
    if (expected.attempt === attempt) return expected
    // A worker that was given up may still talk; one that comes later has begun anew.
    if (attempt > expected.attempt) fail(runId)
    return undefined
  }

  function hear(message: Extract<ProcessMessage, { type: 'events' }>): void {
    const { runId, number, events } = message
    const expected = accepts(message)
    if (!expected) return
    if (expected.number !== number) return fail(runId)
    expected.number += 1
    hub.emit(runId, events)
  }

  function beginHere(job: FetchedJob): Forwarding {
    const expected = accepts(toAttempt(job))
    if (expected) expected.isHere = true
    return {
      async finish() {
        if (expected?.isHere) expectations.delete(job.runId)
      },
      leave() {
        // Whoever moved the run on tells of it, or it is seen that the run is over.
        if (expected) expected.isHere = false
      },
    }
  }

  function beginForward(job: FetchedJob, reader: string): Forwarding {
    const attempt = toAttempt(job)
    const events = hub.open({ id: job.runId, thread_id: job.threadId })
    const done = forward()
    async function forward(): Promise<void> {
      let number = 0
      try {
        for await (const batch of events) {
          await mail.send(reader, { type: 'events', ...attempt, number, events: batch })
          number += 1
        }
      } catch (error) {
        if (!(error instanceof AppError)) log.warn({ err: error }, 'events could not be passed on')
        const { message: reason } = error instanceof AppError ? error : interrupted()
        await mail.send(reader, { type: 'interrupted', ...attempt, reason })
      }
    }
    return {
      finish: () => done.catch((err: unknown) => untold(job.runId, err)),
      leave: () => void events[Symbol.asyncIterator]().return?.(),
    }
  }

  /** The reader's process looks at the run from time to time, and will see. */
  function untold(runId: string, err: unknown): void {
    log.warn({ err, runId }, 'a reader elsewhere could not be told')
  }

  return {
    expect(job) {
      const expectation = { jobId: job.id, attempt: undefined, number: 0, isHere: false }
      expectations.set(job.runId, expectation)
    },
    begin(job) {
      if (job.reader === null) return { finish: async () => {}, leave() {} }
      return job.reader === mail.processId ? beginHere(job) : beginForward(job, job.reader)
    },
    interrupt(job) {
      if (job.reader === null) return
      const reason = interrupted().message
      const message = { type: 'interrupted' as const, ...toAttempt(job), reason }
      if (job.reader === mail.processId) this.receive(message)
      else void mail.send(job.reader, message).catch((err: unknown) => untold(job.runId, err))
    },
    announce({ id }, events) {
      void mail.broadcast({ type: 'announced', runId: id, events })
    },
    receive(message) {
      switch (message.type) {
        case 'events':
          // The reader may be about to be opened: its run's creation has the lane.
          void lanes.run(message.runId, async () => hear(message))
          break
        case 'interrupted':
          void lanes.run(message.runId, async () => {
            const { runId, jobId, attempt, reason } = message
            const expected = expectations.get(runId)
            if (expected?.jobId !== jobId || (expected.attempt ?? 0) > attempt) return
            fail(runId, new AppError('unavailable', reason))
          })
          break
        case 'announced':
          void lanes.run(message.runId, async () => hub.emit(message.runId, message.events))
          break
        case 'deleted':
          hub.endThread(message.threadId)
          break
        case 'stop':
        case 'stopped':
        case 'work':
          break
        default:
          // Of a newer version.
          message satisfies never
      }
    },
    onGap() {
      for (const [runId, { isHere }] of expectations) if (!isHere) fail(runId)
    },
    awaited() {
      const read = new Set(hub.reading())
      for (const runId of expectations.keys()) if (!read.has(runId)) expectations.delete(runId)
      return [...expectations].filter(([, { isHere }]) => !isHere).map(([runId]) => runId)
    },
  }
}

function toAttempt({ id, runId, attempt }: FetchedJob): AttemptOfJob {
  return { runId, jobId: id, attempt }
}
