import { APIError } from 'openai'

import type { Logger } from '../log.ts'
import type { ModelRequest } from './driver.ts'
import { ParameterRefusedError, textOf } from './provider-error.ts'

/** Something that an endpoint turned out not to take for a model, and that a request can do without. */
export type Quirk =
  /** Kept by our own reading, where the caller wants one call only. */
  | 'parallel_tool_calls'
  /** Ours; without it only the count may be missing. */
  | 'stream_options'
  /** Ours; without it the model thinks anew after each function call. */
  | 'include'
  /** The limit of tokens has two names. */
  | 'token_limit'
  /** One that is not strict can be asked for in words. */
  | 'json_schema'
  /** Thoughts of earlier turns, by the name they came with. */
  | 'reasoning'
  /** Whatever earlier turns left behind: this endpoint, or this key, cannot read it. */
  | 'state'
  /** `none` only: a model that knows no effort makes none. */
  | 'no_effort'

/** How to see that an endpoint has refused something. */
export interface Dispensable<Body> {
  quirk: Quirk
  isRefused: (complaint: Complaint, body: Body) => boolean
}

export interface Complaint {
  /** What the endpoint said, its code and the name of the parameter included. */
  said: string
  status: number
  /** It does not know the parameter at all, or not for this model. */
  isUnknown: boolean
  request: ModelRequest
}

/** A request, and the words it can be put in. */
export interface Phrasing<Body> {
  request: ModelRequest
  toBody: (quirks: ReadonlySet<Quirk>) => Body
  dispensable: readonly Dispensable<Body>[]
  /** What is known of the model; grows with what helps. */
  known: Set<Quirk>
  log: Logger
}

const unknownWords =
  /unknown|unrecogni[sz]ed|unsupported|unavailable|unexpected|not (?:supported|permitted|allowed|available|implemented)|n[o']t support|extra_forbidden|cannot find field|not a valid|invalid (?:parameter|field|argument|param)|additional propert/i
const valueWords = /(?:unsupported|invalid)[ _]value/i

/**
 * Asks again where an endpoint refuses something that we added ourselves, or that can be had in
 * another way (see `Quirk`), and remembers what helped. What the caller has set is never left out:
 * the refusal of a parameter is the caller's answer, by its name. Nobody is asked for a default.
 */
export async function askInKnownWords<Body, Answer>(
  { request, toBody, dispensable, known, log }: Phrasing<Body>,
  send: (body: Body) => Promise<Answer>,
): Promise<Answer> {
  const quirks = new Set(known)
  for (;;) {
    const body = toBody(quirks)
    try {
      const answer = await send(body)
      for (const quirk of quirks) if (quirk !== 'state') known.add(quirk)
      return answer
    } catch (error) {
      const complaint = toComplaint(error, request)
      if (!complaint) throw error
      const refused = dispensable.find(
        ({ quirk, isRefused }) => !quirks.has(quirk) && isRefused(complaint, body),
      )
      if (!refused) throw ofParameter(error, complaint)
      quirks.add(refused.quirk)
      log.info({ model: request.model, quirk: refused.quirk }, 'model endpoint: asked without it')
    }
  }
}

/** Whether the complaint is about a part of this name. */
export function isNamed({ said }: Pick<Complaint, 'said'>, name: string): boolean {
  return new RegExp(`\\b${name}\\b`).test(said)
}

function toComplaint(error: unknown, request: ModelRequest): Complaint | undefined {
  if (!(error instanceof APIError)) return undefined
  // OpenAI cannot find items that others have made.
  const status: unknown = error.status
  if (status !== 400 && status !== 404 && status !== 422) return undefined
  const said = [error.code, error.param, textOf(error)].filter(Boolean).join(' ')
  const isUnknown = status !== 404 && unknownWords.test(said) && !valueWords.test(said)
  return { said, status, isUnknown, request }
}

/** What a caller can set, and the names that endpoints have for it. */
const settable = [
  ['temperature', /\btemperature\b/],
  ['top_p', /\btop_p\b/],
  ['reasoning_effort', /\breasoning(?:_effort|\.effort)?\b/],
  ['response_format', /\bresponse_format\b|\bjson_(?:schema|object)\b|\btext\.format\b/],
  ['max_completion_tokens', /\bmax_(?:completion_|output_)?tokens\b/],
  ['tool_choice', /\btool_choice\b/],
  ['tools', /\btools\b/],
] as const

function ofParameter(error: unknown, { said, isUnknown, request }: Complaint): unknown {
  if (!isUnknown || !(error instanceof APIError)) return error
  const found = settable.find(([name, names]) => request[name] !== undefined && names.test(said))
  return found ? new ParameterRefusedError(found[0], error) : error
}
