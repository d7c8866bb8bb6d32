import { APIError, NotFoundError } from 'openai'
import type OpenAI from 'openai'

import type { Assistant } from './assistant.ts'
import { type Clock, wait } from './clock.ts'
import type { Conversations, Place } from './conversations.ts'
import type { FileTool } from './file-kinds.ts'
import type { RunContext } from './run-context.ts'
import { createThreadFiles } from './thread-files.ts'

export type RunStream = AsyncIterable<OpenAI.Beta.AssistantStreamEvent>

export interface RunRequest {
  place: Place
  messages: OpenAI.Beta.Threads.RunCreateParams.AdditionalMessage[]
}

type Tool = OpenAI.Beta.AssistantTool

export interface BegunRun {
  threadId: string
  stream: RunStream
  /** The conversation's thread did not exist any more, so this is a new one. */
  isNewThread: boolean
}

export interface RunStartDeps {
  openai: OpenAI
  assistant: Assistant
  conversations: Pick<Conversations, 'threadOf' | 'lose'>
  contextOf: (place: Place) => Promise<RunContext>
  clock: Clock
}

/**
 * How much of a conversation a run looks back on. A channel of a class goes on for a whole term: without
 * a bound every question would cost a context window of tokens.
 */
const lookBackMessages = 50

const maxAttempts = 5
const pollMs = 250
const maxPolls = 40

/**
 * Appends the messages and begins the run in one call. A thread or an assistant that is gone is
 * replaced, and a run that a dead process left active is ended first.
 */
export function createRunStart(deps: RunStartDeps) {
  const { openai, assistant, conversations, contextOf, clock } = deps
  const { threads } = openai.beta
  const threadFiles = createThreadFiles({ openai })

  async function createThread({ key, guildId, channelId }: Place): Promise<string> {
    const metadata = {
      conversation: key,
      discord_channel_id: channelId,
      ...(guildId !== null && { discord_guild_id: guildId }),
    }
    const { id } = await threads.create({ metadata })
    threadFiles.isNew(id)
    return id
  }

  async function endRun(threadId: string, runId: string, signal: AbortSignal): Promise<void> {
    try {
      await threads.runs.cancel(runId, { thread_id: threadId })
    } catch (error) {
      // Refused when the run has just ended by itself, or is being cancelled already.
      if (!(error instanceof APIError) || error.status !== 400) throw error
    }
    for (let poll = 0; poll < maxPolls && !signal.aborted; poll += 1) {
      const { status } = await threads.runs.retrieve(runId, { thread_id: threadId })
      if (!activeStates.has(status)) return
      await wait(clock, pollMs, signal)
    }
  }

  /** The tools of the place, and those for files: that come now, or that the thread has to be searched. */
  async function toolsFor(
    given: Tool[] | undefined,
    { assistantId, needed }: { assistantId: string; needed: ReadonlySet<FileTool> },
  ): Promise<Tool[] | undefined> {
    if (needed.size === 0) return given
    const tools = given ?? (await openai.beta.assistants.retrieve(assistantId)).tools
    const missing = [...needed].filter((type) => !tools.some((tool) => tool.type === type))
    return missing.length === 0 ? given : [...tools, ...missing.map((type) => ({ type }))]
  }

  return async function startRun(request: RunRequest, signal: AbortSignal): Promise<BegunRun> {
    const { key } = request.place
    let isNewThread = false
    const context = await contextOf(request.place)
    for (let attempt = 1; ; attempt += 1) {
      const [assistantId, threadId] = await Promise.all([
        assistant.id(request.place.guildId),
        conversations.threadOf(key, () => createThread(request.place)),
      ])
      try {
        const brought = { threadId, messages: request.messages }
        const needed = await threadFiles.prepare(brought, signal)
        const tools = await toolsFor(context.tools, { assistantId, needed })
        const stream = await threads.runs.create(
          threadId,
          {
            assistant_id: assistantId,
            additional_messages: request.messages,
            additional_instructions: context.instructions,
            ...(tools && { tools }),
            truncation_strategy: { type: 'last_messages', last_messages: lookBackMessages },
            stream: true,
          },
          { signal },
        )
        return { threadId, stream, isNewThread }
      } catch (error) {
        if (attempt === maxAttempts) throw error
        const activeRunId = activeRunOf(error)
        if (activeRunId !== null) await endRun(threadId, activeRunId, signal)
        else if (isThreadGone(error)) {
          await conversations.lose(key, threadId)
          isNewThread = true
        } else if (isAssistantGone(error)) assistant.lost(request.place.guildId)
        else throw error
      }
    }
  }
}

const activeStates: ReadonlySet<OpenAI.Beta.Threads.RunStatus> = new Set([
  'queued',
  'in_progress',
  'requires_action',
  'cancelling',
])

function isThreadGone(error: unknown): boolean {
  return error instanceof NotFoundError && error.message.includes('No thread found')
}

function isAssistantGone(error: unknown): boolean {
  return error instanceof NotFoundError && error.message.includes('No assistant found')
}

function activeRunOf(error: unknown): string | null {
  if (!(error instanceof APIError) || error.status !== 400) return null
  return /already has an active run (run_\w+)/.exec(error.message)?.[1] ?? null
}
