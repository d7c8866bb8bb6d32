import type { Logger } from '../log.ts'
import { readAnswer } from './chat-answer.ts'
import { createChunkReader, type AnyChunk } from './chat-chunks.ts'
import { quirkOf, toChatBody, type Quirk } from './chat-quirks.ts'
import type { ModelDriver, ModelRequest } from './driver.ts'
import { createEndpoint, isOpenAi, type Endpoint, type EndpointOptions } from './endpoint.ts'

export type ChatCompletionsDriverOptions = EndpointOptions

/** Streams turns from any endpoint that speaks Chat Completions. */
export function createChatCompletionsDriver(options: ChatCompletionsDriverOptions): ModelDriver {
  const log = options.log.child({ module: 'chat-completions' })
  const endpoint = createEndpoint(options, { name: 'Chat Completions', log })
  const habits = createHabits()

  return {
    async *stream(request, streamOptions) {
      const model = endpoint.modelOf(request)
      const known = habits.of(model)
      const reader = createChunkReader({
        oneCall: request.parallel_tool_calls === false,
        beginsInThought: known.beginsInThought,
      })
      const asked = { request: { ...request, model }, quirks: known.quirks }
      const ask = ({ signal }: { signal: AbortSignal }) =>
        askInKnownWords(asked, { endpoint, log, signal })
      yield* endpoint.stream({ model, ask, reader }, streamOptions)
      known.beginsInThought = reader.beganInThought() ?? known.beginsInThought
    },
    contextWindow: endpoint.contextWindow,
    listModels: endpoint.listModels,
  }
}

interface Asked {
  request: ModelRequest
  /** Grows with what the endpoint refuses. */
  quirks: Set<Quirk>
}

/** Asks again where the endpoint did not know a word of the request that can be put otherwise. */
async function askInKnownWords(
  { request, quirks }: Asked,
  { endpoint, log, signal }: { endpoint: Endpoint; log: Logger; signal: AbortSignal },
): Promise<AsyncIterable<AnyChunk>> {
  const { client, baseURL } = endpoint
  const knowsCompletionTokens = isOpenAi(baseURL)
  for (;;) {
    const body = toChatBody(request, { quirks, knowsCompletionTokens })
    const controller = new AbortController()
    const either = AbortSignal.any([signal, controller.signal])
    try {
      const sent = client.chat.completions.create(body, { signal: either })
      return readAnswer(await sent.asResponse(), { client, controller })
    } catch (error) {
      const quirk = quirkOf(error, body)
      if (quirk === undefined || quirks.has(quirk)) throw error
      quirks.add(quirk)
      log.info({ model: request.model, quirk }, 'model endpoint does not know a parameter')
    }
  }
}

/** What has been learned about a model. */
interface Habits {
  quirks: Set<Quirk>
  /** Its answers begin in a thought, without `<think>`. */
  beginsInThought: boolean
}

/** Clients may ask for any name. */
const mostModels = 1000

/** Models whose templates are known to put the `<think>` into the prompt. */
const unmarkedThinkers = /deepseek-r1|qwq|[-_]thinking/i

function createHabits() {
  const habits = new Map<string, Habits>()
  return {
    of(model: string): Habits {
      const known = habits.get(model)
      if (known) return known
      const [oldest] = habits.keys()
      if (oldest !== undefined && habits.size >= mostModels) habits.delete(oldest)
      const fresh = { quirks: new Set<Quirk>(), beginsInThought: unmarkedThinkers.test(model) }
      habits.set(model, fresh)
      return fresh
    },
  }
}
