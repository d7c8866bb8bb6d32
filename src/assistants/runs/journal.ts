import type {
  FoundRun,
  ObjectStore,
  Run,
  RunCreation,
  RunJob,
  Store,
  Thread,
} from '../store/store.ts'
import type { RunEvent } from '../wire/events.ts'
import type { EventHub } from './event-hub.ts'
import type { RunKey } from './executor.ts'
import type { Lanes } from './lanes.ts'
import type { Relay } from './relay.ts'
import type { StartedRun, StartOptions } from './run-service.ts'
import type { Transition } from './transition.ts'

/** The one way in which runs change: written first, seen afterwards, one change at a time. */
export interface Journal {
  create(creation: RunCreation, options: CreationOptions): Promise<StartedRun>
  /**
   * By who executes the run. The run as written, or `undefined` if it had moved on and nothing was
   * written or emitted.
   */
  apply(transition: Transition): Promise<Run | undefined>
  /** By anybody else; the run's readers, too, may be elsewhere. */
  applyFromOutside(key: RunKey, plan: Plan): Promise<Run | undefined>
  /** As `applyFromOutside`, and the events are returned to a new reader, the only one. */
  applyAndFollow(key: RunKey, plan: Plan, options: StartOptions): Promise<StartedRun | undefined>
}

/**
 * Decides from the run as it is, while nobody can change it, in this process or another. What it
 * throws is thrown; if it plans nothing, nothing happens.
 */
export type Plan = (found: FoundRun) => Transition | undefined

export interface CreationOptions extends StartOptions {
  runId: string
  /** Where the run is made: the objects of its project. */
  objects: Pick<ObjectStore, 'insertRun'>
}

export interface JournalDeps {
  store: Pick<Store, 'changeRun' | 'changeFoundRun'>
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

  async function commitFound(key: RunKey, plan: Plan): Promise<Committed | undefined> {
    let transition: Transition | undefined
    const run = await store.changeFoundRun(key, (found) => (transition = plan(found))?.change)
    return run && transition && { run, transition, events: eventsOf(transition, run) }
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
      lanes.run(transition.change.run.id, async () => {
        const run = await store.changeRun(transition.change)
        if (run) hub.emit(run.id, eventsOf(transition, run))
        return run
      }),

    applyFromOutside: (key, plan) =>
      lanes.run(key.id, async () => {
        const committed = await commitFound(key, plan)
        if (!committed) return undefined
        const { run, events } = committed
        hub.emit(run.id, events)
        if (events.length > 0) relay?.announce(run, events)
        return run
      }),

    applyAndFollow: (key, plan, options) =>
      lanes.run(key.id, async () => {
        const committed = await commitFound(key, plan)
        if (!committed) return undefined
        const { run, transition } = committed
        const events = follow(run, options, transition.change.job)
        hub.emit(run.id, committed.events)
        return { run, events }
      }),
  }
}

interface Committed {
  run: Run
  transition: Transition
  events: RunEvent[]
}

function eventsOf({ change, events }: Transition, stored: Run): RunEvent[] {
  return events.map((event) => withStored(event, change.run, stored))
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
