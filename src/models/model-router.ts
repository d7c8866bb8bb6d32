import { ProviderError } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { StartTimer } from '../timer.ts'
import type { ModelDriver, ModelUsage } from './driver.ts'
import type { EndpointSettings, ModelSettings, Prices } from './endpoints.ts'
import { createGate } from './gate.ts'
import { createModelList } from './model-list.ts'
import type { Models } from './models.ts'
import { withPlace } from './placed-forward.ts'
import { withTries } from './tries.ts'

/** An endpoint and the ways to speak to it. */
export interface ServedEndpoint extends Pick<
  EndpointSettings,
  'name' | 'concurrency' | 'models' | 'servesAll'
> {
  driver: ModelDriver
  forward: Models['forward']
}

export interface ModelsDeps {
  /** At most one of them serves the names that none lists; no name is listed by two. */
  endpoints: readonly ServedEndpoint[]
  /** Unix milliseconds. */
  now: () => number
  startTimer: StartTimer
  /** From 0 up to 1, as `Math.random`. */
  random: () => number
  log: Logger
}

interface Route {
  driver: ModelDriver
  forward: Models['forward']
  /** The model as its endpoint calls it. */
  name: string
  settings: ModelSettings | undefined
}

/** All endpoints as one: each request goes to the endpoint that serves its model, in its turn. */
export function createModels(deps: ModelsDeps): Models {
  const { endpoints, now, startTimer, random } = deps
  const log = deps.log.child({ module: 'models' })
  const served = endpoints.map((endpoint) => {
    const { concurrency, driver } = endpoint
    const gate = createGate({ concurrency, now, startTimer })
    const tries = { gate, now, startTimer, random, log: log.child({ endpoint: endpoint.name }) }
    const stream = withTries(driver, tries)
    const forward = withPlace(endpoint.forward, { gate, now })
    return { ...endpoint, driver: { ...driver, stream }, forward }
  })
  const rest = served.find(({ servesAll }) => servesAll)

  function find(model: string): Route | undefined {
    const listing = served.find(({ models }) => models.has(model)) ?? rest
    if (!listing) return undefined
    const settings = listing.models.get(model)
    const { driver, forward } = listing
    return { driver, forward, name: settings?.name ?? model, settings }
  }

  function routeOf(model: string): Route {
    const route = find(model)
    if (route) return route
    const message = `No model endpoint serves the model '${model.slice(0, 100)}'.`
    throw new ProviderError('server_error', message)
  }

  return {
    serves: (model) => find(model) !== undefined,
    async *stream(request, options) {
      const { driver, name } = routeOf(request.model)
      yield* driver.stream({ ...request, model: name }, options)
    },
    contextWindow(model) {
      const { driver, name, settings } = routeOf(model)
      return settings?.contextWindow ?? driver.contextWindow(name)
    },
    costOf(model, usage) {
      const prices = find(model)?.settings?.prices
      return prices ? toCost(prices, usage) : null
    },
    async forward(request, options) {
      const { forward, name } = routeOf(request.body.model)
      return forward({ ...request, body: { ...request.body, model: name } }, options)
    },
    listModels: createModelList({ endpoints: served, now, startTimer, log }),
  }
}

/** Reasoning is part of the completion, and costs as much. */
function toCost(prices: Prices, usage: ModelUsage): number {
  const cached = Math.min(usage.cached_tokens ?? 0, usage.prompt_tokens)
  const perMillion =
    (usage.prompt_tokens - cached) * prices.prompt +
    cached * prices.cachedPrompt +
    usage.completion_tokens * prices.completion
  return perMillion / 1_000_000
}
