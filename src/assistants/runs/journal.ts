import type { ObjectStore, Run, RunCreation, RunJob, Store, Thread } from '../store/store.ts'
import type { RunEvent } from '../wire/events.ts'
import type { EventHub } from './event-hub.ts'
import type { Lanes } from './lanes.ts'
import type { Relay } from './relay.ts'
import type { StartedRun, StartOptions } from './run-service.ts'
import type { Transition } from './transition.ts'

/** The one way in which runs change: written first, seen afterwards, one change at a time. */
export interface Journal {
  create(creation: RunCreation, options: CreationOptions): Promise<StartedRun>
  /** The run as written, or `undefined` if it had moved on and nothing was written or emitted. */
  apply(transition: Transition): Promise<Run | undefined>
  /** As `apply`, by somebody who does not execute the run: its readers may be elsewhere. */
  applyFromOutside(transition: Transition): Promise<Run | undefined>
  /**
   * As `apply`, and the events are also returned to a new reader. While `plan` looks at the run and
   * decides, no other change of it happens here; what it throws is thrown, and if it plans nothing,
   * nothing happens.
   */
  applyAndFollow(
    runId: string,
    plan: () => Promise<Transition | undefined>,
    options: StartOptions,
  ): Promise<StartedRun | undefined>
}

export interface CreationOptions extends StartOptions {
  runId: string
  /** Where the run is made: the objects of its project. */
  objects: Pick<ObjectStore, 'insertRun'>
}

export interface JournalDeps {
  store: Pick<Store, 'changeRun'>
  hub: EventHub
  /** By the id of the run. */
  lanes: Lanes
  /** Where several processes share the runs. */
  relay?: Pick<Relay, 'expect' | 'announce'> | undefined
}

export function createJournal({ store, hub, lanes, relay }: JournalDeps): Journal {
  function follow(run: Run, { stream }: StartOptions, job: RunJob | undefined) {
    if (!stream) return noEvents
    if (job) relay?.expect(job)
    return hub.open(run)
  }

  async function commit({ change, events: planned }: Transition, onCommit: () => void) {
    const stored = await store.changeRun(change)
    if (!stored) return undefined
    onCommit()
    const events = planned.map((event) => withStored(event, change.run, stored))
    hub.emit(change.run.id, events)
    return { run: stored, events }
  }

  return {
    create: (creation, options) =>
      lanes.run(options.runId, async () => {
        const run = await options.objects.insertRun(creation)
        const events = follow(run, options, creation.job)
        hub.emit(run.id, creationEvents(run, creation))
        return { run, events }
      }),

    apply: (transition) =>
      lanes.run(transition.change.run.id, async () => (await commit(transition, () => {}))?.run),

    applyFromOutside: (transition) =>
      lanes.run(transition.change.run.id, async () => {
        const committed = await commit(transition, () => {})
        if (committed) relay?.announce(committed.run, committed.events)
        return committed?.run
      }),

    applyAndFollow: (runId, plan, options) =>
      lanes.run(runId, async () => {
        const transition = await plan()
        if (!transition) return undefined
        let events: AsyncIterable<RunEvent[]> = noEvents
        const committed = await commit(transition, () => {
          events = follow(transition.change.run, options, transition.change.job)
        })
        return committed && { run: committed.run, events }
      }),
  }
}

function creationEvents(run: Run, { thread }: RunCreation): RunEvent[] {
  const created: RunEvent[] = [
    { event: 'thread.run.created', data: run },
    { event: 'thread.run.queued', data: run },
  ]
  return typeof thread === 'string' ? created : [threadCreated(thread.thread), ...created]
}

function threadCreated(thread: Thread): RunEvent {
  return { event: 'thread.created', data: thread }
}

function withStored(event: RunEvent, planned: Run, stored: Run): RunEvent {
  // Same event, same kind of object, only newer metadata.
  return event.data === planned ? ({ ...event, data: stored } as RunEvent) : event
}

const noEvents: AsyncIterable<RunEvent[]> = {
  [Symbol.asyncIterator]: () => ({
    next: () => Promise.resolve({ done: true, value: undefined }),
  }),
}
