import type OpenAI from 'openai'

import { ProviderError } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { StartTimer } from '../timer.ts'
import type { ModelDriver } from './driver.ts'
import type { EndpointSettings } from './endpoints.ts'
import { tookTooLong } from './provider-error.ts'

type Model = OpenAI.Models.Model

export interface ModelListDeps {
  endpoints: readonly (Pick<EndpointSettings, 'name' | 'models' | 'servesAll'> & {
    driver: Pick<ModelDriver, 'listModels'>
  })[]
  /** Unix milliseconds. */
  now: () => number
  startTimer: StartTimer
  log: Logger
}

/** A server that does not answer must not keep the others' models from being seen. */
const patienceMs = 3_000
/** A model that was pulled a moment ago should be seen soon. */
const freshMs = 10_000

/**
 * Every model by the name that clients use: those that are described, and what the endpoint that
 * serves all other names says it has. Throws where there is nothing to list because it failed.
 */
export function createModelList({
  endpoints,
  now,
  startTimer,
  log,
}: ModelListDeps): ModelDriver['listModels'] {
  const described = endpoints.flatMap(({ name, models }) =>
    [...models.keys()].map((id): Model => ({ id, object: 'model', created: 0, owned_by: name })),
  )
  const rest = endpoints.find(({ servesAll }) => servesAll)
  let known: { models: Model[]; untilMs: number } | undefined
  let asking: Promise<Model[]> | undefined

  /** One question for everybody who asks meanwhile. */
  async function ask(driver: Pick<ModelDriver, 'listModels'>): Promise<Model[]> {
    const late = new AbortController()
    const stop = startTimer(patienceMs, () => late.abort(tookTooLong()))
    try {
      const models = await driver.listModels({ signal: late.signal })
      known = { models, untilMs: now() + freshMs }
      return models
    } finally {
      stop()
      asking = undefined
    }
  }

  async function others(signal: AbortSignal): Promise<Model[]> {
    if (!rest) return []
    if (known && now() < known.untilMs) return known.models
    asking ??= ask(rest.driver)
    try {
      return await unlessAborted(asking, signal)
    } catch (error) {
      if (signal.aborted || described.length === 0 || !(error instanceof ProviderError)) throw error
      log.warn({ err: error, endpoint: rest.name }, 'model endpoint does not list its models')
      return []
    }
  }

  return async ({ signal }) => {
    signal.throwIfAborted()
    const byId = new Map<string, Model>()
    for (const model of [...described, ...(await others(signal))]) {
      if (!byId.has(model.id)) byId.set(model.id, model)
    }
    return [...byId.values()]
  }
}

/** Goes on for the others who wait for it. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
