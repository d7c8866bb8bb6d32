import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import { z } from 'zod'

import { DiscordError, fieldError } from '../discord-error.ts'
import { integer, parseForm } from '../form.ts'
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
 * @throws DiscordError 50109 for broken JSON, 50035 for a broken form, 40005 for too large a body
 */
export async function readBody(c: RestContext): Promise<RequestBody> {
  const type = c.req.header('content-type') ?? ''
  const length = c.req.header('content-length')
  if (Number(length ?? 0) > maxBodyBytes) throw new DiscordError(40005)
  // A declared length is kept to by the HTTP parser; without one the body has to be counted.
  const source = length === undefined ? await bounded(c.req.raw.body, type) : c.req
  if (type.startsWith('multipart/form-data')) return readForm(await source.formData().catch(refuse))
  const written = await source.text()
  return { body: written === '' ? undefined : parseJson(written), uploads: [] }
}

async function bounded(body: ReadableStream<Uint8Array> | null, type: string): Promise<Response> {
  const parts: Uint8Array[] = []
  let total = 0
  for await (const part of body ?? []) {
    total += part.byteLength
    if (total > maxBodyBytes) throw new DiscordError(40005)
    parts.push(part)
  }
  return new Response(Buffer.concat(parts), { headers: { 'content-type': type } })
}

function refuse(): never {
  throw new DiscordError(50035)
}

async function readForm(form: FormData): Promise<RequestBody> {
  const uploads: Upload[] = []
  const fields: Record<string, string> = {}
  for (const [name, value] of form) {
    if (typeof value === 'string') {
      fields[name] = value
      continue
    }
    if (uploads.length === maxFiles)
      throw fieldError(['files'], {
        code: 'BASE_TYPE_MAX_LENGTH',
        message: `Must be ${maxFiles} or fewer in length.`,
      })
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

/**
 * A whole number of the query, from 1 to `max`.
 * @throws DiscordError 50035
 */
export function queryNumber(
  c: RestContext,
  name: string,
  { fallback, max }: { fallback: number; max: number },
): number {
  const given = c.req.query(name)
  if (given === undefined) return fallback
  const query = parseForm(z.object({ [name]: integer(1, max) }), { [name]: Number(given) })
  return query[name] ?? fallback
}
