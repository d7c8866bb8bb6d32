import { createHash, timingSafeEqual } from 'node:crypto'

import type { MiddlewareHandler, Next } from 'hono'

import { AppError, InvalidRequestError } from '../errors.ts'
import type { ApiContext, ApiEnv } from './reply.ts'
import { defaultProject } from './store/store.ts'

/** The versions of the Assistants API that clients may ask for. */
const versions = ['assistants=v2', 'assistants=v1']

/** Who may call, and whose objects that shows. */
export interface ApiKey {
  project: string
  key: string
}

/**
 * Lets a request pass that carries one of the keys, as `Authorization: Bearer …` or, as Azure
 * clients do, `api-key: …`, into the key's project. With null, every request passes, into `default`.
 */
export function requireApiKey(apiKeys: readonly ApiKey[] | null): MiddlewareHandler<ApiEnv> {
  if (apiKeys === null) return (context, next) => enter(context, everybody, next)
  const doors = apiKeys.map(toDoor)
  return (context, next) => {
    const given = bearerToken(context.req.header('authorization')) ?? context.req.header('api-key')
    if (!given) throw missingKey()
    const door = findDoor(digest(given), doors)
    if (!door) throw wrongKey(given)
    return enter(context, door, next)
  }
}

type Admission = Pick<ApiEnv['Variables'], 'project' | 'apiKeyId'>

const everybody: Admission = { project: defaultProject, apiKeyId: null }

function enter(context: ApiContext, { project, apiKeyId }: Admission, next: Next): Promise<void> {
  context.set('project', project)
  context.set('apiKeyId', apiKeyId)
  return next()
}

/** Whether the beta header, which may hold several values, holds this one. */
export function sendsBeta({ req }: ApiContext, beta: string): boolean {
  const values = req.header('openai-beta')?.split(',') ?? []
  return values.some((value) => value.trim() === beta)
}

/** The beta header of reference 1.1, which tells an Assistants client from any other. */
export const requireBetaHeader: MiddlewareHandler<ApiEnv> = (context, next) => {
  if (versions.some((version) => sendsBeta(context, version))) return next()
  throw new InvalidRequestError(
    "You must provide the 'OpenAI-Beta' header to access the Assistants API. Please try again by setting the header 'OpenAI-Beta: assistants=v2'.",
    { apiCode: 'invalid_beta' },
  )
}

function bearerToken(header: string | undefined): string | undefined {
  return header === undefined ? undefined : /^Bearer +(\S+)\s*$/i.exec(header)?.[1]
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

interface Door extends Admission {
  digest: Buffer
}

function toDoor({ project, key }: ApiKey): Door {
  const digested = digest(key)
  return { project, digest: digested, apiKeyId: `key_${digested.toString('hex').slice(0, 16)}` }
}

/** Digests have one length, and every key is compared, so the time taken says nothing about them. */
function findDoor(given: Buffer, doors: readonly Door[]): Door | undefined {
  let found: Door | undefined
  for (const door of doors) found = timingSafeEqual(given, door.digest) ? door : found
  return found
}

function missingKey(): AppError {
  return new AppError(
    'unauthorized',
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY). The operator of this server sets its keys in API_KEYS.",
  )
}

function wrongKey(given: string): AppError {
  return new AppError(
    'unauthorized',
    `Incorrect API key provided: ${mask(given)}. The operator of this server sets its keys in API_KEYS.`,
    { apiCode: 'invalid_api_key' },
  )
}

/** Enough to see which key was sent, too little to use it if the message ends up in a log. */
function mask(key: string): string {
  return key.length < 12 ? '***' : `${key.slice(0, 3)}***${key.slice(-4)}`
}
