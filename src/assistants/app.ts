import { performance } from 'node:perf_hooks'

import { Hono, type MiddlewareHandler } from 'hono'

import { NotFoundError, type AppError } from '../errors.ts'
import { everyInterval, type Every } from '../every.ts'
import type { NewId } from '../ids.ts'
import type { Logger } from '../log.ts'
import type { Models } from '../models/models.ts'
import { requireApiKey, requireBetaHeader, type ApiKey } from './access.ts'
import { allowOrigins } from './cross-origin.ts'
import { toErrorAnswer } from './error-response.ts'
import type { FileStock } from './files/files.ts'
import type { Limits } from './limits.ts'
import { replyJson, type ApiEnv } from './reply.ts'
import { assistantRoutes } from './routes/assistants.ts'
import { chatCompletionRoutes } from './routes/chat-completions.ts'
import { embeddingRoutes } from './routes/embeddings.ts'
import { fileRoutes } from './routes/files.ts'
import { messageRoutes } from './routes/messages.ts'
import { modelRoutes } from './routes/models.ts'
import { runRoutes } from './routes/runs.ts'
import { stepRoutes } from './routes/steps.ts'
import { threadRoutes } from './routes/threads.ts'
import { usageRoutes } from './routes/usage.ts'
import { vectorStoreRoutes } from './routes/vector-stores.ts'
import type { RunService } from './runs/run-service.ts'
import type { Store } from './store/store.ts'
import { v1FileRoutes } from './v1/files.ts'
import { translateV1 } from './v1/translate.ts'
import type { VectorStores } from './vector-stores/vector-stores.ts'

export interface AppDeps {
  store: Store
  runs: RunService
  files: Pick<FileStock, 'project'>
  vectorStores: VectorStores
  models: Pick<Models, 'listModels' | 'serves' | 'forward' | 'costOf'>
  log: Logger
  newId: NewId
  /** Milliseconds since the epoch. */
  now: () => number
  /** Why no request can be served yet, or null; default: every request can be. */
  notReady?: () => AppError | null
  /** The timer of keep-alives; default `setInterval`. */
  every?: Every
  /** Who may call; null lets everybody in, for use inside the process or on the loopback. */
  apiKeys: readonly ApiKey[] | null
  /**
   * Whether `/v1/assistants` and `/v1/threads` need `OpenAI-Beta: assistants=v2` (or `v1`), as the
   * hosted API did (reference 1.1); default true. Azure's form of the paths never needs it.
   */
  requireBetaHeader?: boolean
  /** What one caller may take; default: as much as it likes, as inside the process. */
  limits?: Limits
  /** How long `/models` waits for endpoints that say nothing; default 10 s. */
  listTimeoutMs?: number
  /** Origins of web pages that may call (`*`: all); default: none. */
  corsOrigins?: readonly string[]
}

/**
 * The Assistants API as a Hono app with the paths that clients use: `/v1/…`, and Azure's
 * `/openai/…` and `/openai/v1/…`; in version 2, and to clients of version 1 in theirs. It answers
 * nothing else, so it can be mounted at `/` beside other pages; inside the process, call its `fetch`.
 */
export function createApp(deps: AppDeps): Hono<ApiEnv> {
  const { requireBetaHeader: needsBetaHeader = true } = deps
  const app = new Hono<ApiEnv>()
  app.onError((error, context) => {
    const { requestId } = context.var
    const answer = toErrorAnswer(error, { requestId, log: deps.log })
    if (answer.retryAfter !== undefined) context.header('retry-after', String(answer.retryAfter))
    return replyJson(context, { error: answer.error }, answer.status)
  })
  app.route('/v1', createApi(deps, needsBetaHeader))
  // The longer prefix first: the other one would take its requests for unknown paths.
  app.route('/openai/v1', createApi(deps, false))
  app.route('/openai', createApi(deps, false))
  return app
}

/** The API below one prefix. */
function createApi(deps: AppDeps, needsBetaHeader: boolean): Hono<ApiEnv> {
  const { log, every = everyInterval, limits, corsOrigins = [] } = deps
  const api = new Hono<ApiEnv>()
  api.use(beginRequest(deps))
  // Before the keys: a browser asks without one whether it may send it.
  if (corsOrigins.length > 0) api.use(allowOrigins(corsOrigins))
  if (limits && deps.apiKeys !== null) api.use(limits.wrongKeys)
  api.use(requireApiKey(deps.apiKeys))
  if (limits) api.use(limits.requests)
  api.use(refuseUntilReady(deps))
  if (needsBetaHeader) {
    api.use('/assistants/*', requireBetaHeader).use('/threads/*', requireBetaHeader)
  }
  api.use('/assistants/*', translateV1).use('/threads/*', translateV1)
  api.route('/', v1FileRoutes(deps))
  api.route('/assistants', assistantRoutes(deps))
  // Before the threads: `/threads/runs` is not a thread with the id `runs`.
  api.route('/threads', runRoutes({ ...deps, every, log }))
  api.route('/threads', stepRoutes(deps))
  api.route('/threads', messageRoutes(deps))
  api.route('/threads', threadRoutes(deps))
  api.route('/files', fileRoutes(deps))
  api.route('/vector_stores', vectorStoreRoutes(deps))
  api.route('/models', modelRoutes(deps))
  api.route('/', chatCompletionRoutes(deps))
  api.route('/', embeddingRoutes(deps))
  api.route('/organization', usageRoutes(deps))
  api.all('*', ({ req }) => {
    throw new NotFoundError(`Invalid URL (${req.method} ${req.path.slice(0, 200)})`)
  })
  return api
}

function refuseUntilReady({ notReady }: Pick<AppDeps, 'notReady'>): MiddlewareHandler<ApiEnv> {
  return (_context, next) => {
    const reason = notReady?.() ?? null
    if (reason !== null) throw reason
    return next()
  }
}

function beginRequest({ newId, log }: Pick<AppDeps, 'newId' | 'log'>): MiddlewareHandler<ApiEnv> {
  return async (context, next) => {
    const requestId = newId('req_')
    const startedAtMs = performance.now()
    context.set('requestId', requestId)
    context.set('startedAtMs', startedAtMs)
    await next()
    if (!log.isLevelEnabled('debug')) return
    const { method, path } = context.req
    const tookMs = Math.round(performance.now() - startedAtMs)
    log.debug({ requestId, method, path, status: context.res.status, tookMs }, 'request answered')
  }
}
