import { Hono } from 'hono'

import { DiscordError } from '../../discord-error.ts'
import type { CreateInteraction } from '../../interactions/create.ts'
import { parseRequest } from '../../interactions/request-form.ts'
import type { Respond } from '../../interactions/respond.ts'
import { param, readBody, type RestContext, type RestEnv } from '../context.ts'

export interface InteractionRoutesDeps {
  applicationId: string
  createInteraction: CreateInteraction
  respond: Respond
}

/** Interactions from both sides: users begin them, the application answers. */
export function interactionRoutes(deps: InteractionRoutesDeps): Hono<RestEnv> {
  const { applicationId, createInteraction, respond } = deps
  const base = '/webhooks/:application/:token'

  const tokenOf = (c: RestContext): string => {
    if (param(c, 'application') !== applicationId) throw new DiscordError(10015)
    return param(c, 'token')
  }

  return new Hono<RestEnv>()
    .post('/interactions', async (c) => {
      const account = c.get('account')
      if (account.bot) throw new DiscordError(20012)
      const { body, uploads } = await readBody(c)
      createInteraction({ account, form: parseRequest(body), uploads, origin: c.get('origin') })
      return c.body(null, 204)
    })
    .post('/interactions/:id/:token/callback', async (c) => {
      const body = await readBody(c)
      const response = respond.callback(param(c, 'id'), param(c, 'token'), body)
      return c.req.query('with_response') === 'true' ? c.json(response) : c.body(null, 204)
    })
    .post(base, async (c) => c.json(respond.followUp(tokenOf(c), await readBody(c))))
    .get(`${base}/messages/:message`, (c) => c.json(respond.get(tokenOf(c), param(c, 'message'))))
    .patch(`${base}/messages/:message`, async (c) =>
      c.json(respond.edit(tokenOf(c), param(c, 'message'), await readBody(c))),
    )
    .delete(`${base}/messages/:message`, (c) => {
      respond.remove(tokenOf(c), param(c, 'message'))
      return c.body(null, 204)
    })
}
