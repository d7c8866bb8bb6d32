import type { Logger } from '../log.ts'
import { createChatCompletionsDriver } from './chat-completions.ts'
import type { EndpointSettings } from './endpoints.ts'
import { createForward } from './forward.ts'
import type { ServedEndpoint } from './model-router.ts'
import { createResponsesDriver } from './responses.ts'

/** An endpoint with the driver that speaks its API. */
export function serveEndpoint(settings: EndpointSettings, parentLog: Logger): ServedEndpoint {
  const { api, apiKey, baseUrl, contextWindow, defaultModel } = settings
  const log = parentLog.child({ endpoint: settings.name })
  const server = { apiKey: apiKey ?? undefined, baseURL: baseUrl, log }
  const createDriver = api === 'responses' ? createResponsesDriver : createChatCompletionsDriver
  const driver = createDriver({
    ...server,
    contextWindow: contextWindow ?? undefined,
    defaultModel: defaultModel ?? undefined,
  })
  return { ...settings, driver, forward: createForward(server) }
}
