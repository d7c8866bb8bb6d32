import { Hono } from 'hono'
import type OpenAI from 'openai'

import type { NewId } from '../../ids.ts'
import type { Models } from '../../models/models.ts'
import { requireModel } from '../model-check.ts'
import { noObject, orNotFound } from '../not-found.ts'
import { replyJson, type ApiContext, type ApiEnv } from '../reply.ts'
import { readBody } from '../request-body.ts'
import { pathId, readQuery } from '../request-params.ts'
import type { Store } from '../store/store.ts'
import {
  createAssistantBody,
  modifyAssistantBody,
  toAssistant,
  toAssistantPatch,
} from '../wire/assistants.ts'
import { pageQuery } from '../wire/list-query.ts'
import { toNewResources } from '../wire/new-resources.ts'

export interface AssistantRoutesDeps {
  store: Pick<Store, 'project'>
  models: Pick<Models, 'serves'>
  newId: NewId
  /** Milliseconds since the epoch. */
  now: () => number
}

export function assistantRoutes({ store, models, now, newId }: AssistantRoutesDeps): Hono<ApiEnv> {
  const routes = new Hono<ApiEnv>()
  const objectsOf = ({ var: { project } }: ApiContext) => store.project(project)

  routes.get('/', async (context) => {
    const page = readQuery(context, pageQuery)
    return replyJson(context, await objectsOf(context).listAssistants(page))
  })

  routes.post('/', async (context) => {
    const body = await readBody(context, createAssistantBody)
    requireModel(models, body.model)
    const created_at = Math.floor(now() / 1000)
    const born = { newId, createdAt: created_at }
    const { tool_resources, stores } = toNewResources(body.tool_resources, born)
    const settings = { ...body, tool_resources }
    const assistant = toAssistant(settings, { id: newId('asst_'), created_at })
    await objectsOf(context).insertAssistant(assistant, stores)
    return replyJson(context, assistant)
  })

  routes.get('/:assistant_id', async (context) => {
    const id = pathId(context, 'assistant_id')
    const assistant = await objectsOf(context).getAssistant(id)
    return replyJson(context, orNotFound(assistant, 'assistant', id))
  })

  routes.post('/:assistant_id', async (context) => {
    const id = pathId(context, 'assistant_id')
    const body = await readBody(context, modifyAssistantBody)
    requireModel(models, body.model)
    const time = Math.floor(now() / 1000)
    const assistant = await objectsOf(context).updateAssistant(id, toAssistantPatch(body), time)
    return replyJson(context, orNotFound(assistant, 'assistant', id))
  })

  routes.delete('/:assistant_id', async (context) => {
    const id = pathId(context, 'assistant_id')
    if (!(await objectsOf(context).deleteAssistant(id))) throw noObject('assistant', id)
    const answer: OpenAI.Beta.AssistantDeleted = { id, object: 'assistant.deleted', deleted: true }
    return replyJson(context, answer)
  })

  return routes
}
