import { hash } from 'node:crypto'

import { z } from 'zod'

import { InvalidRequestError } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { ForwardedAnswer, ForwardedRequest, Models } from '../models/models.ts'
import { breakOff, whileConnected } from './client-gone.ts'
import { parseExactly } from './exact-json.ts'
import type { Limits } from './limits.ts'
import { requireModel } from './model-check.ts'
import { replyForwarded, type ApiContext } from './reply.ts'
import { readBody } from './request-body.ts'
import type { Store } from './store/store.ts'
import { model } from './wire/assistants.ts'

export interface PassThroughDeps {
  models: Pick<Models, 'forward' | 'serves' | 'costOf'>
  store: Pick<Store, 'recordUsage'>
  limits?: Pick<Limits, 'openStream'>
  /** Milliseconds since the epoch. */
  now: () => number
  log: Logger
}

/**
 * Everything else is between the client and the endpoint. What some take for a stream as well, `1`
 * say, would pass without being counted.
 */
const anyBody = z.looseObject({ model, stream: z.boolean().nullish() })
/** Where the path names the model. */
const deploymentBody = anyBody.omit({ model: true })

/** Pictures are sent inside of the JSON, and inputs of embeddings as numbers of tokens. */
const bodyRules = { maxBytes: 32 * 1024 * 1024, maxValues: 1_000_000, parse: parseExactly }

/** Headers of the client that endpoints know and that say nothing about who it is. */
const passedHeaders = ['accept', 'openai-beta']

/**
 * Sends the request to the endpoint of its model and the answer back, both as they are; what it cost
 * is recorded before the answer ends. A model that is named in the path comes first.
 */
export async function passThrough(
  context: ApiContext,
  path: ForwardedRequest['path'],
  { models, store, limits, now, log }: PassThroughDeps,
): Promise<Response> {
  const deployment = context.req.param('deployment')
  const schema = deployment === undefined ? anyBody : deploymentBody
  const given = await readBody(context, schema, bodyRules)
  const body = { ...given, model: String(deployment ?? given['model']) }
  if (body.model === '') throw missingModel()
  requireModel(models, body.model)
  if (given.stream === true) limits?.openStream(context)

  const request = { path, body, headers: headersOf(context) }
  const answer = await whileConnected(context, (signal) => models.forward(request, { signal }))
  return replyForwarded(context, endingAfter(context, answer, record))

  async function record(usage: Awaited<ForwardedAnswer['usage']>): Promise<void> {
    const { project, apiKeyId } = context.var
    if (usage === null) return
    const cost = models.costOf(body.model, usage)
    try {
      await store.recordUsage({
        createdAt: Math.floor(now() / 1000),
        kind: path === '/embeddings' ? 'embeddings' : 'completions',
        project,
        apiKeyId,
        model: body.model,
        usage: { ...usage, cost },
      })
    } catch (err) {
      // The client has its answer, and shall keep it.
      log.error({ err, requestId: context.var.requestId, usage }, 'usage could not be recorded')
    }
  }
}

function missingModel(): InvalidRequestError {
  return new InvalidRequestError("Missing required parameter: 'model'.", {
    param: 'model',
    apiCode: 'missing_required_parameter',
  })
}

function headersOf({ req, var: { project } }: ApiContext): Record<string, string> {
  const passed = passedHeaders.flatMap((name) => {
    const value = req.header(name)
    return value === undefined ? [] : [[name, value]]
  })
  const once = req.header('idempotency-key')
  return {
    ...Object.fromEntries(passed),
    // To the endpoint all are one account, and none may get the answer of another project.
    ...(once !== undefined && { 'idempotency-key': hash('sha256', `${project}\n${once}`) }),
  }
}

/** The answer, whose end waits for what is done with its usage. */
function endingAfter(
  context: ApiContext,
  { response, usage }: ForwardedAnswer,
  record: (usage: Awaited<ForwardedAnswer['usage']>) => Promise<void>,
) {
  const recorded = usage.then(record)
  const { status, headers } = response
  const reader = (response.body ?? new Blob().stream()).getReader()
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read()
          if (!done) return controller.enqueue(value)
          await recorded
          controller.close()
        } catch (error) {
          breakOff(context, { controller, error })
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
  return { body, status, headers }
}
