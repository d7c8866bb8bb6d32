import { Hono } from 'hono'

import { NotFoundError, ProviderError } from '../../errors.ts'
import type { Models } from '../../models/models.ts'
import { whileConnected } from '../client-gone.ts'
import { replyJson, type ApiContext, type ApiEnv } from '../reply.ts'
import { unsupported } from '../unavailable.ts'

export interface ModelRoutesDeps {
  models: Pick<Models, 'listModels'>
  /** How long to wait for endpoints that say nothing; default 10 s. */
  listTimeoutMs?: number | undefined
}

export function modelRoutes({ models, listTimeoutMs = 10_000 }: ModelRoutesDeps): Hono<ApiEnv> {
  const routes = new Hono<ApiEnv>()

  async function list(context: ApiContext) {
    const late = AbortSignal.timeout(listTimeoutMs)
    try {
      return await whileConnected(context, (signal) =>
        models.listModels({ signal: AbortSignal.any([signal, late]) }),
      )
    } catch (error) {
      if (!late.aborted) throw error
      const message = 'The model endpoint took too long to list its models.'
      throw new ProviderError('server_error', message, { cause: error })
    }
  }

  routes.get('/', async (context) => {
    return replyJson(context, { object: 'list', data: await list(context) })
  })

  // Names of models contain slashes: `qwen/qwen3-8b`.
  routes.get('/:model{.+}', async (context) => {
    const id = context.req.param('model')
    const model = (await list(context)).find((candidate) => candidate.id === id)
    if (model) return replyJson(context, model)
    throw new NotFoundError(`The model '${id.slice(0, 200)}' does not exist.`, {
      param: 'model',
      apiCode: 'model_not_found',
    })
  })

  routes.delete('/:model{.+}', () => {
    throw unsupported(
      'Deleting models is',
      undefined,
      'The operator of this server chooses its models.',
    )
  })

  return routes
}
