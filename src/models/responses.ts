import { readAnswer } from './answer-events.ts'
import type { ModelDriver } from './driver.ts'
import { createEndpoint, type EndpointOptions } from './endpoint.ts'
import { createPerModel } from './per-model.ts'
import { askInKnownWords, type Quirk } from './refusals.ts'
import { createResponseReader, toLastEvent } from './responses-events.ts'
import { responsesDispensable, toResponsesBody } from './responses-input.ts'

/** Streams turns from any endpoint that speaks OpenAI's Responses API. */
export function createResponsesDriver(options: EndpointOptions): ModelDriver {
  const log = options.log.child({ module: 'responses' })
  const endpoint = createEndpoint(options, { name: 'Responses', log })
  const quirksOf = createPerModel(() => new Set<Quirk>())

  return {
    stream(asked, streamOptions) {
      const request = { ...asked, model: endpoint.modelOf(asked) }
      const phrasing = {
        request,
        toBody: (quirks: ReadonlySet<Quirk>) => toResponsesBody(request, quirks),
        dispensable: responsesDispensable,
        known: quirksOf(request.model),
        log,
      }
      const ask = async ({ signal }: { signal: AbortSignal }) => {
        const answer = await askInKnownWords(phrasing, (body) =>
          endpoint.client.responses.create(body, { signal }).asResponse(),
        )
        return readAnswer(answer, toLastEvent)
      }
      const reader = createResponseReader({ oneCall: request.parallel_tool_calls === false })
      return endpoint.stream({ model: request.model, ask, reader }, streamOptions)
    },
    contextWindow: endpoint.contextWindow,
    listModels: endpoint.listModels,
  }
}
