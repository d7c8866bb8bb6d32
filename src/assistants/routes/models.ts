import { Hono } from 'hono'

import { NotFoundError } from '../../errors.ts'
import type { ModelDriver } from '../../models/driver.ts'
import { replyJson, type ApiEnv } from '../reply.ts'

export interface ModelRoutesDeps {
  models: Pick<ModelDriver, 'listModels'>
}

export function modelRoutes({ models }: ModelRoutesDeps): Hono<ApiEnv> {
  const routes = new Hono<ApiEnv>()

  routes.get('/', async (context) => {
    const { signal } = context.req.raw
    return replyJson(context, { object: 'list', data: await models.listModels({ signal }) })
  })

  // Names of models contain slashes: `qwen/qwen3-8b`.
  routes.get('/:model{.+}', async (context) => {
    const id = context.req.param('model')
    const { signal } = context.req.raw
    const model = (await models.listModels({ signal })).find((candidate) => candidate.id === id)
    if (model) return replyJson(context, model)
    throw new NotFoundError(`The model '${id.slice(0, 200)}' does not exist.`, {
      param: 'model',
      apiCode: 'model_not_found',
    })
  })

  return routes
}
