import type { MiddlewareHandler } from 'hono'

import type { ApiContext, ApiEnv } from '../reply.ts'
import { readBody } from '../request-body.ts'
import { toV1Answer, type V2Answer } from './answer.ts'
import { toV2Body, v1Body } from './request.ts'
import { speaksV1 } from './version.ts'

/**
 * Lets clients of version 1 use the routes of version 2 after it: their bodies arrive, and the
 * answers leave, translated. Errors are the same in both versions.
 */
export const translateV1: MiddlewareHandler<ApiEnv> = async (context, next) => {
  if (!speaksV1(context)) return next()
  if (context.req.method === 'POST') await translateBody(context)
  await next()
  if (context.res.status === 200) await translateAnswer(context)
}

async function translateBody(context: ApiContext): Promise<void> {
  const body = toV2Body(await readBody(context, v1Body))
  const { url, headers: given } = context.req.raw
  const headers = new Headers(given)
  headers.delete('content-length')
  context.req.raw = new Request(url, { method: 'POST', headers, body: JSON.stringify(body) })
}

async function translateAnswer(context: ApiContext): Promise<void> {
  const { status, headers } = context.res
  // What our own routes answer to a request that asks for no stream.
  const answer = (await context.res.json()) as V2Answer
  context.res = new Response(JSON.stringify(toV1Answer(answer)), { status, headers })
}
