import { setTimeout as wait } from 'node:timers/promises'

import { RunConflictError, type NotFoundError } from '../../errors.ts'
import type { Every } from '../../every.ts'
import type { NewId } from '../../ids.ts'
import type { Logger } from '../../log.ts'
import type { ModelDriver } from '../../models/driver.ts'
import { startTimer as startRealTimer, type StartTimer } from '../../timer.ts'
import type { TokenCounter } from '../../tokens/token-counter.ts'
import { noObject } from '../not-found.ts'
import { hasAttachments } from '../store/attachments.ts'
import {
  isActiveStatus,
  type Message,
  type ObjectStore,
  type Run,
  type RunCreation,
  type Store,
} from '../store/store.ts'
import { toNewResources } from '../wire/new-resources.ts'
import { completeStep } from './close-step.ts'
import { createOutsideEndings } from './end-from-outside.ts'
import { createEventHub } from './event-hub.ts'
import { createExecuteRun, type CostOf } from './execute-run.ts'
import type { Executor, RunKey } from './executor.ts'
import { queuedWith } from './hold.ts'
import type { HostedTools } from './hosted-tools.ts'
import { createInProcessExecutor } from './in-process-executor.ts'
import { createJobExecutor } from './job-executor.ts'
import type { JobQueue } from './job-queue.ts'
import { createJournal } from './journal.ts'
import { createLanes } from './lanes.ts'
import { createMail } from './mail.ts'
import { createMessageMeter } from './message-meter.ts'
import { toMessage, toRun, toThread, type RunSettings } from './new-objects.ts'
import { cancelling, outputsSubmitted } from './progress.ts'
import type { PromptImages } from './prompt-images.ts'
import { recoverRuns } from './recovery.ts'
import { createRelay } from './relay.ts'
import type {
  CreateOptions,
  MessageBody,
  RunRequests,
  RunService,
  StartedRun,
  ThreadBody,
} from './run-service.ts'
import { checkToolOutputs, notWaiting, withOutputs } from './tool-outputs.ts'

type NewThread = Exclude<RunCreation['thread'], string>

export interface RunServiceDeps {
  /** Closed by its owner, after the service. */
  store: Store
  driver: ModelDriver
  /** Prices the turns of runs; default: nobody knows any price. */
  costOf?: CostOf | undefined
  tokens: Pick<TokenCounter, 'count'>
  /** Without them, `file_search` and `code_interpreter` are kept in runs, but no model is offered them. */
  hostedTools?: HostedTools | undefined
  /** Without it, models see notes in place of pictures that are files. */
  images?: PromptImages | undefined
  newId: NewId
  /** Milliseconds since the epoch. */
  now: () => number
  every: Every
  startTimer?: StartTimer | undefined
  /**
   * Shares the runs with other processes at the same database. The store must put its jobs there.
   * Closed by its owner, after the service. Without it, the database is this process's alone.
   */
  queue?: JobQueue | undefined
  /** Runs executed at once; others wait. Default 1024. */
  maxConcurrent?: number | undefined
  log: Logger
}

/** How long who polls is kept waiting for a run: shorter than any client or proxy gives up. */
const awaitMs = 1000
/** The same for a run that is executed elsewhere: its end may not be heard of here. */
const lookMs = 250
/** How often runs are looked for that nobody else ends. */
const sweepMs = 5000
/** `close` waits so long for the workers to put their runs back. */
const closeMs = 5000

export function createRunService({
  store,
  driver,
  costOf = () => null,
  tokens,
  hostedTools,
  images,
  newId,
  now,
  every,
  startTimer = startRealTimer,
  queue,
  maxConcurrent = 1_024,
  log: parentLog,
}: RunServiceDeps): RunService {
  const log = parentLog.child({ module: 'runs' })
  const seconds = () => Math.floor(now() / 1000)
  const hub = createEventHub()
  const lanes = createLanes()
  const mail = queue && createMail({ queue, log })
  const relay = mail && createRelay({ hub, lanes, mail, log })
  const journal = createJournal({ store, hub, lanes, relay })
  const executeRun = createExecuteRun({
    store,
    driver,
    costOf,
    journal,
    hub,
    meter: createMessageMeter({ tokens, log }),
    hostedTools,
    images,
    newId,
    now: seconds,
    log,
  })
  const forgetThread = (threadId: string) => hostedTools?.forgetThread(threadId)
  const working = { store, executeRun, maxConcurrent, log }
  const executor: Executor =
    queue && mail && relay
      ? createJobExecutor({
          ...working,
          queue,
          mail,
          relay,
          journal,
          hub,
          forgetThread,
          now: seconds,
          every,
          startTimer,
        })
      : createInProcessExecutor({ ...working, recover, onBroken: (run) => broken.add(run) })
  const endings = createOutsideEndings({ journal, executor, now: seconds })
  /** Runs that must be ended as soon as the database lets us. */
  const broken = new Set<RunKey>()
  const background = new Set<Promise<void>>()
  let stopSweeping = () => {}
  const stopListening = store.onThreadDeleted((threadId) => {
    executor.stopThread(threadId, 'deleted')
    hub.endThread(threadId)
    forgetThread(threadId)
  })

  function inBackground(task: Promise<void>): void {
    const logged = task.catch((err: unknown) => log.error({ err }, 'a run could not be ended'))
    background.add(logged)
    void logged.finally(() => background.delete(logged))
  }

  const isOverdue = (run: Run) => isActive(run) && (run.expires_at ?? Infinity) <= seconds()

  async function recover(): Promise<void> {
    await recoverRuns({ store, endings, executor, isOverdue, log })
  }

  let sweeping = false
  async function sweep(): Promise<void> {
    if (sweeping) return
    sweeping = true
    try {
      const runs = await store.listEndingRuns(seconds())
      await Promise.all([...runs.map((run) => endings.expire(run)), ...[...broken].map(endBroken)])
    } finally {
      sweeping = false
    }
  }

  async function endBroken(key: RunKey): Promise<void> {
    await endings.fail(key)
    broken.delete(key)
    const run = await store.getRun(key.thread_id, key.id)
    // It could not be read when its turn came.
    if (run?.status === 'queued' && !executor.has(run.id)) executor.enqueue(run)
  }

  /** A run whose time is over must not stand in the way of what comes next. */
  async function pastOverdueRun<T>(threadId: string, task: () => Promise<T>): Promise<T> {
    try {
      return await task()
    } catch (error) {
      if (!(error instanceof RunConflictError)) throw error
      const active = await store.getActiveRun(threadId)
      if (active && isOverdue(active)) await endings.expire(active)
      else if (active) throw error
      return task()
    }
  }

  const newMessage = (threadId: string, body: MessageBody): Message =>
    toMessage(body, { id: newId('msg_'), createdAt: seconds(), threadId })

  /** A thread with its first messages, and the vector stores that are made for it. */
  function newThread(body: ThreadBody): NewThread {
    const createdAt = seconds()
    const { tool_resources, stores } = toNewResources(body.tool_resources, { newId, createdAt })
    const thread = toThread({ ...body, tool_resources }, { id: newId('thread_'), createdAt })
    const messages = (body.messages ?? []).map((message) => newMessage(thread.id, message))
    return { thread, messages, stores }
  }

  /** What requests may do, to one project's objects or to all. */
  function requestsOf(objects: ObjectStore): RunRequests {
    async function getRun(threadId: string, runId: string): Promise<Run> {
      const run = await objects.getRun(threadId, runId)
      if (run && !isOverdue(run)) return run
      if (run) await endings.expire(run)
      const current = run && (await objects.getRun(threadId, runId))
      if (current) return current
      throw await noRun(threadId, runId)
    }

    async function awaitRun(
      threadId: string,
      runId: string,
      { signal }: { signal: AbortSignal },
    ): Promise<Run> {
      // Before it is read, so that nothing is missed between the two.
      const watch = hub.watch(runId)
      try {
        const run = await getRun(threadId, runId)
        if (!isGoingOn(run)) return run
        const afterMs = executor.has(runId) ? awaitMs : lookMs
        await anyOf(watch.stopped, { afterMs, signal, startTimer })
        return await getRun(threadId, runId)
      } finally {
        watch.leave()
      }
    }

    async function noRun(threadId: string, runId: string): Promise<NotFoundError> {
      const thread = await objects.getThread(threadId)
      return thread ? noObject('run', runId) : noObject('thread', threadId)
    }

    /** Both ways of creating a run; the thread's messages are made once, whatever is tried again. */
    async function startRun(
      settings: RunSettings,
      creation: Pick<RunCreation, 'thread' | 'messages'>,
      { apiKeyId, ...options }: CreateOptions,
    ): Promise<StartedRun> {
      const { thread } = creation
      const threadId = typeof thread === 'string' ? thread : thread.thread.id
      const birth = { id: newId('run_'), createdAt: seconds(), threadId }
      const started = await journal.create(
        {
          ...creation,
          assistantId: settings.assistant_id,
          apiKeyId,
          job: executor.jobFor({ id: birth.id, thread_id: threadId }, options),
          toRun: (assistant) => toRun(settings, assistant, birth),
        },
        { ...options, runId: birth.id, objects },
      )
      executor.enqueue(started.run)
      return started
    }

    return {
      async createThread(body) {
        const { thread, messages, stores } = newThread(body)
        await objects.insertThread(thread, messages, stores)
        // With attachments it has a vector store from the start.
        if (!hasAttachments(messages)) return thread
        return (await objects.getThread(thread.id)) ?? thread
      },

      async createMessage(threadId, body) {
        const message = newMessage(threadId, body)
        await pastOverdueRun(threadId, () => objects.insertMessage(message))
        return message
      },

      createRun(threadId, body, options) {
        const messages = (body.additional_messages ?? []).map((each) => newMessage(threadId, each))
        return pastOverdueRun(threadId, () =>
          startRun(body, { thread: threadId, messages }, options),
        )
      },

      createThreadAndRun({ thread: given = {}, tool_resources, ...settings }, options) {
        const resources = tool_resources ?? given.tool_resources ?? null
        const thread = newThread({ ...given, tool_resources: resources })
        return startRun(settings, { thread, messages: [] }, options)
      },

      getRun,
      awaitRun,

      async updateRun(threadId, runId, patch) {
        const run = await objects.updateRun(threadId, runId, patch)
        if (!run) throw await noRun(threadId, runId)
        return run
      },

      async submitToolOutputs({ threadId, runId }, toolOutputs, options) {
        const key = await getRun(threadId, runId)
        const started = await journal.applyAndFollow(
          key,
          ({ run, records }) => {
            if (isOverdue(run)) return undefined
            checkToolOutputs(run, toolOutputs)
            const record = records.at(-1)
            if (!record) throw new Error(`run ${runId} waits without a step`)
            const step = completeStep(withOutputs(record, toolOutputs), seconds())
            return queuedWith(executor.jobFor(run, options), outputsSubmitted(run, step))
          },
          options,
        )
        // Its thread is deleted, or its time is over at this moment: reading it tells.
        if (!started) throw notWaiting(await getRun(threadId, runId))
        executor.enqueue(started.run)
        return started
      },

      async cancelRun(threadId, runId) {
        const key = await getRun(threadId, runId)
        const stopping = await journal.applyFromOutside(key, ({ run }) => {
          const isOver = !isActive(run) || run.status === 'cancelling'
          if (isOver) throw new RunConflictError(`Cannot cancel run with status '${run.status}'.`)
          return cancelling(run)
        })
        if (!stopping) throw await noRun(threadId, runId)
        inBackground(endings.finishCancelling(stopping))
        return stopping
      },
    }
  }

  // As many as the operator's keys name.
  const projects = new Map<string, RunRequests>()

  return {
    ...requestsOf(store),

    project(id) {
      const requests = projects.get(id) ?? requestsOf(store.project(id))
      projects.set(id, requests)
      return requests
    },

    async start() {
      await executor.start()
      stopSweeping = every(sweepMs, () => inBackground(sweep()))
    },

    async close() {
      stopSweeping()
      stopListening()
      const timeout = new AbortController()
      await Promise.race([
        executor.close().then(() => Promise.all(background)),
        wait(closeMs, undefined, { signal: timeout.signal, ref: false }).catch(() => {}),
      ])
      timeout.abort()
      hub.close()
    },
  }
}

function isActive({ status }: Run): boolean {
  return isActiveStatus(status)
}

/** Whether it will change without anybody's doing. */
function isGoingOn(run: Run): boolean {
  return isActive(run) && run.status !== 'requires_action'
}

interface Patience {
  afterMs: number
  signal: AbortSignal
  startTimer: StartTimer
}

/** Settles with the promise, when the time is over, or when nobody waits any more. */
async function anyOf(promise: Promise<void>, { afterMs, signal, startTimer }: Patience) {
  const { promise: over, resolve } = Promise.withResolvers<void>()
  const stopTimer = startTimer(afterMs, resolve)
  const leave = () => resolve()
  signal.addEventListener('abort', leave, { once: true })
  if (signal.aborted) resolve()
  await Promise.race([promise, over])
  stopTimer()
  signal.removeEventListener('abort', leave)
}
