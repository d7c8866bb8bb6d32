import { z } from 'zod'

/** A server that has models, as the operator describes it. */
export interface EndpointSettings {
  /** Shown in lists and logs; `default` is the one of `OPENAI_*`. */
  name: string
  baseUrl: string
  /** Null: it needs none. */
  apiKey: string | null
  api: 'chat_completions' | 'responses'
  /** Requests at a time; null: any number. */
  concurrency: number | null
  /** Of models that say nothing about it, in tokens; null: known by the model's name. */
  contextWindow: number | null
  /** By the name that clients use. */
  models: ReadonlyMap<string, ModelSettings>
  /** Also serves the names that no endpoint lists. */
  servesAll: boolean
  /** Asked for where a request names no model. */
  defaultModel: string | null
}

export interface ModelSettings {
  /** What the endpoint itself calls it. */
  name: string
  /** Tokens, prompt and completion together; null: known by the name. */
  contextWindow: number | null
  prices: Prices | null
}

/** US dollars per million tokens. */
export interface Prices {
  prompt: number
  /** Of the prompt, what the endpoint served from its cache. */
  cachedPrompt: number
  completion: number
}

/** The endpoint of `OPENAI_*`. */
export type DefaultEndpoint = Pick<EndpointSettings, 'baseUrl' | 'apiKey' | 'contextWindow'> & {
  defaultModel: string
}

export interface EndpointsFile {
  text: string
  /** Where the variables with the keys are. */
  env: Record<string, string | undefined>
  /** Null: `OPENAI_*` are not set. */
  defaultEndpoint: DefaultEndpoint | null
}

export type EndpointsResult =
  | { endpoints: EndpointSettings[]; problems?: undefined }
  /** Each with its place in the file and what to write there. */
  | { endpoints?: undefined; problems: string[] }

const text = (what: string) =>
  z
    .string({ error: `expected ${what}` })
    .trim()
    .min(1, `expected ${what}`)
const count = (what: string) => z.int({ error: `expected ${what}` }).min(1, `expected ${what}`)
const dollars = z
  .number({ error: 'expected US dollars per million tokens, e.g. 0.27' })
  .nonnegative('expected US dollars per million tokens, e.g. 0.27')

const prices = z.strictObject({
  prompt: dollars,
  cached_prompt: dollars.optional(),
  completion: dollars,
})
const model = z.strictObject({
  name: text("the endpoint's own name for the model").optional(),
  context_window: count('a whole number of tokens, e.g. 65536').optional(),
  prices: prices.optional(),
})
const endpoint = z.strictObject({
  name: text('a name, e.g. "deepseek"').max(64, 'expected at most 64 characters'),
  base_url: text('an address, e.g. "https://api.deepseek.com"')
    .regex(/^https?:\/\/[^\s/]+/, 'expected an address that begins with http:// or https://')
    .optional(),
  api_key_env: text('the name of a variable, e.g. "DEEPSEEK_API_KEY"')
    .regex(
      /^[A-Za-z_]\w*$/,
      'expected the name of an environment variable, e.g. "DEEPSEEK_API_KEY", not the key itself',
    )
    .optional(),
  api: z
    .enum(['chat_completions', 'responses'], {
      error: 'expected "chat_completions" or "responses"',
    })
    .default('chat_completions'),
  concurrency: count('how many requests at a time, e.g. 16').optional(),
  models: z
    .record(z.string().min(1).max(256), model, {
      error: 'expected an object with a member per model, e.g. { "deepseek-chat": {} }',
    })
    .default({}),
})
const file = z.strictObject({
  endpoints: z
    .array(endpoint, { error: 'expected a list of endpoints' })
    .min(1, 'expected at least one endpoint'),
})

type FileEndpoint = z.output<typeof endpoint>

/**
 * Reads the endpoints of `ENDPOINTS_FILE`, and the one of `OPENAI_*` with what the file says about
 * it under the name `default`. All problems are found at once; none of them repeats a key.
 */
export function parseEndpoints({
  text: json,
  env,
  defaultEndpoint,
}: EndpointsFile): EndpointsResult {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    return { problems: [`not JSON (${error instanceof Error ? error.message : String(error)})`] }
  }
  const parsed = file.safeParse(value)
  if (!parsed.success) {
    return { problems: parsed.error.issues.map(({ path, message }) => at(path, message)) }
  }
  const described = parsed.data.endpoints
  const problems = [
    ...twins(described),
    ...described.flatMap((each, index) =>
      problemsOf(each, { place: `endpoints[${index}]`, env, defaultEndpoint }),
    ),
  ]
  if (problems.length > 0) return { problems }
  const others = described.filter(({ name }) => name !== 'default')
  const own = described.find(({ name }) => name === 'default')
  return {
    endpoints: [
      ...(defaultEndpoint ? [toDefaultEndpoint(defaultEndpoint, own)] : []),
      ...others.map((each) => ({
        ...toShared(each),
        baseUrl: each.base_url ?? '',
        apiKey: each.api_key_env === undefined ? null : (env[each.api_key_env] ?? null),
        contextWindow: null,
        servesAll: false,
        defaultModel: null,
      })),
    ],
  }
}

/** The endpoint of `OPENAI_*`, with what the file says about it. */
export function toDefaultEndpoint(
  { baseUrl, apiKey, contextWindow, defaultModel }: DefaultEndpoint,
  described: FileEndpoint = endpoint.parse({ name: 'default' }),
): EndpointSettings {
  return { ...toShared(described), baseUrl, apiKey, contextWindow, servesAll: true, defaultModel }
}

function toShared({ name, api, concurrency, models }: FileEndpoint) {
  return {
    name,
    api,
    concurrency: concurrency ?? null,
    models: new Map(Object.entries(models).map(([id, settings]) => [id, toModel(id, settings)])),
  }
}

function toModel(
  id: string,
  { name, context_window, prices }: z.output<typeof model>,
): ModelSettings {
  return {
    name: name ?? id,
    contextWindow: context_window ?? null,
    prices: prices
      ? {
          prompt: prices.prompt,
          cachedPrompt: prices.cached_prompt ?? prices.prompt,
          completion: prices.completion,
        }
      : null,
  }
}

interface Surroundings {
  place: string
  env: EndpointsFile['env']
  defaultEndpoint: DefaultEndpoint | null
}

function problemsOf(each: FileEndpoint, { place, env, defaultEndpoint }: Surroundings): string[] {
  const { name, base_url, api_key_env, models } = each
  if (name === 'default') {
    return [
      ...(defaultEndpoint
        ? []
        : [
            `${place}.name: "default" is the endpoint of OPENAI_*, of which none is set; choose another name`,
          ]),
      ...(base_url === undefined ? [] : [`${place}.base_url: set OPENAI_BASE_URL instead`]),
      ...(api_key_env === undefined ? [] : [`${place}.api_key_env: set OPENAI_API_KEY instead`]),
    ]
  }
  const hasKey = api_key_env === undefined || (env[api_key_env] ?? '').trim() !== ''
  return [
    ...(base_url === undefined
      ? [`${place}.base_url: expected an address, e.g. "https://api.deepseek.com"`]
      : []),
    ...(hasKey
      ? []
      : [
          `${place}.api_key_env: the variable ${api_key_env} is not set; set it to the key of "${name}"`,
        ]),
    ...(Object.keys(models).length === 0
      ? [`${place}.models: expected at least one model, e.g. { "deepseek-chat": {} }`]
      : []),
  ]
}

/** Names that stand twice: of endpoints, and of models, for which there must be one server only. */
function twins(endpoints: FileEndpoint[]): string[] {
  const names = new Set<string>()
  const owners = new Map<string, string>()
  const problems: string[] = []
  for (const [index, { name, models }] of endpoints.entries()) {
    if (names.has(name)) {
      problems.push(`endpoints[${index}].name: "${name}" is taken by another endpoint`)
    }
    names.add(name)
    for (const id of Object.keys(models)) {
      const owner = owners.get(id)
      if (owner !== undefined) {
        const place = at(['endpoints', index, 'models', id], '')
        problems.push(
          `${place}"${owner}" serves this model already; give it another name here, and the endpoint's own as "name"`,
        )
      }
      owners.set(id, name)
    }
  }
  return problems
}

function at(path: PropertyKey[], message: string): string {
  const place = path
    .map((key) =>
      typeof key === 'number'
        ? `[${key}]`
        : /^\w+$/.test(String(key))
          ? `.${String(key)}`
          : `[${JSON.stringify(String(key))}]`,
    )
    .join('')
    .replace(/^\./, '')
  return `${place === '' ? 'the file' : place}: ${message}`
}
