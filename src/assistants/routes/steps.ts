import { Hono } from 'hono'

import { orNotFound } from '../not-found.ts'
import { replyJson, type ApiEnv } from '../reply.ts'
import { checkInclude, pathId, readQuery } from '../request-params.ts'
import type { RunService } from '../runs/run-service.ts'
import type { Store } from '../store/store.ts'
import { pageQuery } from '../wire/list-query.ts'

export interface StepRoutesDeps {
  store: Pick<Store, 'getStep' | 'listSteps'>
  runs: Pick<RunService, 'getRun'>
}

const path = '/:thread_id/runs/:run_id/steps'

export function stepRoutes({ store, runs }: StepRoutesDeps): Hono<ApiEnv> {
  const routes = new Hono<ApiEnv>()

  routes.get(path, async (context) => {
    const threadId = pathId(context, 'thread_id')
    const runId = pathId(context, 'run_id')
    checkInclude(context)
    const page = readQuery(context, pageQuery)
    await runs.getRun(threadId, runId)
    return replyJson(context, await store.listSteps(threadId, runId, page))
  })

  routes.get(`${path}/:step_id`, async (context) => {
    const threadId = pathId(context, 'thread_id')
    const runId = pathId(context, 'run_id')
    const id = pathId(context, 'step_id')
    checkInclude(context)
    await runs.getRun(threadId, runId)
    return replyJson(context, orNotFound(await store.getStep(threadId, runId, id), 'run step', id))
  })

  return routes
}
