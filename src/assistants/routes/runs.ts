import { Hono } from 'hono'

import type { Models } from '../../models/models.ts'
import { signalInside } from '../client-gone.ts'
import type { Limits } from '../limits.ts'
import { requireModel } from '../model-check.ts'
import { orNotFound } from '../not-found.ts'
import {
  isPollHelper,
  replyEvents,
  replyJson,
  replyPollable,
  type ApiContext,
  type ApiEnv,
} from '../reply.ts'
import { readBody } from '../request-body.ts'
import { pathId, readInclude, readQuery } from '../request-params.ts'
import type { RunService, StartedRun } from '../runs/run-service.ts'
import { toEventStream, type EventStreamDeps } from '../sse.ts'
import type { Store } from '../store/store.ts'
import { pageQuery } from '../wire/list-query.ts'
import { modifyMetadataBody } from '../wire/metadata.ts'
import { createRunBody, createThreadAndRunBody, submitToolOutputsBody } from '../wire/runs.ts'
import type { ShownOptions } from '../wire/steps.ts'

export interface RunRoutesDeps extends EventStreamDeps {
  store: Pick<Store, 'project'>
  runs: Pick<RunService, 'project'>
  models: Pick<Models, 'serves'>
  limits?: Pick<Limits, 'openStream'>
}

const path = '/:thread_id/runs'

export function runRoutes({
  store,
  runs,
  models,
  limits,
  every,
  log,
}: RunRoutesDeps): Hono<ApiEnv> {
  const routes = new Hono<ApiEnv>()
  const objectsOf = ({ var: { project } }: ApiContext) => store.project(project)
  const runsOf = ({ var: { project } }: ApiContext) => runs.project(project)

  /** Counts the stream before anything is done for it. */
  function wantsStream(context: ApiContext, wish: boolean | null | undefined): boolean {
    if (wish !== true) return false
    limits?.openStream(context)
    return true
  }

  /** The run as it is now, or everything that happens from now on. */
  function reply(context: ApiContext, started: StartedRun, options: ReplyOptions): Response {
    if (!options.stream) return replyJson(context, started.run)
    const { requestId } = context.var
    const signal = signalInside(context)
    const streamOptions = { ...options, requestId, signal, every, log }
    return replyEvents(context, toEventStream(started.events, streamOptions))
  }

  routes.post('/runs', async (context) => {
    const { stream: wish, ...body } = await readBody(context, createThreadAndRunBody)
    requireModel(models, body.model)
    const stream = wantsStream(context, wish)
    const { apiKeyId } = context.var
    const started = await runsOf(context).createThreadAndRun(body, { stream, apiKeyId })
    return reply(context, started, { stream })
  })

  routes.get(path, async (context) => {
    const threadId = pathId(context, 'thread_id')
    const page = readQuery(context, pageQuery)
    const objects = objectsOf(context)
    orNotFound(await objects.getThread(threadId), 'thread', threadId)
    return replyJson(context, await objects.listRuns(threadId, page))
  })

  routes.post(path, async (context) => {
    const threadId = pathId(context, 'thread_id')
    const shown = readInclude(context)
    const { stream: wish, ...body } = await readBody(context, createRunBody)
    requireModel(models, body.model)
    const stream = wantsStream(context, wish)
    const { apiKeyId } = context.var
    const started = await runsOf(context).createRun(threadId, body, { stream, apiKeyId })
    return reply(context, started, { stream, ...shown })
  })

  routes.get(`${path}/:run_id`, async (context) => {
    const { threadId, runId } = target(context)
    const requests = runsOf(context)
    const run = isPollHelper(context)
      ? await requests.awaitRun(threadId, runId, { signal: context.req.raw.signal })
      : await requests.getRun(threadId, runId)
    return replyPollable(context, run)
  })

  routes.post(`${path}/:run_id`, async (context) => {
    const { threadId, runId } = target(context)
    const { metadata } = await readBody(context, modifyMetadataBody)
    const requests = runsOf(context)
    const run =
      metadata === undefined
        ? await requests.getRun(threadId, runId)
        : await requests.updateRun(threadId, runId, { metadata: metadata ?? {} })
    return replyJson(context, run)
  })

  routes.post(`${path}/:run_id/cancel`, async (context) => {
    const { threadId, runId } = target(context)
    return replyJson(context, await runsOf(context).cancelRun(threadId, runId))
  })

  routes.post(`${path}/:run_id/submit_tool_outputs`, async (context) => {
    const { tool_outputs, stream: wish } = await readBody(context, submitToolOutputsBody)
    const stream = wantsStream(context, wish)
    const requests = runsOf(context)
    const started = await requests.submitToolOutputs(target(context), tool_outputs, { stream })
    return reply(context, started, { stream })
  })

  return routes
}

interface ReplyOptions extends Partial<ShownOptions> {
  stream: boolean
}

function target(context: ApiContext): { threadId: string; runId: string } {
  return { threadId: pathId(context, 'thread_id'), runId: pathId(context, 'run_id') }
}
