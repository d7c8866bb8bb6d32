import { Hono } from 'hono'
import type OpenAI from 'openai'

import type { NotFoundError } from '../../errors.ts'
import { noObject, orNotFound } from '../not-found.ts'
import { replyJson, type ApiContext, type ApiEnv } from '../reply.ts'
import { readBody } from '../request-body.ts'
import { pathId, readQuery } from '../request-params.ts'
import type { RunService } from '../runs/run-service.ts'
import type { Store } from '../store/store.ts'
import { createMessageBody, messagesQuery } from '../wire/messages.ts'
import { modifyMetadataBody } from '../wire/metadata.ts'

export interface MessageRoutesDeps {
  store: Pick<Store, 'project'>
  runs: Pick<RunService, 'project'>
}

const path = '/:thread_id/messages'

export function messageRoutes({ store, runs }: MessageRoutesDeps): Hono<ApiEnv> {
  const routes = new Hono<ApiEnv>()
  const objectsOf = ({ var: { project } }: ApiContext) => store.project(project)
  const runsOf = ({ var: { project } }: ApiContext) => runs.project(project)

  /** A message that is missing, because its thread is, is answered with the thread. */
  async function noMessage(context: ApiContext): Promise<NotFoundError> {
    const threadId = pathId(context, 'thread_id')
    const thread = await objectsOf(context).getThread(threadId)
    return thread
      ? noObject('message', pathId(context, 'message_id'))
      : noObject('thread', threadId)
  }

  routes.get(path, async (context) => {
    const threadId = pathId(context, 'thread_id')
    const { run_id: runId, ...page } = readQuery(context, messagesQuery)
    const objects = objectsOf(context)
    orNotFound(await objects.getThread(threadId), 'thread', threadId)
    return replyJson(context, await objects.listMessages(threadId, { ...page, runId }))
  })

  routes.post(path, async (context) => {
    const threadId = pathId(context, 'thread_id')
    const body = await readBody(context, createMessageBody)
    return replyJson(context, await runsOf(context).createMessage(threadId, body))
  })

  routes.get(`${path}/:message_id`, async (context) => {
    const threadId = pathId(context, 'thread_id')
    const id = pathId(context, 'message_id')
    const message = await objectsOf(context).getMessage(threadId, id)
    if (!message) throw await noMessage(context)
    return replyJson(context, message)
  })

  routes.post(`${path}/:message_id`, async (context) => {
    const threadId = pathId(context, 'thread_id')
    const id = pathId(context, 'message_id')
    const { metadata } = await readBody(context, modifyMetadataBody)
    const objects = objectsOf(context)
    const message =
      metadata === undefined
        ? await objects.getMessage(threadId, id)
        : await objects.updateMessage(threadId, id, { metadata: metadata ?? {} })
    if (!message) throw await noMessage(context)
    return replyJson(context, message)
  })

  routes.delete(`${path}/:message_id`, async (context) => {
    const threadId = pathId(context, 'thread_id')
    const id = pathId(context, 'message_id')
    if (!(await objectsOf(context).deleteMessage(threadId, id))) {
      throw await noMessage(context)
    }
    const answer: OpenAI.Beta.Threads.MessageDeleted = {
      id,
      object: 'thread.message.deleted',
      deleted: true,
    }
    return replyJson(context, answer)
  })

  return routes
}
