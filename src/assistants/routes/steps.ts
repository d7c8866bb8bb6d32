import { Hono } from 'hono'

import { orNotFound } from '../not-found.ts'
import { replyJson, type ApiContext, type ApiEnv } from '../reply.ts'
import { pathId, readInclude, readQuery } from '../request-params.ts'
import type { RunService } from '../runs/run-service.ts'
import type { Store } from '../store/store.ts'
import { pageQuery } from '../wire/list-query.ts'
import { toShownStep } from '../wire/steps.ts'

export interface StepRoutesDeps {
  store: Pick<Store, 'project'>
  runs: Pick<RunService, 'project'>
}

const path = '/:thread_id/runs/:run_id/steps'

export function stepRoutes({ store, runs }: StepRoutesDeps): Hono<ApiEnv> {
  const routes = new Hono<ApiEnv>()
  const objectsOf = ({ var: { project } }: ApiContext) => store.project(project)
  const runsOf = ({ var: { project } }: ApiContext) => runs.project(project)

  routes.get(path, async (context) => {
    const threadId = pathId(context, 'thread_id')
    const runId = pathId(context, 'run_id')
    const shown = readInclude(context)
    const page = readQuery(context, pageQuery)
    await runsOf(context).getRun(threadId, runId)
    const steps = await objectsOf(context).listSteps(threadId, runId, page)
    const data = steps.data.map((step) => toShownStep(step, shown))
    return replyJson(context, { ...steps, data })
  })

  routes.get(`${path}/:step_id`, async (context) => {
    const threadId = pathId(context, 'thread_id')
    const runId = pathId(context, 'run_id')
    const id = pathId(context, 'step_id')
    const shown = readInclude(context)
    await runsOf(context).getRun(threadId, runId)
    const step = await objectsOf(context).getStep(threadId, runId, id)
    return replyJson(context, toShownStep(orNotFound(step, 'run step', id), shown))
  })

  return routes
}
