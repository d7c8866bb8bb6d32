import type { Config } from '../../src/config.ts'
import { newId } from '../../src/ids.ts'
import type { Logger } from '../../src/log.ts'
import { createDemoDriver, demoModel } from '../../src/models/demo.ts'
import { createDriverForward } from '../../src/models/driver-forward.ts'
import { createModels } from '../../src/models/model-router.ts'
import type { Models } from '../../src/models/models.ts'
import { serveEndpoint } from '../../src/models/served-endpoint.ts'
import { startTimer } from '../../src/timer.ts'

/** The configured endpoints, or the demo without its pauses. */
export function chooseModels(
  config: Config['model'],
  log: Logger,
): { models: Models; model: string } {
  const deps = { now: Date.now, startTimer, random: Math.random, log }
  if (config) {
    const endpoints = config.endpoints.map((settings) => serveEndpoint(settings, log))
    return { models: createModels({ ...deps, endpoints }), model: config.name }
  }
  const driver = createDemoDriver({
    sleep: async () => undefined,
    pace: { firstMs: 0, tokenMs: 0 },
  })
  const forward = createDriverForward({ driver, newId, now: Date.now })
  const settings = { name: 'demo', models: new Map(), servesAll: true, concurrency: null }
  const endpoints = [{ ...settings, driver, forward }]
  return { models: createModels({ ...deps, endpoints }), model: demoModel }
}
