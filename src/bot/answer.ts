import type OpenAI from 'openai'

import type { Logger } from '../log.ts'
import type { ToolRegistry } from '../tools/registry.ts'
import { orAborted } from './aborted.ts'
import { type Clock, wait } from './clock.ts'
import { failureOfError, failureOfRun, type FailureKind } from './failure.ts'
import { type AnswerParts, createProgressTracker, type Progress } from './progress.ts'
import type { BegunRun, RunRequest, RunStream } from './run-start.ts'
import { retrieveStep } from './run-steps.ts'

type Run = OpenAI.Beta.Threads.Run
type RunStep = OpenAI.Beta.Threads.Runs.RunStep
type ToolCall = OpenAI.Beta.Threads.RequiredActionFunctionToolCall
type ToolOutput = OpenAI.Beta.Threads.RunSubmitToolOutputsParams.ToolOutput

export interface AnswerRequest extends RunRequest {
  /** Aborted to stop the answer: the run is cancelled, what was written stays. */
  signal: AbortSignal
  onProgress: (progress: Progress) => void
}

/** How an answer ended, and what there is of it. */
export interface Answer extends AnswerParts {
  text: string
  isNewThread: boolean
  /** Names of the functions and types of the hosted tools that the run has called. */
  calledTools: ReadonlySet<string>
  end: { type: 'completed' } | { type: 'cancelled' } | { type: 'failed'; kind: FailureKind }
  /** For the log. */
  runId: string | null
  threadId: string | null
  /** What was thrown, or what the run says of its failure. */
  cause?: unknown
}

export interface AnswererDeps {
  openai: OpenAI
  startRun: (request: RunRequest, signal: AbortSignal) => Promise<BegunRun>
  tools: Pick<ToolRegistry, 'run'>
  clock: Clock
  log: Logger
}

/** Rounds of tool calls in one run; a model that asks for more is going round in circles. */
const maxToolRounds = 16
/** How long a cancelled run may take to say so. */
const cancelPatienceMs = 3_000
/** A run expires after ten minutes; a runtime that does not even say that is given up. */
const maxAnswerMs = 11 * 60_000

/** Answers a turn: runs the thread, executes what it asks for, and reports the text as it grows. */
export function createAnswerer({ openai, startRun, tools, clock, log }: AnswererDeps) {
  const { runs } = openai.beta.threads

  return async function answer(request: AnswerRequest): Promise<Answer> {
    const connection = new AbortController()
    const progress = createProgressTracker(request.onProgress)
    const calledTools = new Set<string>()
    const answered: Answer = {
      text: '',
      sources: [],
      pictures: [],
      links: [],
      calledTools,
      isNewThread: false,
      end: { type: 'cancelled' },
      runId: null,
      threadId: null,
    }

    const cancellations: Promise<void>[] = []

    async function cancelRun(): Promise<void> {
      const { runId, threadId } = answered
      if (runId === null || threadId === null) return
      try {
        const options = { timeout: cancelPatienceMs, maxRetries: 0 }
        await runs.cancel(runId, { thread_id: threadId }, options)
      } catch (err) {
        log.debug({ err, runId }, 'run was not cancelled')
      }
    }

    /** Cancels the run; where that does not end the stream soon, leaves it. */
    function stop(): void {
      cancellations.push(cancelRun())
      void wait(clock, cancelPatienceMs, connection.signal).then(() => connection.abort())
    }

    const cancelTimeLimit = clock.after(maxAnswerMs, () => connection.abort(timeLimit))
    request.signal.addEventListener('abort', stop, { once: true })

    /** Reads one stream to its end; answers the run as it was last seen. */
    async function follow(stream: RunStream): Promise<Run | null> {
      let run: Run | null = null
      for await (const event of stream) {
        if (!isThreadEvent(event)) continue
        if (event.event === 'thread.run.step.completed') await takeFindings(event.data)
        progress.take(event)
        const seen = runOf(event)
        if (!seen) continue
        run = seen
        if (answered.runId === null) {
          answered.runId = seen.id
          if (request.signal.aborted) cancellations.push(cancelRun())
        }
      }
      return run
    }

    /** Reads what a step has found, so that it can be cited; an answer without is still one. */
    async function takeFindings(step: RunStep): Promise<void> {
      const { step_details: details } = step
      if (details?.type !== 'tool_calls') return
      for (const { type } of details.tool_calls) if (type !== 'function') calledTools.add(type)
      if (!details.tool_calls.some(({ type }) => type === 'file_search')) return
      try {
        progress.know(await retrieveStep(runs.steps, step, { signal: connection.signal }))
      } catch (err) {
        connection.signal.throwIfAborted()
        log.warn({ err, runId: step.run_id }, 'the passages of a search could not be read')
      }
    }

    async function runTools(calls: ToolCall[]): Promise<ToolOutput[]> {
      const signal = AbortSignal.any([request.signal, connection.signal])
      const { guildId, key: conversation } = request.place
      const context = { guildId, conversation, signal }
      for (const { function: call } of calls) calledTools.add(call.name)
      return Promise.all(
        calls.map(async ({ id, function: call }) => ({
          tool_call_id: id,
          output: await tools.run(call, context),
        })),
      )
    }

    async function goThrough(): Promise<Run | null> {
      const begun = await startRun(request, connection.signal)
      answered.threadId = begun.threadId
      answered.isNewThread = begun.isNewThread
      let run = await follow(begun.stream)
      for (let round = 1; run?.status === 'requires_action'; round += 1) {
        const calls = run.required_action?.submit_tool_outputs.tool_calls ?? []
        if (round > maxToolRounds || request.signal.aborted) break
        const outputs = await runTools(calls)
        if (request.signal.aborted) break
        const stream = await runs.submitToolOutputs(
          run.id,
          { thread_id: begun.threadId, tool_outputs: outputs, stream: true },
          { signal: connection.signal },
        )
        run = await follow(stream)
      }
      // Too many rounds, or a stream that ended before its run did.
      if (!request.signal.aborted && !isOver(run)) await cancelRun()
      return run
    }

    function takeText(): void {
      answered.text = progress.finish()
      Object.assign(answered, progress.parts())
    }

    try {
      // Neither a runtime nor a tool that hangs may hold the conversation up.
      const run = await orAborted(goThrough(), connection.signal)
      takeText()
      answered.end = endOf(run, { answered, isStopped: request.signal.aborted })
      if (answered.end.type === 'failed') answered.cause = run?.last_error ?? run?.status
    } catch (error) {
      takeText()
      if (!request.signal.aborted) {
        answered.end = { type: 'failed', kind: failureOfError(error) }
        answered.cause = error
        await cancelRun()
      }
    } finally {
      if (answered.end.type === 'failed' && connection.signal.reason === timeLimit) {
        answered.end.kind = 'expired'
      }
      cancelTimeLimit()
      request.signal.removeEventListener('abort', stop)
      // The next turn of this thread must not meet a run that is still being cancelled.
      await Promise.all(cancellations)
      if (answered.end.type !== 'completed') connection.abort()
    }
    return answered
  }
}

const timeLimit = new Error('the answer took too long')

function isOver(run: Run | null): boolean {
  return run !== null && terminalStates.has(run.status)
}

const terminalStates: ReadonlySet<Run['status']> = new Set([
  'completed',
  'incomplete',
  'failed',
  'cancelled',
  'expired',
])

interface EndOptions {
  answered: Pick<Answer, 'text' | 'pictures'>
  isStopped: boolean
}

function endOf(run: Run | null, { answered, isStopped }: EndOptions): Answer['end'] {
  if (run?.status === 'completed') {
    const isEmpty = answered.text.trim() === '' && answered.pictures.length === 0
    return isEmpty ? { type: 'failed', kind: 'empty_answer' } : { type: 'completed' }
  }
  if (isStopped || run?.status === 'cancelled' || run?.status === 'cancelling') {
    return { type: 'cancelled' }
  }
  if (run?.status === 'requires_action') return { type: 'failed', kind: 'incomplete' }
  if (!run || !isOver(run)) return { type: 'failed', kind: 'runtime_unreachable' }
  return { type: 'failed', kind: failureOfRun(run) }
}

function runOf({ data }: OpenAI.Beta.AssistantStreamEvent): Run | null {
  return 'object' in data && data.object === 'thread.run' ? data : null
}

/** A server of another make may send more than the protocol knows, e.g. pings. */
function isThreadEvent(event: unknown): boolean {
  if (typeof event !== 'object' || event === null || !('data' in event)) return false
  return typeof event.data === 'object' && event.data !== null
}
