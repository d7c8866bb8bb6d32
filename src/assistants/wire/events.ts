import type OpenAI from 'openai'

type AssistantStreamEvent = OpenAI.Beta.AssistantStreamEvent

/**
 * One server-sent event of a run: its name and the bare object that is its data. `error` and `done`
 * belong to the transport and are not here.
 */
export type RunEvent = Exclude<AssistantStreamEvent, { event: 'error' }>
