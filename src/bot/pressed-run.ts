import { NotFoundError } from 'openai'
import type OpenAI from 'openai'
import { z } from 'zod'

import type { Answer } from './answer.ts'
import type { ButtonPress } from './command.ts'
import { listSteps } from './run-steps.ts'

type RunStep = OpenAI.Beta.Threads.Runs.RunStep

const maxCustomIdLength = 100

/** A run whose button somebody pressed in the place where its answer stands. */
export interface PressedRun {
  threadId: string
  runId: string
  steps: RunStep[]
}

/** The `custom_id` of a button below the answer of a run; null where there is no run to show. */
export function runButtonId(
  name: string,
  { threadId, runId }: Pick<Answer, 'threadId' | 'runId'>,
): string | null {
  if (threadId === null || runId === null) return null
  const customId = `${name}:${threadId}:${runId}`
  return customId.length <= maxCustomIdLength ? customId : null
}

/**
 * The run that a button names. Null: there is no such run any more, or it belongs to a conversation
 * elsewhere. Everything is read from the runtime, so it is there as long as the thread is.
 */
export async function findPressedRun(
  { threads }: OpenAI['beta'],
  { interaction, rest }: ButtonPress,
): Promise<PressedRun | null> {
  const [threadId = '', runId = ''] = rest.split(':')
  if (!isId(threadId) || !isId(runId)) return null
  try {
    const { metadata } = await threads.retrieve(threadId)
    if (!isOfPlace(metadata, interaction)) return null
    return { threadId, runId, steps: await listSteps(threads.runs.steps, { threadId, runId }) }
  } catch (error) {
    if (error instanceof NotFoundError) return null
    throw error
  }
}

function isId(text: string): boolean {
  return /^\w{1,64}$/.test(text)
}

interface Presser {
  channelId: string
  user: { id: string }
}

/** A private conversation is shown to nobody else, and none outside its channel. */
function isOfPlace(metadata: unknown, { channelId, user }: Presser): boolean {
  const { conversation = '', discord_channel_id: place = '' } =
    z.record(z.string(), z.string()).safeParse(metadata).data ?? {}
  const owner = /^(?:dm|channel:\d+:user):(\d+)$/.exec(conversation)?.[1]
  return owner === undefined ? place === channelId : owner === user.id
}
