import { Hono } from 'hono'
import type OpenAI from 'openai'

import { noObject, orNotFound } from '../not-found.ts'
import { replyJson, type ApiEnv } from '../reply.ts'
import { readBody } from '../request-body.ts'
import { pathId, readQuery } from '../request-params.ts'
import type { RunService } from '../runs/run-service.ts'
import type { Message, Store } from '../store/store.ts'
import { refuseFilesOf } from '../unavailable.ts'
import { createMessageBody, messagesQuery } from '../wire/messages.ts'
import { modifyMetadataBody } from '../wire/metadata.ts'

export interface MessageRoutesDeps {
  store: Pick<
    Store,
    'getThread' | 'getMessage' | 'updateMessage' | 'deleteMessage' | 'listMessages'
  >
  runs: Pick<RunService, 'createMessage'>
}

const path = '/:thread_id/messages'

export function messageRoutes({ store, runs }: MessageRoutesDeps): Hono<ApiEnv> {
  const routes = new Hono<ApiEnv>()

  /** A message that is missing, because its thread is, is answered with the thread. */
  async function orThreadNotFound(message: Message | undefined, threadId: string, id: string) {
    if (message === undefined) orNotFound(await store.getThread(threadId), 'thread', threadId)
    return orNotFound(message, 'message', id)
  }

  routes.get(path, async (context) => {
    const threadId = pathId(context, 'thread_id')
    const { run_id: runId, ...page } = readQuery(context, messagesQuery)
    orNotFound(await store.getThread(threadId), 'thread', threadId)
    return replyJson(context, await store.listMessages(threadId, { ...page, runId }))
  })

  routes.post(path, async (context) => {
    const threadId = pathId(context, 'thread_id')
    const body = await readBody(context, createMessageBody)
    refuseFilesOf(body)
    return replyJson(context, await runs.createMessage(threadId, body))
  })

  routes.get(`${path}/:message_id`, async (context) => {
    const threadId = pathId(context, 'thread_id')
    const id = pathId(context, 'message_id')
    const message = await store.getMessage(threadId, id)
    return replyJson(context, await orThreadNotFound(message, threadId, id))
  })

  routes.post(`${path}/:message_id`, async (context) => {
    const threadId = pathId(context, 'thread_id')
    const id = pathId(context, 'message_id')
    const { metadata } = await readBody(context, modifyMetadataBody)
    const message =
      metadata === undefined
        ? await store.getMessage(threadId, id)
        : await store.updateMessage(threadId, id, { metadata: metadata ?? {} })
    return replyJson(context, await orThreadNotFound(message, threadId, id))
  })

  routes.delete(`${path}/:message_id`, async (context) => {
    const threadId = pathId(context, 'thread_id')
    const id = pathId(context, 'message_id')
    if (!(await store.deleteMessage(threadId, id))) {
      orNotFound(await store.getThread(threadId), 'thread', threadId)
      throw noObject('message', id)
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
