import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'

import { DiscordError } from '../discord-error.ts'
import type { Upload } from '../messages/attachments.ts'
import type { Account } from '../world.ts'
import { contentTypeOf } from './content-type.ts'

export interface RestEnv {
  Bindings: Partial<HttpBindings>
  Variables: {
    /** Who asks; routes without a token never read it. */
    account: Account
    /** The address the client used, e.g. `http://127.0.0.1:3000`. */
    origin: string
  }
}

export type RestContext = Context<RestEnv>

export interface RequestBody {
  body: unknown
  uploads: Upload[]
}

/** Discord takes 25 MiB per request and 10 files per message. */
const maxBodyBytes = 25 * 1024 * 1024
const maxFiles = 10

/**
 * JSON, or a form with `payload_json` and `files[n]`.
 * @throws DiscordError 50109 for broken JSON, 40005 for too large a body
 */
export async function readBody(c: RestContext): Promise<RequestBody> {
  if (Number(c.req.header('content-length') ?? 0) > maxBodyBytes) throw new DiscordError(40005)
  const type = c.req.header('content-type') ?? ''
  if (type.startsWith('multipart/form-data')) return readForm(await c.req.raw.formData())
  const written = await c.req.text()
  if (written.length > maxBodyBytes) throw new DiscordError(40005)
  return { body: written === '' ? undefined : parseJson(written), uploads: [] }
}

async function readForm(form: FormData): Promise<RequestBody> {
  const uploads: Upload[] = []
  const fields: Record<string, string> = {}
  let total = 0
  for (const [name, value] of form) {
    if (typeof value === 'string') {
      fields[name] = value
      continue
    }
    total += value.size
    if (total > maxBodyBytes || uploads.length === maxFiles) throw new DiscordError(40005)
    uploads.push({
      index: /\d+/.exec(name)?.[0] ?? String(uploads.length),
      filename: value.name,
      contentType: contentTypeOf(value.name, value.type),
      bytes: new Uint8Array(await value.arrayBuffer()),
    })
  }
  const payload = fields['payload_json']
  return { body: payload === undefined ? fields : parseJson(payload), uploads }
}

function parseJson(written: string): unknown {
  try {
    return JSON.parse(written)
  } catch {
    throw new DiscordError(50109)
  }
}

/** A path parameter; the router matched it, so it is there. */
export const param = (c: RestContext, name: string): string => c.req.param(name) ?? ''

/** A whole number of the query, held within bounds. */
export function queryNumber(
  c: RestContext,
  name: string,
  { fallback, max }: { fallback: number; max: number },
): number {
  const given = Number(c.req.query(name) ?? fallback)
  return Number.isInteger(given) ? Math.min(Math.max(given, 1), max) : fallback
}
