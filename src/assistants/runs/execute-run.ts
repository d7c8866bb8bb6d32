import { ProviderError } from '../../errors.ts'
import type { NewId } from '../../ids.ts'
import type { Logger } from '../../log.ts'
import type { ModelDriver, ModelEvent, ModelUsage } from '../../models/driver.ts'
import { createCitations } from '../citations/citations.ts'
import type { ReferenceKind } from '../citations/find-references.ts'
import type { Run, StepRecord, Store, TurnUsage } from '../store/store.ts'
import { toCitedPassages, type CitedPassages } from './cited-passages.ts'
import { completeStep } from './close-step.ts'
import { cancelled } from './endings/cancelled.ts'
import { completed } from './endings/completed.ts'
import type { RunAtEnd } from './endings/end-run.ts'
import { expired } from './endings/expired.ts'
import { broken, failed } from './endings/failed.ts'
import { incomplete } from './endings/incomplete.ts'
import { requiresAction, type FunctionCalls } from './endings/requires-action.ts'
import type { EventHub } from './event-hub.ts'
import { movedBy, takenBy, type Hold } from './hold.ts'
import type { HostedCall } from './hosted-calls.ts'
import type { HostedKind } from './hosted-names.ts'
import type { HostedTools, RunTools } from './hosted-tools.ts'
import type { Journal } from './journal.ts'
import type { MessageMeter } from './message-meter.ts'
import { callsExecuted, cancelling, requeued, started, stepOpened } from './progress.ts'
import type { PromptImages } from './prompt-images.ts'
import { buildPrompt } from './prompt.ts'
import type { CalledHosted } from './run-tool.ts'
import { interrupted } from './stream-failure.ts'
import type { CalledTool } from './tool-call-stream.ts'
import type { Transition } from './transition.ts'
import { keptState } from './turn-state.ts'
import { createTurn, unseenPictures, type Turn, type TurnDeps } from './turn.ts'
import { exhaustedBudget, tokensLeft } from './usage.ts'

/** Why a worker is told to stop; the reason of its abort signal. */
export type StopReason = 'cancelled' | 'expired' | 'deleted' | 'closing' | 'lost'

/** How an execution left its run. */
export type Outcome =
  /** In a state that needs no worker. */
  | 'settled'
  /** Queued again. */
  | 'requeued'
  /** To another execution, or whoever else has it now. */
  | 'lost'
  /** As it was: it was not there to be started. */
  | 'missed'

export interface ExecuteRunDeps {
  store: Pick<Store, 'getRun' | 'getStepRecords' | 'listMessages' | 'readMessages'>
  driver: ModelDriver
  costOf: CostOf
  journal: Journal
  hub: EventHub
  meter: MessageMeter
  /** Without them, `file_search` and `code_interpreter` are offered to no model. */
  hostedTools?: HostedTools | undefined
  images?: PromptImages | undefined
  newId: NewId
  /** Unix seconds. */
  now: () => number
  log: Logger
}

/** US dollars; null where nobody knows the model's price. */
export type CostOf = (model: string, usage: ModelUsage) => number | null

export type ExecuteRun = (queued: Run, options: ExecuteOptions) => Promise<Outcome>

export interface ExecuteOptions {
  signal: AbortSignal
  hold: Hold
}

/** Turns of one run. A model that calls functions for ever is stopped here. */
const maxTurns = 64

/**
 * Takes a queued run to the point where it ends or waits for the outputs of function calls. A turn of
 * the model whose calls the runtime itself executes is followed by the next one. Whatever happens, the
 * run is left in a state that is true.
 */
export function createExecuteRun(deps: ExecuteRunDeps): ExecuteRun {
  const { store, driver, journal, hub, meter, newId, now } = deps

  return async function executeRun(queued, options) {
    try {
      return await advance(queued, options)
    } catch (error) {
      // Not even its failure could be written. Nothing more comes until the run's time is over.
      hub.end(queued.id, error)
      throw error
    }
  }

  async function advance(queued: Run, { signal, hold }: ExecuteOptions): Promise<Outcome> {
    const run = await journal.apply(takenBy(hold, started(queued, now())))
    if (!run) return leave(queued)
    const write = (transition: Transition) => journal.apply(movedBy(hold, transition))
    const isFirst = queued.started_at === null
    const steps = isFirst ? [] : await store.getStepRecords(run)
    const advanceTo = async (transition: Transition) => {
      if (!(await write(transition))) throw new RunMovedOn()
    }
    const hand: { turn?: Turn } = {}
    const at = (): RunAtEnd => ({
      run,
      steps: [...steps, ...(hand.turn?.closed() ?? [])],
      open: hand.turn?.open(),
      stepless: hand.turn?.stepless() ?? null,
      now: now(),
    })
    try {
      const tools = await openTools(run, { isFirst: steps.length === 0, signal })
      const begin = ({ createCitations: cite }: Pick<TurnDeps, 'createCitations'>): Turn => {
        hand.turn = createTurn({
          run,
          newId,
          now,
          kindOf: (name) => tools?.kindOf(name),
          pictures: unseenPictures(steps),
          createCitations: cite,
          advance: (opened, previous) => advanceTo(stepOpened(run, opened, previous)),
          emit: (event) => hub.emit(run.id, [event]),
        })
        return hand.turn
      }
      for (;;) {
        const transition = await takeTurn({ run, steps, tools, begin, at, signal })
        await advanceTo(transition)
        if (transition.change.run.status !== 'in_progress') return 'settled'
        steps.push(...(hand.turn?.closed() ?? []), ...(transition.change.closed ?? []))
        delete hand.turn
      }
    } catch (error) {
      return settle({ error, at: at(), signal, write })
    }
  }

  async function openTools(
    run: Run,
    { isFirst, signal }: { isFirst: boolean; signal: AbortSignal },
  ): Promise<RunTools | undefined> {
    const { hostedTools } = deps
    const isOffered = run.tools.some(({ type }) => type !== 'function')
    if (!hostedTools || !isOffered) return undefined
    if (isFirst) await hostedTools.prepare(run, { signal })
    return hostedTools.open(run, { signal })
  }

  async function takeTurn({
    run,
    steps,
    tools,
    begin,
    at,
    signal,
  }: TurnInHand): Promise<Transition> {
    if (steps.filter(({ step }) => step.type === 'tool_calls').length >= maxTurns) {
      throw new ProviderError('server_error', `The run took more than ${maxTurns} turns.`)
    }
    const left = tokensLeft(run, steps)
    const exhausted = exhaustedBudget(left)
    if (exhausted) return incomplete(at(), exhausted)
    const hosted = tools?.functions ?? []
    const given = { store, driver, meter, images: deps.images, signal }
    const prompt = await buildPrompt({ run, steps, hosted, left, ...given })
    if (!prompt) return incomplete(at(), 'max_prompt_tokens')

    const passages = toCitedPassages(prompt.messages, steps)
    const turn = begin({ createCitations: citationsOf({ tools, passages, signal }) })
    let finish: Extract<ModelEvent, { type: 'finish' }> | undefined
    const deadline = run.expires_at === null ? {} : { deadlineMs: run.expires_at * 1000 }
    for await (const event of driver.stream(prompt.request, { signal, ...deadline })) {
      signal.throwIfAborted()
      if (event.type === 'finish') finish = event
      else await turn.add(event)
    }
    signal.throwIfAborted()
    const state = finish?.state && keptState(finish.state, deps.log)
    await turn.finish({ usage: priced(run.model, finish?.usage), state })
    const ending = decide(at(), { turn, reason: finish?.reason ?? 'stop' })
    if (ending) return ending
    await turn.execute((call) => execute(call, { tools, signal }))
    return afterCalls(at(), turn)
  }

  function execute(
    call: CalledHosted,
    { tools, signal }: Pick<TurnInHand, 'tools' | 'signal'>,
  ): Promise<HostedCall> {
    if (!tools) throw new Error(`a call of ${call.kind} without it`)
    return tools.execute(call, { signal })
  }

  function priced(model: string, usage: ModelUsage | null | undefined): TurnUsage | null {
    return usage ? { ...usage, cost: deps.costOf(model, usage) } : null
  }

  /** The turn came to nothing: says why, in the run or to whoever takes it over. */
  async function settle({ error, at, signal, write }: Unsettled): Promise<Outcome> {
    const { run, open } = at
    const told = signal.aborted && !(error instanceof RunMovedOn)
    const reason = told ? (signal.reason as StopReason) : await reasonOf(error, run)
    const movedOn = () => settle({ error: new RunMovedOn(), at, signal, write })
    switch (reason) {
      case 'cancelled': {
        // Where another process cancels, its word may come later than the end.
        const { change, events } = cancelled(at)
        await write({ change, events: [...cancelling(run).events, ...events] })
        return 'settled'
      }
      case 'expired':
        return (await write(expired(at))) ? 'settled' : movedOn()
      case 'closing':
        return (await write(requeued(run, open))) ? 'requeued' : movedOn()
      case 'deleted':
        hub.end(run.id)
        return 'settled'
      case 'lost':
        hub.end(run.id, interrupted())
        return 'lost'
      case undefined:
        return (await write(failed(at, toLastError(error, run)))) ? 'settled' : movedOn()
      default:
        return reason satisfies never
    }
  }

  /** The run was not there to be started: cancelled, which its readers have seen, or deleted. */
  async function leave({ id, thread_id }: Run): Promise<Outcome> {
    if (!(await store.getRun(thread_id, id))) hub.end(id)
    return 'missed'
  }

  /** Somebody else moved the run on, and did not tell us: another process, or a deletion. */
  async function reasonOf(error: unknown, run: Run): Promise<StopReason | undefined> {
    if (!(error instanceof RunMovedOn)) {
      // Nobody waits for a model any longer than that.
      return run.expires_at !== null && now() >= run.expires_at ? 'expired' : undefined
    }
    const current = await store.getRun(run.thread_id, run.id)
    if (!current) return 'deleted'
    return current.status === 'cancelling' ? 'cancelled' : 'lost'
  }

  function toLastError(error: unknown, run: Run): NonNullable<Run['last_error']> {
    if (error instanceof ProviderError) {
      deps.log.warn({ err: error, runId: run.id, threadId: run.thread_id }, 'run failed')
      return { code: error.runErrorCode, message: error.message }
    }
    deps.log.error({ err: error, runId: run.id, threadId: run.thread_id }, 'run broke')
    return broken
  }
}

interface TurnInHand {
  run: Run
  steps: StepRecord[]
  tools: RunTools | undefined
  begin: (deps: Pick<TurnDeps, 'createCitations'>) => Turn
  at: () => RunAtEnd
  signal: AbortSignal
}

interface Unsettled {
  error: unknown
  at: RunAtEnd
  signal: AbortSignal
  write: (transition: Transition) => Promise<Run | undefined>
}

/** How the model's answer ends the run; undefined if it called tools. */
function decide(
  at: RunAtEnd,
  { turn, reason }: { turn: Turn; reason: Extract<ModelEvent, { type: 'finish' }>['reason'] },
): Transition | undefined {
  const { open, steps } = at
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
  if (calls.some(({ name }) => name === '')) {
    throw new ProviderError('server_error', 'The model called a function without a name.')
  }
  return calls.length > 0 ? undefined : completed(at)
}

/** The run waits for the user's functions, or goes on where there are none among the calls. */
function afterCalls({ run, open, now }: RunAtEnd, turn: Turn): Transition {
  if (!open) throw new Error('calls without a step')
  const calls = turn.calls().filter(({ kind }) => kind === undefined)
  if (calls.length === 0) return callsExecuted(run, completeStep(open, now))
  return requiresAction({ run, open, calls: calls.map(toFunctionCall) })
}

function toFunctionCall({ id, name, arguments: text }: CalledTool): FunctionCalls[number] {
  return { id, type: 'function', function: { name, arguments: text } }
}

/** More than any text links; each may be a file to be looked for. */
const maxPaths = 50

interface Citable {
  tools: RunTools | undefined
  passages: CitedPassages
  signal: AbortSignal
}

/** Nothing is looked for in a text that can cite nothing. */
function citationsOf({ tools, passages, signal }: Citable): TurnDeps['createCitations'] {
  const offers = (kind: HostedKind) => tools?.kinds.has(kind) === true
  const kinds = new Set<ReferenceKind>()
  if (passages.size > 0 || offers('file_search')) kinds.add('passage')
  if (offers('code_interpreter')) kinds.add('path')
  if (kinds.size === 0) return () => undefined
  const paths = new Map<string, Promise<string | undefined>>()
  const fileAt = (path: string): Promise<string | undefined> => {
    const known = paths.get(path)
    if (known) return known
    if (!tools || paths.size >= maxPaths) return Promise.resolve(undefined)
    const found = tools.fileAt(path, { signal })
    paths.set(path, found)
    return found
  }
  return () =>
    createCitations({
      kinds,
      sources: { passage: (marker) => passages.fileOf(marker), path: fileAt },
    })
}

/** Thrown where a change finds the run in a state that somebody else gave it. */
class RunMovedOn extends Error {}
