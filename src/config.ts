import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { z } from 'zod'

import type { S3Settings } from './assistants/files/s3-client.ts'
import { isLoopback } from './loopback.ts'
import {
  parseEndpoints,
  toDefaultEndpoint,
  type DefaultEndpoint,
  type EndpointSettings,
} from './models/endpoints.ts'

/** What the environment says, checked and typed. Every variable is described in `.env.example`. */
export interface Config {
  discord: {
    /** Bot token; null means local Discord. */
    token: string | null
    /** REST base such as `https://discord.com/api`; null means Discord's own. */
    apiUrl: string | null
    /** How many REST requests per second the bot may send; Discord allows 50 unless it raised it. */
    requestsPerSecond: number
  }
  /** The model endpoints, and the model that a new assistant should have; null: the offline demo. */
  model: { endpoints: EndpointSettings[]; name: string } | null
  /** By which files are found, served by one of the endpoints; null: they are found by words alone. */
  embeddingModel: string | null
  /** Another Assistants-compatible server; null means the embedded runtime. */
  assistantsServer: { baseUrl: string; apiKey: string } | null
  assistantId: string | null
  /** Where the runtime's store is: a SQLite file, or a database on a Postgres server. */
  database: { type: 'sqlite'; path: string } | { type: 'postgres'; url: string }
  /** Where the bytes of files are. */
  files: { type: 'folder'; path: string } | { type: 's3'; settings: S3Settings }
  /** `sqlite://…` address of conversations and settings. */
  keyvUri: string
  dataDir: string
  /** The Python of `code_interpreter`; null: it is switched off. */
  interpreter: {
    /** How many sessions at once; null: as many as the machine has room for. */
    sessions: number | null
    /** A folder or an address with Pyodide's packages, `none`, or null: Pyodide's own address. */
    packages: string | null
  } | null
  http: {
    host: string
    port: number
    /**
     * Keys that may call `/v1` from outside the process, each into its project; empty means any
     * local program may.
     */
    apiKeys: ApiKey[]
    /** Where others reach this server, without a slash at the end; null: nowhere that is known. */
    publicUrl: string | null
    /** Origins of web pages that may call `/v1` from a browser; `*` means all of them. */
    corsOrigins: string[]
    /** What one key, or without keys one address, may take; `requestsPerMinute` 0: all it likes. */
    limits: { requestsPerMinute: number; maxStreams: number }
  }
  logLevel: string
}

/** The environment cannot be used; `message` lists every problem by variable name. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

const openAiBaseUrl = 'https://api.openai.com/v1'
const defaultModel = 'gpt-4o-mini'

interface ApiKey {
  project: string
  key: string
}

/** What a project may be called. */
export const projectName = /^[A-Za-z0-9_-]{1,64}$/

/**
 * The entries of `API_KEYS`, `key` or `project:key`. What is before the first colon is a project, so
 * a key that contains one needs `default:` before it.
 */
function toApiKeys(list: string, context: z.core.$RefinementCtx): ApiKey[] {
  const keys = new Map<string, ApiKey>()
  // Problems name an entry by its place: whatever it holds may be a secret.
  const refuse = (place: number, message: string) =>
    context.addIssue({ code: 'custom', message: `entry ${place + 1} ${message}` })

  for (const [place, entry] of list.split(',').entries()) {
    if (entry.trim() === '') continue
    const { project, key } = splitEntry(entry.trim())
    if (!projectName.test(project)) {
      refuse(
        place,
        'has a project that is not 1 to 64 letters, digits, _ or -; a key that contains a colon is written default:<key>',
      )
    } else if (!/^[\x21-\x7e]+$/.test(key)) {
      refuse(place, 'has a key that is empty or has characters other than ASCII without spaces')
    } else if (keys.has(key) && keys.get(key)?.project !== project) {
      refuse(place, 'has a key that an earlier entry gives to another project')
    }
    keys.set(key, { project, key })
  }
  return [...keys.values()]
}

function splitEntry(entry: string): ApiKey {
  const colon = entry.indexOf(':')
  if (colon < 0) return { project: 'default', key: entry }
  return { project: entry.slice(0, colon).trim(), key: entry.slice(colon + 1).trim() }
}

/** The entries of `CORS_ORIGINS` as browsers write origins. */
function toOrigins(list: string, context: z.core.$RefinementCtx): string[] {
  const origins = list
    .split(',')
    .map((entry) => entry.trim().toLowerCase().replace(/\/$/, ''))
    .filter((entry) => entry !== '')
  for (const origin of origins) {
    if (origin === '*' || /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#*]+$/.test(origin)) continue
    const message = `expected * or origins such as https://app.example.com, got "${origin}"`
    context.addIssue({ code: 'custom', message })
  }
  return origins
}

const text = z.string().trim().min(1)
const httpUrl = text.regex(
  /^https?:\/\/[^\s/]+/,
  'expected an address that begins with http:// or https://',
)
const wholeNumber = (min: number, max: number) =>
  z.string().transform((value, context) => {
    const number = Number(value)
    if (/^\d+$/.test(value.trim()) && number >= min && number <= max) return number
    context.addIssue({
      code: 'custom',
      message: `expected a whole number from ${min} to ${max}, got "${value}"`,
    })
    return z.NEVER
  })

/** The variables that the program reads, each as the text it is in the environment. */
export const environmentSchema = z.object({
  DISCORD_TOKEN: text.optional(),
  DISCORD_API_URL: httpUrl.optional(),
  DISCORD_REQUESTS_PER_SECOND: wholeNumber(1, 100_000).default(50),
  OPENAI_API_KEY: text.optional(),
  OPENAI_BASE_URL: httpUrl.optional(),
  OPENAI_MODEL: text.optional(),
  OPENAI_CONTEXT_WINDOW: wholeNumber(1_000, 100_000_000).optional(),
  ENDPOINTS_FILE: text.optional(),
  EMBEDDING_MODEL: text.optional(),
  ASSISTANTS_BASE_URL: httpUrl.optional(),
  ASSISTANTS_API_KEY: text.optional(),
  ASSISTANT_ID: text.regex(/^asst_/, 'expected an id that begins with asst_').optional(),
  DATABASE_URL: text
    .refine(
      (value) => /^sqlite:./.test(value) || isPostgresUrl(value),
      'expected sqlite:<path> or postgres://<user>:<password>@<host>:<port>/<database>, with what is special in the password percent-encoded',
    )
    .optional(),
  FILES_URL: text
    .regex(
      /^(file:.|s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[^?#]*)?(\?path_style=(true|false))?$)/,
      'expected file:<path>, or s3://<bucket>/<prefix>',
    )
    .optional(),
  AWS_ACCESS_KEY_ID: text.optional(),
  AWS_SECRET_ACCESS_KEY: text.optional(),
  AWS_SESSION_TOKEN: text.optional(),
  AWS_REGION: text.optional(),
  AWS_DEFAULT_REGION: text.optional(),
  AWS_ENDPOINT_URL: httpUrl.optional(),
  AWS_ENDPOINT_URL_S3: httpUrl.optional(),
  KEYV_URI: text
    .regex(
      /^sqlite:\/\//,
      'expected sqlite://<path>; other stores are not supported by this version',
    )
    .optional(),
  DATA_DIR: text.default('./data'),
  INTERPRETER_SESSIONS: wholeNumber(0, 1000).optional(),
  PYODIDE_PACKAGES: text.optional(),
  HOST: text.default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535).default(3000),
  API_KEYS: text.transform(toApiKeys).optional(),
  PUBLIC_URL: httpUrl.transform((url) => url.replace(/\/+$/, '')).optional(),
  CORS_ORIGINS: text.transform(toOrigins).optional(),
  REQUESTS_PER_MINUTE: wholeNumber(0, 1_000_000_000).default(0),
  MAX_STREAMS: wholeNumber(1, 1_000_000).default(1000),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      error: 'expected fatal, error, warn, info, debug, trace or silent',
    })
    .default('info'),
})

type Environment = z.infer<typeof environmentSchema>

export interface ParseConfigOptions {
  /** Whether local Discord is served where there is no `DISCORD_TOKEN`; default true. */
  localDiscord?: boolean
}

/**
 * Reads the environment once. An empty variable counts as absent, so that `.env` may list them all.
 * Throws `ConfigError` naming every problem at once.
 */
export function parseConfig(
  env: Record<string, string | undefined>,
  { localDiscord = true }: ParseConfigOptions = {},
): Config {
  const present = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  )
  const parsed = environmentSchema.safeParse(present)
  if (!parsed.success) {
    throw toConfigError(
      parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`),
    )
  }
  const { model, problems } = readModel(parsed.data, present)
  const all = [...contradictions(parsed.data, localDiscord), ...problems]
  if (problems.length === 0) all.push(...embeddingProblems(parsed.data, model))
  if (all.length > 0) throw toConfigError(all)
  return { ...toConfig(parsed.data), model }
}

function toConfigError(problems: string[]): ConfigError {
  const lines = problems.map((problem) => `  - ${problem}`)
  return new ConfigError(`The configuration has problems:\n${lines.join('\n')}`)
}

function contradictions(env: Environment, localDiscord: boolean): string[] {
  const problems: string[] = []
  if (!isLoopback(env.HOST) && (env.API_KEYS ?? []).length === 0) {
    problems.push(
      `API_KEYS: required because HOST is ${env.HOST}, which other machines can reach; set at least one long random key`,
    )
  }
  if (env.CORS_ORIGINS?.includes('*') && (env.API_KEYS ?? []).length === 0) {
    problems.push(
      'CORS_ORIGINS: * needs API_KEYS, or every web page that is open on this machine could use the server; name the origins, or set a key',
    )
  }
  if (localDiscord && !isLoopback(env.HOST) && env.DISCORD_TOKEN === undefined) {
    problems.push(
      'DISCORD_TOKEN: required because HOST is not loopback; local Discord has no passwords, so it serves this machine only',
    )
  }
  if (env.FILES_URL?.startsWith('s3:')) {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const) {
      if (env[name] === undefined) problems.push(`${name}: required when FILES_URL is a bucket`)
    }
  }
  if (env.ASSISTANTS_BASE_URL !== undefined && env.ASSISTANTS_API_KEY === undefined) {
    problems.push('ASSISTANTS_API_KEY: required when ASSISTANTS_BASE_URL is set')
  }
  if (env.ASSISTANTS_API_KEY !== undefined && env.ASSISTANTS_BASE_URL === undefined) {
    problems.push('ASSISTANTS_BASE_URL: required when ASSISTANTS_API_KEY is set')
  }
  if (env.DISCORD_API_URL !== undefined && env.DISCORD_TOKEN === undefined) {
    problems.push('DISCORD_TOKEN: required when DISCORD_API_URL is set')
  }
  return problems
}

function embeddingProblems(
  { EMBEDDING_MODEL: name, ASSISTANTS_BASE_URL }: Environment,
  model: Config['model'],
): string[] {
  if (name === undefined || ASSISTANTS_BASE_URL !== undefined) return []
  if (!model) {
    return ['EMBEDDING_MODEL: needs a model endpoint; set OPENAI_API_KEY or OPENAI_BASE_URL']
  }
  const { endpoints } = model
  if (endpoints.some(({ models, servesAll }) => servesAll || models.has(name))) return []
  return [`EMBEDDING_MODEL: ENDPOINTS_FILE does not name "${name}", and there is no other endpoint`]
}

function toConfig(env: Environment): Omit<Config, 'model'> {
  const dataDir = resolve(env.DATA_DIR)
  return {
    discord: {
      token: env.DISCORD_TOKEN ?? null,
      apiUrl: env.DISCORD_API_URL?.replace(/\/+$/, '') ?? null,
      requestsPerSecond: env.DISCORD_REQUESTS_PER_SECOND,
    },
    assistantsServer:
      env.ASSISTANTS_BASE_URL !== undefined && env.ASSISTANTS_API_KEY !== undefined
        ? { baseUrl: env.ASSISTANTS_BASE_URL, apiKey: env.ASSISTANTS_API_KEY }
        : null,
    assistantId: env.ASSISTANT_ID ?? null,
    embeddingModel: env.EMBEDDING_MODEL ?? null,
    database: toDatabase(env.DATABASE_URL ?? `sqlite:${join(dataDir, 'assistants.sqlite')}`),
    files: toFiles(env, dataDir),
    keyvUri: env.KEYV_URI ?? `sqlite://${join(dataDir, 'conversations.sqlite')}`,
    dataDir,
    interpreter:
      env.INTERPRETER_SESSIONS === 0
        ? null
        : {
            sessions: env.INTERPRETER_SESSIONS ?? null,
            packages: toPackages(env.PYODIDE_PACKAGES),
          },
    http: {
      host: env.HOST,
      port: env.PORT,
      apiKeys: env.API_KEYS ?? [],
      publicUrl: env.PUBLIC_URL ?? null,
      corsOrigins: env.CORS_ORIGINS ?? [],
      limits: { requestsPerMinute: env.REQUESTS_PER_MINUTE, maxStreams: env.MAX_STREAMS },
    },
    logLevel: env.LOG_LEVEL,
  }
}

function toDatabase(url: string): Config['database'] {
  return url.startsWith('sqlite:')
    ? { type: 'sqlite', path: url.replace(/^sqlite:(\/\/)?/, '') }
    : { type: 'postgres', url }
}

function toFiles(env: Environment, dataDir: string): Config['files'] {
  const { FILES_URL: address = `file:${join(dataDir, 'files')}` } = env
  if (!address.startsWith('s3:')) {
    return { type: 'folder', path: resolve(address.replace(/^file:(\/\/(?=\/))?/, '')) }
  }
  const { hostname, pathname, searchParams } = new URL(address)
  const prefix = decodeURIComponent(pathname).replace(/^\/+|\/+$/g, '')
  return {
    type: 's3',
    settings: {
      bucket: hostname,
      prefix: prefix === '' ? '' : `${prefix}/`,
      region: env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? 'us-east-1',
      endpoint: env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL ?? null,
      pathStyle: searchParams.get('path_style') !== 'false',
      accessKeyId: env.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '',
      sessionToken: env.AWS_SESSION_TOKEN ?? null,
    },
  }
}

/** A folder as an absolute path; an address and `none` as they are. */
function toPackages(value: string | undefined): string | null {
  if (value === undefined) return null
  return value === 'none' || /^https?:\/\//.test(value) ? value : resolve(value)
}

/** With a database, and with a host, unless a parameter names the folder of a socket. */
function isPostgresUrl(value: string): boolean {
  if (!/^postgres(ql)?:\/\//.test(value)) return false
  const url = URL.parse(value)
  if (url === null || url.pathname.length < 2) return false
  return url.hostname !== '' || url.searchParams.has('host')
}

interface ReadModel {
  model: Config['model']
  problems: string[]
}

/** The endpoints of `OPENAI_*` and of `ENDPOINTS_FILE`. */
function readModel(env: Environment, variables: Record<string, string | undefined>): ReadModel {
  const { OPENAI_MODEL, ENDPOINTS_FILE: path } = env
  const defaultEndpoint = toDefault(env)
  if (path === undefined) {
    if (defaultEndpoint === null) return { model: null, problems: [] }
    const endpoints = [toDefaultEndpoint(defaultEndpoint)]
    return { model: { endpoints, name: defaultEndpoint.defaultModel }, problems: [] }
  }
  let json: string
  try {
    json = readFileSync(path, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { model: null, problems: [`ENDPOINTS_FILE: ${path} cannot be read (${reason})`] }
  }
  const file = { text: json, env: variables }
  if (isNameOnly(env)) {
    const alone = parseEndpoints({ ...file, defaultEndpoint: null })
    const chosen = alone.endpoints?.some(({ models }) => models.has(OPENAI_MODEL ?? ''))
    if (alone.endpoints && chosen) return toReadModel(alone.endpoints, OPENAI_MODEL)
  }
  const { endpoints, problems } = parseEndpoints({ ...file, defaultEndpoint })
  if (endpoints) return toReadModel(endpoints, defaultEndpoint?.defaultModel)
  return {
    model: null,
    problems: problems.map((problem) => `ENDPOINTS_FILE: ${path}: ${problem}`),
  }
}

function toReadModel(endpoints: EndpointSettings[], chosen: string | undefined): ReadModel {
  const [first = defaultModel] = endpoints.flatMap(({ models }) => [...models.keys()])
  return { model: { endpoints, name: chosen ?? first }, problems: [] }
}

/** `OPENAI_MODEL` alone may also choose a model of the file. */
function isNameOnly({ OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL }: Environment): boolean {
  return OPENAI_MODEL !== undefined && OPENAI_API_KEY === undefined && OPENAI_BASE_URL === undefined
}

/** Any one of the three variables means that a model is wanted; local servers need no key. */
function toDefault(env: Environment): DefaultEndpoint | null {
  const { OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL } = env
  if (OPENAI_API_KEY === undefined && OPENAI_BASE_URL === undefined && OPENAI_MODEL === undefined) {
    return null
  }
  return {
    apiKey: OPENAI_API_KEY ?? null,
    baseUrl: OPENAI_BASE_URL ?? openAiBaseUrl,
    defaultModel: OPENAI_MODEL ?? defaultModel,
    contextWindow: env.OPENAI_CONTEXT_WINDOW ?? null,
  }
}
