import { ProviderError } from '../../errors.ts'
import type { NewId } from '../../ids.ts'
import type { Logger } from '../../log.ts'
import type { ModelDriver, ModelEvent, ModelUsage } from '../../models/driver.ts'
import type { Run, StepRecord, Store, TurnUsage } from '../store/store.ts'
import { cancelled } from './endings/cancelled.ts'
import { completed } from './endings/completed.ts'
import type { RunAtEnd } from './endings/end-run.ts'
import { expired } from './endings/expired.ts'
import { failed } from './endings/failed.ts'
import { incomplete } from './endings/incomplete.ts'
import { requiresAction } from './endings/requires-action.ts'
import type { EventHub } from './event-hub.ts'
import type { Journal } from './journal.ts'
import type { MessageMeter } from './message-meter.ts'
import { requeued, started, stepOpened } from './progress.ts'
import { buildPrompt } from './prompt.ts'
import type { Transition } from './transition.ts'
import { keptState } from './turn-state.ts'
import { createTurn, type Turn } from './turn.ts'
import { exhaustedBudget, tokensLeft } from './usage.ts'

/** Why a worker is told to stop; the reason of its abort signal. */
export type StopReason = 'cancelled' | 'expired' | 'deleted' | 'closing'

export interface ExecuteRunDeps {
  store: Pick<Store, 'getRun' | 'getStepRecords' | 'listMessages' | 'readMessages'>
  driver: ModelDriver
  costOf: CostOf
  journal: Journal
  hub: EventHub
  meter: MessageMeter
  newId: NewId
  /** Unix seconds. */
  now: () => number
  log: Logger
}

/** US dollars; null where nobody knows the model's price. */
export type CostOf = (model: string, usage: ModelUsage) => number | null

export type ExecuteRun = (queued: Run, options: { signal: AbortSignal }) => Promise<void>

/** Turns of one run. A model that calls functions for ever is stopped here. */
const maxTurns = 64

/**
 * Takes a queued run to the point where it ends or waits for the outputs of function calls: one
 * turn of the model. Whatever happens, the run is left in a state that is true.
 */
export function createExecuteRun(deps: ExecuteRunDeps): ExecuteRun {
  const { store, driver, journal, hub, meter, newId, now } = deps

  return async function executeRun(queued, options) {
    try {
      await advance(queued, options)
    } catch (error) {
      // Not even its failure could be written. Nothing more comes until the run's time is over.
      hub.end(queued.id, error)
      throw error
    }
  }

  async function advance(queued: Run, { signal }: { signal: AbortSignal }): Promise<void> {
    const run = await journal.apply(started(queued, now()))
    if (!run) return leaveIfDeleted(queued)
    const isFirst = queued.started_at === null
    const steps = isFirst ? [] : await store.getStepRecords(run)
    const turn = createTurn({
      run,
      newId,
      now,
      advance: async (opened, previous) => {
        if (!(await journal.apply(stepOpened(run, opened, previous)))) throw new RunMovedOn()
      },
      emit: (event) => hub.emit(run.id, [event]),
    })
    const at = (): RunAtEnd => ({
      run,
      steps: [...steps, ...turn.closed()],
      open: turn.open(),
      stepless: turn.stepless(),
      now: now(),
    })
    try {
      const transition = await takeTurn({ run, steps, turn, at, signal })
      if (!(await journal.apply(transition))) throw new RunMovedOn()
    } catch (error) {
      await settle({ error, at: at(), signal })
    }
  }

  async function takeTurn({ run, steps, turn, at, signal }: TurnInHand): Promise<Transition> {
    if (steps.filter(({ step }) => step.type === 'tool_calls').length >= maxTurns) {
      throw new ProviderError('server_error', `The run took more than ${maxTurns} turns.`)
    }
    const left = tokensLeft(run, steps)
    const exhausted = exhaustedBudget(left)
    if (exhausted) return incomplete(at(), exhausted)
    const request = await buildPrompt({ run, steps, left, store, driver, meter, signal })
    if (!request) return incomplete(at(), 'max_prompt_tokens')

    let finish: Extract<ModelEvent, { type: 'finish' }> | undefined
    for await (const event of driver.stream(request, { signal })) {
      signal.throwIfAborted()
      if (event.type === 'finish') finish = event
      else await turn.add(event)
    }
    signal.throwIfAborted()
    const state = finish?.state && keptState(finish.state, deps.log)
    turn.finish({ usage: priced(run.model, finish?.usage), state })
    return decide(at(), { turn, reason: finish?.reason ?? 'stop' })
  }

  function priced(model: string, usage: ModelUsage | null | undefined): TurnUsage | null {
    return usage ? { ...usage, cost: deps.costOf(model, usage) } : null
  }

  /** The turn came to nothing: says why, in the run or to whoever takes it over. */
  async function settle({ error, at, signal }: Unsettled): Promise<void> {
    const { run, open } = at
    const reason = signal.aborted ? (signal.reason as StopReason) : await reasonOf(error, run)
    switch (reason) {
      case 'cancelled':
        await journal.apply(cancelled(at))
        return
      case 'expired':
        await journal.apply(expired(at))
        return
      case 'closing':
        await journal.apply(requeued(run, open))
        return
      case 'deleted':
        hub.end(run.id)
        return
      case undefined:
        if (await journal.apply(failed(at, toLastError(error, run)))) return
        return settle({ error: new RunMovedOn(), at, signal })
      default:
        return reason satisfies never
    }
  }

  /** The run was not there to be started: cancelled, which its readers have seen, or deleted. */
  async function leaveIfDeleted({ id, thread_id }: Run): Promise<void> {
    if (!(await store.getRun(thread_id, id))) hub.end(id)
  }

  /** Somebody else moved the run on, and did not tell us: another process, or a deletion. */
  async function reasonOf(error: unknown, run: Run): Promise<StopReason | undefined> {
    if (!(error instanceof RunMovedOn)) return undefined
    const current = await store.getRun(run.thread_id, run.id)
    return current?.status === 'cancelling' ? 'cancelled' : 'deleted'
  }

  function toLastError(error: unknown, run: Run): NonNullable<Run['last_error']> {
    if (error instanceof ProviderError) {
      deps.log.warn({ err: error, runId: run.id, threadId: run.thread_id }, 'run failed')
      return { code: error.runErrorCode, message: error.message }
    }
    deps.log.error({ err: error, runId: run.id, threadId: run.thread_id }, 'run broke')
    return { code: 'server_error', message: 'Sorry, something went wrong.' }
  }
}

interface TurnInHand {
  run: Run
  steps: StepRecord[]
  turn: Turn
  at: () => RunAtEnd
  signal: AbortSignal
}

interface Unsettled {
  error: unknown
  at: RunAtEnd
  signal: AbortSignal
}

/** What the model's answer means for the run. */
function decide(
  at: RunAtEnd,
  { turn, reason }: { turn: Turn; reason: Extract<ModelEvent, { type: 'finish' }>['reason'] },
): Transition {
  const { run, open, steps } = at
  if (!open) {
    if (reason === 'content_filter') {
      const message = "The model endpoint's content filter refused to answer."
      throw new ProviderError('server_error', message)
    }
    if (reason === 'length') return incomplete(at, 'max_completion_tokens')
    // After a restart between its text and its end, a run has nothing left to say.
    if (steps.at(-1)?.step.type === 'message_creation') return completed(at)
    throw new ProviderError('server_error', 'The model returned an empty answer.')
  }
  if (reason === 'length') return incomplete(at, 'max_completion_tokens')
  if (reason === 'content_filter') return incomplete(at, 'content_filter')
  const calls = turn.calls()
  return calls.length > 0 ? requiresAction({ run, open, calls }) : completed(at)
}

/** Thrown where a change finds the run in a state that somebody else gave it. */
class RunMovedOn extends Error {}
