import { Hono } from 'hono'

import { passThrough, type PassThroughDeps } from '../pass-through.ts'
import type { ApiEnv } from '../reply.ts'
import { unsupported } from '../unavailable.ts'

/** Azure's path names the model, which may hold slashes. */
const ofDeployment = '/deployments/:deployment{.+}/chat/completions'

export function chatCompletionRoutes(deps: PassThroughDeps): Hono<ApiEnv> {
  const routes = new Hono<ApiEnv>()

  routes.post('/chat/completions', (context) => passThrough(context, '/chat/completions', deps))
  routes.post(ofDeployment, (context) => passThrough(context, '/chat/completions', deps))

  const refuse = () => {
    throw unsupported(
      'Stored chat completions are',
      undefined,
      'Keep the answers of POST /chat/completions, which are not stored here.',
    )
  }
  routes.get('/chat/completions', refuse)
  routes.on(['GET', 'POST', 'DELETE'], '/chat/completions/:completion_id', refuse)
  routes.get('/chat/completions/:completion_id/messages', refuse)

  return routes
}
