import { Hono } from 'hono'
import type OpenAI from 'openai'

import { noObject, orNotFound } from '../not-found.ts'
import { replyJson, type ApiContext, type ApiEnv } from '../reply.ts'
import { readBody } from '../request-body.ts'
import { pathId } from '../request-params.ts'
import type { RunService } from '../runs/run-service.ts'
import type { Store } from '../store/store.ts'
import { createThreadBody, modifyThreadBody } from '../wire/threads.ts'

export interface ThreadRoutesDeps {
  store: Pick<Store, 'project'>
  runs: Pick<RunService, 'project'>
  /** Milliseconds since the epoch. */
  now: () => number
}

export function threadRoutes({ store, runs, now }: ThreadRoutesDeps): Hono<ApiEnv> {
  const routes = new Hono<ApiEnv>()
  const objectsOf = ({ var: { project } }: ApiContext) => store.project(project)
  const runsOf = ({ var: { project } }: ApiContext) => runs.project(project)

  routes.post('/', async (context) => {
    const body = await readBody(context, createThreadBody)
    return replyJson(context, await runsOf(context).createThread(body))
  })

  routes.get('/:thread_id', async (context) => {
    const id = pathId(context, 'thread_id')
    const thread = await objectsOf(context).getThread(id)
    return replyJson(context, orNotFound(thread, 'thread', id))
  })

  routes.post('/:thread_id', async (context) => {
    const id = pathId(context, 'thread_id')
    const { metadata, tool_resources } = await readBody(context, modifyThreadBody)
    const patch = {
      ...(metadata !== undefined && { metadata: metadata ?? {} }),
      ...(tool_resources !== undefined && { tool_resources: tool_resources ?? {} }),
    }
    const time = Math.floor(now() / 1000)
    const thread = await objectsOf(context).updateThread(id, patch, time)
    return replyJson(context, orNotFound(thread, 'thread', id))
  })

  routes.delete('/:thread_id', async (context) => {
    const id = pathId(context, 'thread_id')
    if (!(await objectsOf(context).deleteThread(id))) throw noObject('thread', id)
    const answer: OpenAI.Beta.ThreadDeleted = { id, object: 'thread.deleted', deleted: true }
    return replyJson(context, answer)
  })

  return routes
}
