import { readAnswer } from './answer-events.ts'
import { createChunkReader, toChunk } from './chat-chunks.ts'
import { chatDispensable, toChatBody } from './chat-quirks.ts'
import type { ModelDriver } from './driver.ts'
import { createEndpoint, isOpenAi, type EndpointOptions } from './endpoint.ts'
import { createPerModel } from './per-model.ts'
import { askInKnownWords, type Quirk } from './refusals.ts'

/** Models whose templates are known to put the `<think>` into the prompt. */
const unmarkedThinkers = /deepseek-r1|qwq|[-_]thinking/i

/** Streams turns from any endpoint that speaks Chat Completions. */
export function createChatCompletionsDriver(options: EndpointOptions): ModelDriver {
  const log = options.log.child({ module: 'chat-completions' })
  const endpoint = createEndpoint(options, { name: 'Chat Completions', log })
  const knowsCompletionTokens = isOpenAi(endpoint.baseURL)
  const habitsOf = createPerModel((model) => ({
    quirks: new Set<Quirk>(),
    /** Its answers begin in a thought, without `<think>`. */
    beginsInThought: unmarkedThinkers.test(model),
  }))

  return {
    stream(asked, streamOptions) {
      const request = { ...asked, model: endpoint.modelOf(asked) }
      const habits = habitsOf(request.model)
      const reader = createChunkReader({
        oneCall: request.parallel_tool_calls === false,
        beginsInThought: habits.beginsInThought,
        onEnd: ({ beganInThought }) => {
          habits.beginsInThought = beganInThought ?? habits.beginsInThought
        },
      })
      const phrasing = {
        request,
        toBody: (quirks: ReadonlySet<Quirk>) =>
          toChatBody(request, { quirks, knowsCompletionTokens }),
        dispensable: chatDispensable,
        known: habits.quirks,
        log,
      }
      const { completions } = endpoint.client.chat
      const ask = async ({ signal }: { signal: AbortSignal }) => {
        const answer = await askInKnownWords(phrasing, (body) =>
          completions.create(body, { signal }).asResponse(),
        )
        return readAnswer(answer, toChunk)
      }
      return endpoint.stream({ model: request.model, ask, reader }, streamOptions)
    },
    contextWindow: endpoint.contextWindow,
    listModels: endpoint.listModels,
  }
}
