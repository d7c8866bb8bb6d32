import { Hono } from 'hono'

import { passThrough, type PassThroughDeps } from '../pass-through.ts'
import type { ApiEnv } from '../reply.ts'

/** Azure's path names the model, which may hold slashes. */
const ofDeployment = '/deployments/:deployment{.+}/embeddings'

export function embeddingRoutes(deps: PassThroughDeps): Hono<ApiEnv> {
  const routes = new Hono<ApiEnv>()

  routes.post('/embeddings', (context) => passThrough(context, '/embeddings', deps))
  routes.post(ofDeployment, (context) => passThrough(context, '/embeddings', deps))

  return routes
}
