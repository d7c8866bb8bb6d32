import type OpenAI from 'openai'

import type { Page, PageQuery } from '../wire/page.ts'

export type Assistant = OpenAI.Beta.Assistant
export type Thread = OpenAI.Beta.Thread
export type Message = OpenAI.Beta.Threads.Message
export type Run = OpenAI.Beta.Threads.Run
export type RunStep = OpenAI.Beta.Threads.Runs.RunStep

/**
 * Where the runtime's objects live. Objects go in and come out in their wire shape; rows never leave
 * the store. Everything is asynchronous, because SQLite and Postgres share the same queries.
 * A missing object is `undefined` (or `false` from a delete); an unknown cursor is an
 * `InvalidRequestError`.
 */
export interface Store {
  insertAssistant(assistant: Assistant): Promise<void>
  getAssistant(id: string): Promise<Assistant | undefined>
  /** Changes the given members only. */
  updateAssistant(id: string, patch: Partial<Assistant>): Promise<Assistant | undefined>
  deleteAssistant(id: string): Promise<boolean>
  listAssistants(query: PageQuery): Promise<Page<Assistant>>

  /** The thread and its first messages, in one transaction. */
  insertThread(thread: Thread, messages: Message[]): Promise<void>
  getThread(id: string): Promise<Thread | undefined>
  updateThread(
    id: string,
    patch: Partial<Pick<Thread, 'metadata' | 'tool_resources'>>,
  ): Promise<Thread | undefined>
  /** Removes the thread with its messages, runs and steps. */
  deleteThread(id: string): Promise<boolean>

  /** Throws `RunConflictError` while a run of the thread is active, `NotFoundError` without a thread. */
  insertMessage(message: Message): Promise<void>
  getMessage(threadId: string, id: string): Promise<Message | undefined>
  updateMessage(
    threadId: string,
    id: string,
    patch: Pick<Message, 'metadata'>,
  ): Promise<Message | undefined>
  deleteMessage(threadId: string, id: string): Promise<boolean>
  listMessages(
    threadId: string,
    query: PageQuery & { runId?: string | undefined },
  ): Promise<Page<Message>>

  getRun(threadId: string, id: string): Promise<Run | undefined>
  listRuns(threadId: string, query: PageQuery): Promise<Page<Run>>
  getStep(threadId: string, runId: string, id: string): Promise<RunStep | undefined>
  listSteps(threadId: string, runId: string, query: PageQuery): Promise<Page<RunStep>>

  /** Answers when the database answers; throws otherwise. For `/healthz`. */
  ping(): Promise<void>
  close(): Promise<void>
}
