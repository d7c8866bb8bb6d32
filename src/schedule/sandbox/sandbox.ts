import { AppError } from '../../errors.ts'
import type { Logger } from '../../log.ts'
import type { StartTimer } from '../../timer.ts'
import { QueryError } from '../query-error.ts'
import type { QueryResult } from '../schedule.ts'
import { limits } from './limits.ts'
import type { Dataset, WorkerMessage } from './messages.ts'
import { createQueue } from './queue.ts'
import { costs, createRecords } from './records.ts'
import { startWorkerThread, type WorkerThread } from './worker-thread.ts'

/**
 * One key runs one query at a time. Whoever sends endless queries holds one thread, and however many
 * do so, they share that one, those who did it before after all others: the other threads answer
 * everybody else.
 */
const maxThreads = 3
/** How often a query is stopped and begun anew, so that another one can run, before it fails. */
const maxDisplacements = 2
const maxStartFailures = 3
const startLimitMs = 10_000
/**
 * A query that runs this long makes its key a slow one, and gets a spare thread started beside it, so
 * that the next need not wait.
 */
const slowMs = 100
const spareIdleMs = 30_000
const maxWaiting = 500
const maxWaitingPerKey = 32

/** The database that a query reads. */
export interface SandboxDatabase {
  key: string
  /** Names its content; with another version the database is filled again. */
  version: string
  /** Asked for only where a thread does not have it yet. */
  load: () => Promise<Dataset>
}

export interface SandboxQuery {
  /** Who asks: queries with the same key run one after the other. */
  key: string
  database: SandboxDatabase
  sql: string
  /** What the database takes for the present time (`WorkerRequest.wallClockMs`). */
  wallClockMs: number
  signal: AbortSignal
}

/** Runs hostile SQL in threads that can be terminated. */
export interface Sandbox {
  /** Throws `QueryError`, the reason of the signal, or `AppError` (`unavailable`). */
  query(query: SandboxQuery): Promise<QueryResult>
  /** Starts the first thread ahead of the first query. */
  warm(): Promise<void>
  /** Ends all threads and fails whatever runs or waits. */
  close(): Promise<void>
}

export interface SandboxDeps {
  log: Logger
  startTimer: StartTimer
  timeLimitMs: number
}

interface Job extends PromiseWithResolvers<QueryResult> {
  key: string
  query: SandboxQuery
  attempts: number
  displacements: number
}

interface Slot {
  thread: WorkerThread
  phase: 'starting' | 'idle' | 'loading' | 'running'
  job: Job | null
  /** Whether the job has run for `slowMs`. */
  isSlow: boolean
  /** The databases that the thread has, least recently used first. */
  loaded: Map<string, Loaded>
  timers: (() => void)[]
}

interface Loaded {
  version: string
  bytes: number
}

/** Starts no thread before the first query or `warm`; keeps one from then on. */
export function createSandbox({ log, startTimer, timeLimitMs }: SandboxDeps): Sandbox {
  const queue = createQueue<Job>()
  const slots = new Set<Slot>()
  const terminations = new Set<Promise<void>>()
  const warming = new Set<PromiseWithResolvers<void>>()
  const records = createRecords()
  /** Offenders that have to wait since they were stopped, with what ends that early. */
  const resting = new Map<string, () => void>()
  let startFailures = 0
  let closed = false

  const inPhase = (phase: Slot['phase']) => [...slots].filter((slot) => slot.phase === phase)
  const isIdle = (key: string) => [...slots].every(({ job }) => job?.key !== key)
  const isFree = (key: string) =>
    isIdle(key) &&
    (!records.isSlow(key) || (areAllReady() && hasRoomForSlow() && !resting.has(key)))
  const isDecent = (key: string) => !records.isOffender(key)

  /**
   * A slow key waits until all threads are ready: it gets the one with the fewest databases, since it
   * may well take them with it, and the others keep theirs.
   */
  function areAllReady(): boolean {
    return slots.size - inPhase('starting').length === maxThreads
  }

  function hasRoomForSlow(): boolean {
    return [...slots].every(({ job }) => job === null || !records.isSlow(job.key))
  }

  /** Gives waiting jobs to idle threads, and starts threads for the rest. */
  function dispatch(): void {
    const waits = (key: string) => records.isSlow(key) && isIdle(key) && !resting.has(key)
    if (queue.countFreeKeys((key) => waits(key) && isDecent(key)) > 0) displaceOffender()
    for (let left = inPhase('idle').length; left > 0; left -= 1) {
      const job = queue.take((key) => isFree(key) && isDecent(key)) ?? queue.take(isFree)
      if (!job) break
      assign(job)
    }
    const wanted = queue.countFreeKeys(isFree)
    while (inPhase('starting').length < wanted && slots.size < maxThreads) start()
    const hasSlowJob = hasRoomForSlow() && queue.countFreeKeys(waits) > 0
    while (hasSlowJob && slots.size < maxThreads) start()
    for (const { thread } of inPhase('idle')) thread.keepProcessAlive(queue.size > 0)
  }

  /** Takes the thread of the slow ones from an offender that has it; its query is begun anew later. */
  function displaceOffender(): boolean {
    const slot = [...slots].find(({ job }) => job !== null && records.isOffender(job.key))
    if (!slot?.job) return false
    const { job } = slot
    remove(slot)
    job.displacements += 1
    if (job.displacements > maxDisplacements) job.reject(timeError())
    else queue.add(job)
    return true
  }

  function start(): void {
    const thread = startWorkerThread({
      onMessage: (message) => onMessage(slot, message),
      onEnd: (error) => onEnd(slot, error),
    })
    const slot: Slot = {
      thread,
      phase: 'starting',
      job: null,
      isSlow: false,
      loaded: new Map(),
      timers: [],
    }
    slots.add(slot)
    setTimer(slot, startLimitMs, () => onEnd(slot, new Error('the thread did not start in time')))
  }

  function keepOne(): void {
    if (!closed && slots.size === 0) start()
  }

  function addSpare(): void {
    const isSpare = inPhase('idle').length + inPhase('starting').length > 0
    if (!isSpare && slots.size < maxThreads) start()
  }

  /** Gives a job to an idle thread, if there is one to a thread that has its database. */
  function assign(job: Job): void {
    const { key, version, load } = job.query.database
    const idle = inPhase('idle').toSorted((a, b) => a.loaded.size - b.loaded.size)
    const isLoaded = (slot: Slot) => slot.loaded.get(key)?.version === version
    const slot = records.isSlow(job.key) ? idle[0] : (idle.find(isLoaded) ?? idle.at(-1))
    if (!slot) return queue.putBack(job)
    enter(slot, 'loading')
    slot.job = job
    slot.isSlow = false
    slot.thread.keepProcessAlive(true)
    setTimer(slot, startLimitMs, () => onEnd(slot, new Error('a database did not load in time')))
    if (isLoaded(slot)) return post(slot, job, null)
    load().then(
      (dataset) => {
        if (slot.job === job) post(slot, job, dataset)
      },
      (error: unknown) => {
        job.reject(error)
        if (slot.job === job && slots.has(slot)) rest(slot)
        dispatch()
      },
    )
  }

  function post({ loaded, thread }: Slot, job: Job, load: Dataset | null): void {
    const { sql, wallClockMs, database } = job.query
    const { key: databaseKey, version } = database
    const bytes = load ? sizeOf(load) : (loaded.get(databaseKey)?.bytes ?? 0)
    loaded.delete(databaseKey)
    loaded.set(databaseKey, { version, bytes })
    thread.post({ databaseKey, drop: dropOldest(loaded), load, sql, wallClockMs })
  }

  function onMessage(slot: Slot, message: WorkerMessage): void {
    switch (message.type) {
      case 'ready':
        startFailures = 0
        for (const waiting of warming) waiting.resolve()
        warming.clear()
        rest(slot)
        return dispatch()
      case 'started':
        enter(slot, 'running')
        setTimer(slot, slowMs, () => onSlow(slot))
        setTimer(slot, timeLimitMs / 2, () => {
          if (slot.job) records.charge(slot.job.key, costs.halfOfTime)
        })
        return setTimer(slot, timeLimitMs, () => onTimeLimit(slot))
      case 'rows':
        slot.job?.resolve(message.result)
        return afterAnswer(slot, { ...message, dropped: false })
      case 'failed':
        if (message.dropped && slot.job) slot.loaded.delete(slot.job.query.database.key)
        slot.job?.reject(new QueryError(message.reason, message.message))
        return afterAnswer(slot, message)
      default:
        message satisfies never
    }
  }

  function afterAnswer(slot: Slot, cost: { memoryBytes: number; dropped: boolean }): void {
    const isThreadSpent = cost.memoryBytes > limits.keptMemoryBytes
    if (slot.job) {
      if (isThreadSpent) records.charge(slot.job.key, costs.thread)
      else if (cost.dropped) records.charge(slot.job.key, costs.database)
      else if (!slot.isSlow) records.pay(slot.job.key)
    }
    if (isThreadSpent) remove(slot)
    else rest(slot)
    dispatch()
    keepOne()
  }

  function rest(slot: Slot): void {
    enter(slot, 'idle')
    slot.job = null
    slot.thread.keepProcessAlive(false)
    if (slots.size === 1) return
    setTimer(slot, spareIdleMs, () => {
      if (slots.size > 1) remove(slot)
    })
  }

  /** Where another slow key has the thread that they may have, the job waits for that. */
  function onSlow(slot: Slot): void {
    const { job } = slot
    if (!job) return
    const mayGoOn = records.isSlow(job.key) || hasRoomForSlow() || displaceOffender()
    slot.isSlow = true
    records.charge(job.key, costs.slow)
    if (!mayGoOn) {
      log.warn({ key: job.key }, 'slow query put behind other slow queries')
      remove(slot)
      queue.add(job)
    }
    addSpare()
    dispatch()
  }

  function onTimeLimit(slot: Slot): void {
    if (slot.job) {
      records.charge(slot.job.key, costs.restOfTime)
      letRest(slot.job.key)
    }
    log.warn({ key: slot.job?.key, timeLimitMs }, 'query stopped at its time limit')
    slot.job?.reject(timeError())
    remove(slot)
    dispatch()
    keepOne()
  }

  function timeError(): QueryError {
    return new QueryError(
      'time',
      `The query ran longer than ${timeLimitMs / 1000} s and was stopped. Write a simpler one: fewer joins, no endless recursion, a LIMIT.`,
    )
  }

  /** Whoever is stopped again and again waits longer and longer, or it would heat the machine. */
  function letRest(key: string): void {
    const rest = records.restOf(key)
    if (rest === 0) return
    const cancel = startTimer(timeLimitMs * rest, () => {
      resting.delete(key)
      dispatch()
    })
    resting.set(key, cancel)
  }

  function onEnd(slot: Slot, error: unknown): void {
    if (!slots.has(slot)) return
    const { phase, job } = slot
    remove(slot)
    log.error({ err: error, phase, key: job?.key }, 'sandbox thread died')
    if (phase === 'starting') return onStartFailure()
    if (phase === 'loading' && job) retry(job)
    if (phase === 'running' && job) {
      records.charge(job.key, costs.thread)
      job.reject(
        new QueryError(
          'memory',
          'The query needed more than the database engine can give and was stopped. Write a simpler one.',
        ),
      )
    }
    dispatch()
    if (job) keepOne()
  }

  function onStartFailure(): void {
    startFailures += 1
    if (startFailures < maxStartFailures) {
      dispatch()
      if (warming.size > 0) keepOne()
      return
    }
    startFailures = 0
    failAll(new AppError('unavailable', 'the schedule sandbox does not start'))
  }

  /** A database that did not load is not the statement's fault: a fresh thread gets one more try. */
  function retry(job: Job): void {
    job.attempts += 1
    if (job.attempts < 2) queue.putBack(job)
    else job.reject(new AppError('unavailable', 'the schedule could not be loaded'))
  }

  function remove(slot: Slot): void {
    if (!slots.delete(slot)) return
    enter(slot, slot.phase)
    const termination = slot.thread
      .terminate()
      .catch((error: unknown) => log.error({ err: error }, 'sandbox thread did not terminate'))
      .finally(() => terminations.delete(termination))
    terminations.add(termination)
  }

  function failAll(error: AppError): void {
    for (const job of queue.removeAll()) job.reject(error)
    for (const waiting of warming) waiting.reject(error)
    warming.clear()
  }

  function abandon(job: Job): void {
    queue.remove(job)
    for (const slot of slots) {
      if (slot.job === job) remove(slot)
    }
    dispatch()
    keepOne()
  }

  /** A phase has its own timers; those of the one before end with it. */
  function enter(slot: Slot, phase: Slot['phase']): void {
    for (const cancel of slot.timers.splice(0)) cancel()
    slot.phase = phase
  }

  function setTimer(slot: Slot, delayMs: number, onTimer: () => void): void {
    slot.timers.push(startTimer(delayMs, onTimer))
  }

  function assertRoom(key: string): void {
    if (closed) throw new AppError('unavailable', 'the schedule sandbox is closed')
    if (queue.size < maxWaiting && queue.count(key) < maxWaitingPerKey) return
    throw new QueryError('busy', 'Too many queries are waiting. Try again in a few seconds.')
  }

  return {
    async query(query) {
      const { key, signal } = query
      signal.throwIfAborted()
      assertRoom(key)
      const job: Job = {
        ...Promise.withResolvers<QueryResult>(),
        key,
        query,
        attempts: 0,
        displacements: 0,
      }
      const onAbort = () => {
        job.reject(signal.reason)
        abandon(job)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      queue.add(job)
      dispatch()
      return await job.promise.finally(() => signal.removeEventListener('abort', onAbort))
    },

    async warm() {
      if (closed || [...slots].some(({ phase }) => phase !== 'starting')) return
      const waiting = Promise.withResolvers<void>()
      warming.add(waiting)
      keepOne()
      await waiting.promise
    },

    async close() {
      closed = true
      for (const cancel of resting.values()) cancel()
      const error = new AppError('unavailable', 'the schedule sandbox is closed')
      failAll(error)
      for (const slot of slots) {
        slot.job?.reject(error)
        remove(slot)
      }
      await Promise.all(terminations)
    },
  }
}

/**
 * Removes the least recently used databases beyond the limits, never the newest one, and answers
 * their keys.
 */
function dropOldest(loaded: Map<string, Loaded>): string[] {
  const dropped: string[] = []
  let bytes = loaded.values().reduce((total, each) => total + each.bytes, 0)
  for (const [key, each] of loaded) {
    const fits = loaded.size <= limits.databases && bytes <= limits.databaseBytes
    if (fits || loaded.size === 1) break
    loaded.delete(key)
    dropped.push(key)
    bytes -= each.bytes
  }
  return dropped
}

/** About what a database takes: its texts in UTF-8, and a little for every value. */
function sizeOf({ tables }: Dataset): number {
  const cells = tables.flatMap(({ rows }) => rows.flat())
  return cells.reduce<number>(
    (total, cell) => total + 8 + (typeof cell === 'string' ? Buffer.byteLength(cell) : 0),
    0,
  )
}
