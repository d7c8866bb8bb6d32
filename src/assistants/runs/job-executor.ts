import { randomUUID } from 'node:crypto'

import type { Every } from '../../every.ts'
import type { Logger } from '../../log.ts'
import type { StartTimer } from '../../timer.ts'
import type { FoundRun, HeldRun, Run, RunGlance, Store } from '../store/store.ts'
import { createBatch } from './batch.ts'
import { toRunAtEnd } from './end-from-outside.ts'
import { cancelled } from './endings/cancelled.ts'
import type { EventHub } from './event-hub.ts'
import type { ExecuteRun, Outcome, StopReason } from './execute-run.ts'
import type { Executor, RunKey } from './executor.ts'
import type { FetchedJob, JobQueue } from './job-queue.ts'
import type { Journal } from './journal.ts'
import type { Mail, ProcessMessage } from './mail.ts'
import { requeued } from './progress.ts'
import type { Relay } from './relay.ts'
import { interrupted } from './stream-failure.ts'
import type { Transition } from './transition.ts'

export interface JobExecutorDeps {
  queue: JobQueue
  mail: Mail
  relay: Relay
  store: Pick<Store, 'getHeldRun' | 'glanceAtRuns' | 'onThreadDeleted'>
  journal: Pick<Journal, 'applyFromOutside'>
  hub: EventHub
  executeRun: ExecuteRun
  /** For threads that are deleted elsewhere, after their runs were told to stop. */
  forgetThread: (threadId: string) => void
  maxConcurrent: number
  /** Unix seconds. */
  now: () => number
  every: Every
  startTimer: StartTimer
  log: Logger
}

interface Execution {
  job: FetchedJob
  controller: AbortController
  done: Promise<void>
}

/** Renews the leases: at least three times in each. */
const beatMs = 3_000
/** For the case that a notification was lost, or a process died between its commit and its fetch. */
const pollMs = 2_000
/** A worker elsewhere that says nothing for so long is given up. */
const stopWithinMs = 2_000
/** What is known of runs that wait for their job to be fetched is kept for so many. */
const maxKnown = 1_000

/**
 * The executor of a database that several processes share. A queued run is a job; whoever fetches it
 * executes the run, and whoever loses the lease on it stops.
 */
export function createJobExecutor({
  queue,
  mail,
  relay,
  store,
  journal,
  hub,
  executeRun,
  forgetThread,
  maxConcurrent,
  now,
  every,
  startTimer,
  log,
}: JobExecutorDeps): Executor {
  /**
   * By the run's id. Several, when a run goes on with its next job before the end of the last one, or
   * when somebody had neglected that.
   */
  const executions = new Map<string, Set<Execution>>()
  /** Runs that were queued here a moment ago need not be read again. */
  const known = new Map<string, Run>()
  /** Who waits here for workers elsewhere to stop. */
  const stopping = new Map<string, Set<() => void>>()
  const stops: (() => void)[] = []
  let working = 0
  let wanted = false
  let fetching: Promise<void> | undefined
  let closed = false

  const finished = createBatch<FetchedJob>((jobs) => settled(queue.finish(jobs)))
  const handedBack = createBatch<FetchedJob>((jobs) => settled(queue.handBack(jobs)))
  const calls = createBatch<'work'>(() => mail.broadcast({ type: 'work' }))

  async function settled(task: Promise<void>): Promise<void> {
    try {
      await task
    } catch (err) {
      // Whoever gets the jobs when their leases are over finds nothing to do.
      log.warn({ err }, 'jobs could not be settled')
    }
  }

  function fetchMore(): void {
    wanted = true
    fetching ??= fetchWhileWanted().finally(() => (fetching = undefined))
  }

  async function fetchWhileWanted(): Promise<void> {
    try {
      while (wanted && !closed && working < maxConcurrent) {
        wanted = false
        const limit = maxConcurrent - working
        const before = [...known.keys()]
        const jobs = await queue.fetch(limit)
        if (jobs.length === limit) wanted = true
        else forget(before, jobs)
        for (const job of jobs) begin(job)
      }
    } catch (err) {
      log.warn({ err }, 'jobs could not be fetched')
    }
  }

  /** These were queued before everything that waits was fetched: others have them. */
  function forget(runIds: string[], fetched: FetchedJob[]): void {
    const here = new Set(fetched.map(({ runId }) => runId))
    for (const id of runIds) if (!here.has(id)) known.delete(id)
  }

  function begin(job: FetchedJob): void {
    const ofRun = executions.get(job.runId) ?? new Set()
    // This process itself had lost it.
    for (const each of ofRun) if (each.job.id === job.id) each.controller.abort('lost')
    working += 1
    const controller = new AbortController()
    const execution: Execution = { job, controller, done: Promise.resolve() }
    executions.set(job.runId, ofRun.add(execution))
    if (closed) controller.abort('closing')
    execution.done = work(execution)
  }

  async function work(execution: Execution): Promise<void> {
    const { job } = execution
    const forwarding = relay.begin(job)
    try {
      const outcome = await take(execution)
      if (outcome === 'missed') forwarding.leave()
      settle(job, outcome)
    } catch (err) {
      // Nobody renews the lease: somebody tries again when it is over.
      log.error({ err, runId: job.runId, threadId: job.threadId }, 'run could not be executed')
      hub.end(job.runId, interrupted())
    } finally {
      working -= 1
      remove(execution)
      if (wanted) fetchMore()
      await forwarding.finish()
    }
  }

  function remove(execution: Execution): void {
    const { runId } = execution.job
    const ofRun = executions.get(runId)
    ofRun?.delete(execution)
    if (ofRun?.size === 0) executions.delete(runId)
  }

  function all(): Execution[] {
    return [...executions.values()].flatMap((ofRun) => [...ofRun])
  }

  /** Answers whether there was anything to stop here. */
  async function stopHere(runId: string, reason: StopReason): Promise<boolean> {
    const ofRun = [...(executions.get(runId) ?? [])]
    for (const { controller } of ofRun) controller.abort(reason)
    await Promise.all(ofRun.map(({ done }) => done))
    return ofRun.length > 0
  }

  function settle(job: FetchedJob, outcome: Outcome): void {
    switch (outcome) {
      case 'settled':
        finished.add(job)
        return
      case 'missed':
        finished.add(job)
        if (job.attempt > 0) relay.interrupt(job)
        return
      case 'requeued':
        hub.end(job.runId, interrupted())
        handedBack.add(job)
        return
      case 'lost':
        return
      default:
        outcome satisfies never
    }
  }

  async function take({ job, controller }: Execution): Promise<Outcome> {
    const { signal } = controller
    const hold = { by: holderOf(job), queuedBy: job.id }
    let run = job.attempt === 0 ? known.get(job.runId) : undefined
    known.delete(job.runId)
    run ??= await prepare(job)
    while (run) {
      const outcome = await executeRun(run, { signal, hold })
      if (outcome !== 'missed') return outcome
      // An earlier attempt that everybody had given up was quicker, or there is nothing to do.
      run = await prepare(job)
    }
    return 'missed'
  }

  /** The run as this job may start it; undefined if there is nothing to do for the job any more. */
  async function prepare(job: FetchedJob): Promise<Run | undefined> {
    const held = await store.getHeldRun(job.threadId, job.runId)
    if (!held) return undefined
    const { run } = held
    if (run.status === 'queued') return held.heldBy === job.id ? run : undefined
    if (!isLeftTo(job, held)) return undefined
    const taken = await journal.applyFromOutside(run, (found) => takeOver(job, found))
    if (taken?.status !== 'queued') return undefined
    log.info({ runId: run.id, threadId: run.thread_id }, 'run of a lost worker taken over')
    return taken
  }

  /** The run goes on, or ends if that was wanted. */
  function takeOver(job: FetchedJob, found: FoundRun): Transition | undefined {
    if (!isLeftTo(job, found)) return undefined
    const at = toRunAtEnd(found, now())
    if (found.run.status === 'cancelling') return withHolder(cancelled(at), null)
    return withHolder(requeued(found.run, at.open), job.id)
  }

  let beating = false
  async function beat(): Promise<void> {
    if (beating) return
    beating = true
    try {
      await renew()
      await look()
    } catch (err) {
      log.warn({ err }, 'leases could not be renewed')
    } finally {
      beating = false
    }
  }

  async function renew(): Promise<void> {
    const current = all()
    const held = await queue.touch(current.map(({ job }) => job))
    for (const { job, controller } of current) if (!held.has(job)) controller.abort('lost')
  }

  /** Runs that were over when they were last looked at, though no event has said so. */
  let suspects = new Set<string>()

  /** What other processes did to the runs that are executed or read here, in case a message was lost. */
  async function look(): Promise<void> {
    const current = all()
    const awaited = relay.awaited()
    const ids = [...new Set([...current.map(({ job }) => job.runId), ...awaited])]
    const glances = new Map((await store.glanceAtRuns(ids)).map((glance) => [glance.id, glance]))
    for (const { job, controller } of current) {
      const glance = glances.get(job.runId)
      // What is not held was not started yet, or has just ended.
      if (glance?.status === 'cancelling' && isHeldBy(glance, job)) controller.abort('cancelled')
    }
    const over = new Set(awaited.filter((id) => !isGoingOn(glances.get(id))))
    for (const id of over) if (suspects.has(id)) hub.end(id, interrupted())
    suspects = over
  }

  function receive(message: ProcessMessage): void {
    relay.receive(message)
    if (message.type === 'work') fetchMore()
    else if (message.type === 'deleted') endThread(message.threadId)
    else if (message.type === 'stop') void stopForOthers(message.runId, message.reason)
    else if (message.type === 'stopped')
      for (const tell of stopping.get(message.runId) ?? []) tell()
  }

  function endThread(threadId: string): void {
    stopThread(threadId, 'deleted')
    forgetThread(threadId)
  }

  async function stopForOthers(runId: string, reason: StopReason): Promise<void> {
    if (await stopHere(runId, reason)) await mail.broadcast({ type: 'stopped', runId })
  }

  function stopThread(threadId: string, reason: StopReason): void {
    for (const { job, controller } of all()) {
      if (job.threadId === threadId) controller.abort(reason)
    }
  }

  /** Until the worker says that it has stopped, or is given up. */
  async function stopElsewhere(runId: string, reason: 'cancelled' | 'expired'): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiters = stopping.get(runId) ?? new Set()
    stopping.set(runId, waiters.add(resolve))
    const stopTimer = startTimer(stopWithinMs, resolve)
    void mail.broadcast({ type: 'stop', runId, reason })
    await promise
    stopTimer()
    waiters.delete(resolve)
    if (waiters.size === 0) stopping.delete(runId)
  }

  return {
    jobFor: ({ id, thread_id }, { stream }) => ({
      id: randomUUID(),
      runId: id,
      threadId: thread_id,
      reader: stream ? mail.processId : null,
    }),

    enqueue(run) {
      if (closed || working >= maxConcurrent) {
        wanted = true
        calls.add('work')
        return
      }
      if (known.size < maxKnown) known.set(run.id, run)
      fetchMore()
    },

    has: (runId) => executions.has(runId) || known.has(runId),

    async stop(run: RunKey, reason) {
      if (await stopHere(run.id, reason)) return
      if (reason !== 'cancelled' && reason !== 'expired') return
      const held = await store.getHeldRun(run.thread_id, run.id)
      if (held && isExecution(held.heldBy)) await stopElsewhere(run.id, reason)
    },

    stopThread,

    async start() {
      await queue.start()
      await mail.start({
        receive,
        onGap() {
          relay.onGap()
          fetchMore()
          void beat()
        },
      })
      stops.push(
        store.onThreadDeleted((threadId) => void mail.broadcast({ type: 'deleted', threadId })),
        every(beatMs, () => void beat()),
        every(pollMs, fetchMore),
      )
      fetchMore()
    },

    async close() {
      closed = true
      for (const stop of stops) stop()
      await fetching
      for (const { controller } of all()) controller.abort('closing')
      await Promise.all(all().map(({ done }) => done))
      await Promise.all([finished.settled(), handedBack.settled()])
      await mail.broadcast({ type: 'work' })
      await mail.close()
    },
  }
}

/** The execution's name in `held_by`; a job alone holds a run that is queued. */
function holderOf({ id, attempt }: FetchedJob): string {
  return `${id}:${attempt}`
}

function isExecution(heldBy: string | null): boolean {
  return heldBy?.includes(':') === true
}

function isHeldBy({ heldBy }: RunGlance, job: FetchedJob): boolean {
  return heldBy === holderOf(job)
}

/** Whether the job itself holds the run, or an attempt of it that came before. */
function isLeftTo({ id, attempt }: FetchedJob, { heldBy }: HeldRun): boolean {
  const [jobId, number = '-1'] = heldBy?.split(':') ?? []
  return jobId === id && Number(number) < attempt
}

function withHolder({ change, events }: Transition, holder: string | null): Transition {
  return { change: { ...change, holder }, events }
}

function isGoingOn(glance: RunGlance | undefined): boolean {
  return glance !== undefined && ['queued', 'in_progress', 'cancelling'].includes(glance.status)
}
