import { BadRequestError } from 'openai'
import type OpenAI from 'openai'

type Steps = OpenAI['beta']['threads']['runs']['steps']
type RunStep = OpenAI.Beta.Threads.Runs.RunStep
type Include = OpenAI.Beta.Threads.Runs.RunStepInclude

/** Steps of a run that are read; a run with more has gone round in circles. */
const maxSteps = 100

const content: Include = 'step_details.tool_calls[*].file_search.results[*].content'
/** Of our own runtime: the page, the heading and the search's number. The SDK does not know it. */
const location = 'step_details.tool_calls[*].file_search.results[*].location' as Include

/** All steps of a run in order, with the passages that were found, and where they stand if the server says. */
export async function listSteps(
  steps: Steps,
  { threadId, runId }: { threadId: string; runId: string },
): Promise<RunStep[]> {
  const { data } = await withPassages((include) =>
    steps.list(runId, { thread_id: threadId, order: 'asc', limit: maxSteps, include }),
  )
  return data
}

/** One step, in the same way. */
export function retrieveStep(
  steps: Steps,
  step: Pick<RunStep, 'id' | 'thread_id' | 'run_id'>,
  options: { signal: AbortSignal },
): Promise<RunStep> {
  const { id, thread_id, run_id } = step
  return withPassages((include) => steps.retrieve(id, { thread_id, run_id, include }, options))
}

async function withPassages<Result>(
  ask: (include: Include[]) => PromiseLike<Result>,
): Promise<Result> {
  try {
    return await ask([content, location])
  } catch (error) {
    if (!(error instanceof BadRequestError)) throw error
    return ask([content])
  }
}
