// The files of an assistant or a message, which version 1 lists below it. There are
// none: version 2 has other places for them.

import { Hono, type Handler } from 'hono'

import { orNotFound } from '../not-found.ts'
import { replyJson, type ApiContext, type ApiEnv } from '../reply.ts'
import { pathId, readQuery } from '../request-params.ts'
import { noFile } from '../store/file-owners.ts'
import type { Store } from '../store/store.ts'
import { unsupported } from '../unavailable.ts'
import { pageQuery } from '../wire/list-query.ts'
import type { Page } from '../wire/page.ts'
import { v1Files } from './request.ts'
import { speaksV1 } from './version.ts'

export interface FileRoutesDeps {
  store: Pick<Store, 'project'>
}

/** `/assistants/{id}/files` and `/threads/{id}/messages/{id}/files`, for clients of version 1 only. */
export function v1FileRoutes({ store }: FileRoutesDeps): Hono<ApiEnv> {
  const routes = new Hono<ApiEnv>()

  /** Throws if there is no such assistant, or no such message. */
  async function requireOwner(context: ApiContext): Promise<void> {
    const objects = store.project(context.var.project)
    if (context.req.param('assistant_id') !== undefined) {
      const id = pathId(context, 'assistant_id')
      orNotFound(await objects.getAssistant(id), 'assistant', id)
      return
    }
    const threadId = pathId(context, 'thread_id')
    const id = pathId(context, 'message_id')
    orNotFound(await objects.getThread(threadId), 'thread', threadId)
    orNotFound(await objects.getMessage(threadId, id), 'message', id)
  }

  const list = forV1(async (context) => {
    readQuery(context, pageQuery)
    await requireOwner(context)
    return replyJson(context, noFiles)
  })

  const find = forV1(async (context) => {
    await requireOwner(context)
    throw noFile(context.req.param('file_id') ?? '')
  })

  const attach = forV1(async (context) => {
    await requireOwner(context)
    throw unsupported(v1Files, 'file_id')
  })

  const ofAssistant = '/assistants/:assistant_id/files'
  const ofMessage = '/threads/:thread_id/messages/:message_id/files'
  routes.get(ofAssistant, list).post(ofAssistant, attach)
  routes.get(`${ofAssistant}/:file_id`, find).delete(`${ofAssistant}/:file_id`, find)
  routes.get(ofMessage, list).get(`${ofMessage}/:file_id`, find)
  return routes
}

const noFiles: Page<never> = {
  object: 'list',
  data: [],
  first_id: null,
  last_id: null,
  has_more: false,
}

/** To all others these paths do not exist. */
function forV1(answer: (context: ApiContext) => Promise<Response>): Handler<ApiEnv> {
  return (context, next) => (speaksV1(context) ? answer(context) : next())
}
