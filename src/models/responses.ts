import { APIError } from 'openai'

import type { ModelDriver } from './driver.ts'
import { createEndpoint, type EndpointOptions } from './endpoint.ts'
import { createResponseReader } from './responses-events.ts'
import { toResponsesBody } from './responses-input.ts'

/** Streams turns from any endpoint that speaks OpenAI's Responses API. */
export function createResponsesDriver(options: EndpointOptions): ModelDriver {
  const log = options.log.child({ module: 'responses' })
  const endpoint = createEndpoint(options, { name: 'Responses', log })
  const refusals = createRefusals()

  return {
    stream(request, streamOptions) {
      const model = endpoint.modelOf(request)
      const whole = toResponsesBody(request, model)
      // Some models take a temperature only as long as they need not think.
      const kind = `${model} ${request.reasoning_effort ?? ''}`

      async function ask(asked: { signal: AbortSignal }) {
        for (;;) {
          const body = refusals.leaveOut(whole, kind)
          try {
            return await endpoint.client.responses.create(body, asked)
          } catch (error) {
            const member = refusedMember(error, body)
            if (member === undefined) throw error
            log.warn({ model, member }, 'model endpoint refuses a parameter; asked without it')
            refusals.add(member, kind)
          }
        }
      }
      const reader = createResponseReader({ oneCall: request.parallel_tool_calls === false })
      return endpoint.stream({ model, ask, reader }, streamOptions)
    },
    contextWindow: endpoint.contextWindow,
    listModels: endpoint.listModels,
  }
}

type Body = ReturnType<typeof toResponsesBody>

/**
 * What a model can do without, and how a refusal names it: families of models and servers differ in
 * what they take. `parallel_tool_calls: false` is kept by our own reading, and a model that knows no
 * effort makes none.
 */
const dispensable = {
  include: /\binclude\b|encrypted.content/i,
  temperature: /\btemperature\b/,
  top_p: /\btop_p\b/,
  parallel_tool_calls: /\bparallel_tool_calls\b/,
  reasoning: /\breasoning\b/,
}
type Dispensable = keyof typeof dispensable

/** There is an effort, but not this one: whoever asked has to know. */
const isOtherEffort = /(?:unsupported|invalid)[ _]value/i

/** More kinds of models than any endpoint serves. */
const maxKinds = 1000

/** Remembers what each kind of request is refused for, so that it costs one request only. */
function createRefusals() {
  const membersByKind = new Map<string, Set<Dispensable>>()
  return {
    add(member: Dispensable, kind: string) {
      if (membersByKind.size >= maxKinds) membersByKind.clear()
      membersByKind.set(kind, new Set(membersByKind.get(kind)).add(member))
    },
    leaveOut(body: Body, kind: string): Body {
      const kept = { ...body }
      for (const member of membersByKind.get(kind) ?? []) delete kept[member]
      return kept
    },
  }
}

/** The member that a refusal names, if the model can do without it. */
function refusedMember(error: unknown, body: Body): Dispensable | undefined {
  if (!(error instanceof APIError) || (error.status !== 400 && error.status !== 422))
    return undefined
  const { param, message } = error
  const members = Object.keys(dispensable) as Dispensable[]
  return members.find((member) => {
    if (!(member in body)) return false
    if (member === 'reasoning' && isOtherEffort.test(`${error.code} ${message}`)) return false
    // Of an object or a list, the part is named: `reasoning.effort`, `include[0]`.
    return param ? param.split(/[.[]/)[0] === member : dispensable[member].test(message)
  })
}
