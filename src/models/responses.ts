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
      return endpoint.stream({ model, ask, reader: createResponseReader() }, streamOptions)
    },
    contextWindow: endpoint.contextWindow,
    listModels: endpoint.listModels,
  }
}

type Body = ReturnType<typeof toResponsesBody>

/** What a model can do without; families of models and servers differ in what they take. */
const dispensable = ['include', 'temperature', 'top_p', 'parallel_tool_calls'] as const
type Dispensable = (typeof dispensable)[number]

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
  return dispensable.find((member) => {
    if (!(member in body)) return false
    if (param) return param === member || param.startsWith(`${member}[`)
    return new RegExp(`\\b${member}\\b`).test(message)
  })
}
