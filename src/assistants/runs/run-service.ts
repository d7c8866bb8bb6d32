import type OpenAI from 'openai'

import type { Message, Run, Thread } from '../store/store.ts'
import type { RunEvent } from '../wire/events.ts'

export type RunBody = Omit<OpenAI.Beta.Threads.RunCreateParams, 'stream' | 'include'>
export type ThreadAndRunBody = Omit<OpenAI.Beta.ThreadCreateAndRunParams, 'stream'>
export type MessageBody = OpenAI.Beta.Threads.MessageCreateParams
export type ThreadBody = OpenAI.Beta.ThreadCreateParams
export type ToolOutputs = OpenAI.Beta.Threads.RunSubmitToolOutputsParams['tool_outputs']

/**
 * A run at the instant of the request, and, for whoever asked to stream, what happens from then on.
 * The events come in batches, of what happened while the reader was busy, and end after the one that
 * ends the run or makes it wait (`thread.run.requires_action`).
 * Not reading them, or stopping to, does not cancel the run (reference 3.7).
 */
export interface StartedRun {
  run: Run
  events: AsyncIterable<RunEvent[]>
}

export interface StartOptions {
  /** False: nobody reads the events, so none are kept. */
  stream: boolean
}

export interface CreateOptions extends StartOptions {
  /** The key that asks for the run; its usage is recorded under it. */
  apiKeyId?: string | null | undefined
}

/**
 * Everything that a request may do to threads' content and runs. Bodies come validated in shape
 * (`wire/`); what depends on state is checked here, in the order of reference 3.2, and answered with
 * `NotFoundError`, `RunConflictError` or `InvalidRequestError` in the texts of reference 8.
 */
export interface RunRequests {
  createThread(body: ThreadBody): Promise<Thread>
  createMessage(threadId: string, body: MessageBody): Promise<Message>
  createRun(threadId: string, body: RunBody, options: CreateOptions): Promise<StartedRun>
  createThreadAndRun(body: ThreadAndRunBody, options: CreateOptions): Promise<StartedRun>
  /** Reads a run; one whose time is over is expired first. */
  getRun(threadId: string, runId: string): Promise<Run>
  /**
   * As `getRun`; but while the run goes on, the answer waits for it to end or to want tool outputs,
   * at most for a moment. Who polls learns of it at once, and asks less often.
   */
  awaitRun(threadId: string, runId: string, options: { signal: AbortSignal }): Promise<Run>
  updateRun(threadId: string, runId: string, patch: Pick<Run, 'metadata'>): Promise<Run>
  submitToolOutputs(
    target: { threadId: string; runId: string },
    toolOutputs: ToolOutputs,
    options: StartOptions,
  ): Promise<StartedRun>
  cancelRun(threadId: string, runId: string): Promise<Run>
}

/** As `RunRequests` of its own it acts on every project, and makes threads in `default`. */
export interface RunService extends RunRequests {
  /** What a request of this project may do; what belongs to another is missing. */
  project(id: string): RunRequests

  /**
   * Puts the runs that a dead process left behind into a truthful state and goes on with those that
   * can go on; then executes what is queued. Call once, before the first request.
   */
  start(): Promise<void>
  /** Stops taking work, ends the active turns so that a later `start` resumes them, and waits. */
  close(): Promise<void>
}
