import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

import { AwsV4Signer } from 'aws4fetch'

import { AppError } from '../../errors.ts'

export interface S3Settings {
  bucket: string
  /** What the keys of all objects begin with; empty, or ending in a slash. */
  prefix: string
  region: string
  /** Of a server that is not Amazon's, such as `http://127.0.0.1:9000`; null: Amazon's. */
  endpoint: string | null
  /** Whether the bucket is in the path of an endpoint's addresses, or before its host's name. */
  pathStyle: boolean
  accessKeyId: string
  secretAccessKey: string
  sessionToken: string | null
}

/** The little of S3 that is needed here. What fails for a moment is tried again. */
export interface S3Client {
  /** The whole file in one request, which S3 takes up to 5 GB; the server checks the digest. */
  put(
    key: string,
    file: { path: string; bytes: number; sha256: string },
    signal?: AbortSignal,
  ): Promise<void>
  /** Undefined where there is no such object. */
  get(
    key: string,
    range?: { start: number; end: number },
  ): Promise<ReadableStream<Uint8Array> | undefined>
  delete(key: string): Promise<void>
  /** Throws unless the bucket can be used. */
  ping(): Promise<void>
}

/** The server, or the way to it, is at fault: the request may succeed later. */
class BucketUnavailableError extends AppError {
  override readonly name = 'BucketUnavailableError'

  constructor(cause: unknown) {
    super(
      'unavailable',
      'The store of files cannot be reached at the moment. Please try again soon.',
      {
        cause,
      },
    )
  }
}

interface S3Request {
  method: 'GET' | 'PUT' | 'DELETE'
  key: string
  headers?: Record<string, string>
  body?: () => ReadableStream
  signal?: AbortSignal | undefined
  /** Until the answer begins. */
  timeoutMs?: number
}

const unsigned = 'UNSIGNED-PAYLOAD'
const usualMs = 20_000
/** For half a gigabyte at 1 MB/s. */
const uploadMs = 600_000
/** Before the second and the third time. */
const pausesMs = [200, 1_000]

export interface S3ClientDeps {
  settings: S3Settings
  /** Default: real time. */
  wait?: (ms: number) => Promise<unknown>
}

export function createS3Client({ settings, wait = sleep }: S3ClientDeps): S3Client {
  const base = toBase(settings)

  async function send(request: S3Request): Promise<Response> {
    for (let tried = 0; ; tried += 1) {
      const pauseMs = pausesMs[tried]
      try {
        const response = await sendOnce(request)
        if (!isPassing(response.status)) return response
        const failure = await toFailure(response)
        if (pauseMs === undefined) throw failure
      } catch (error) {
        request.signal?.throwIfAborted()
        if (pauseMs === undefined) throw new BucketUnavailableError(error)
      }
      await wait(pauseMs)
    }
  }

  async function sendOnce(request: S3Request): Promise<Response> {
    const { method, key, headers = {}, body, signal, timeoutMs = usualMs } = request
    const { accessKeyId, secretAccessKey, sessionToken, region } = settings
    const signed = await new AwsV4Signer({
      method,
      url: base + key.split('/').map(encodeURIComponent).join('/'),
      headers: { 'x-amz-content-sha256': unsigned, ...headers },
      accessKeyId,
      secretAccessKey,
      ...(sessionToken !== null && { sessionToken }),
      service: 's3',
      region,
    }).sign()
    const late = new AbortController()
    const timer = setTimeout(
      () => late.abort(new Error(`no answer within ${timeoutMs} ms`)),
      timeoutMs,
    )
    try {
      return await fetch(signed.url, {
        method,
        headers: signed.headers,
        redirect: 'error',
        signal: signal ? AbortSignal.any([late.signal, signal]) : late.signal,
        ...(body && { body: body(), duplex: 'half' as const }),
      })
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    async put(key, { path, bytes, sha256 }, signal) {
      const headers = { 'content-length': String(bytes), 'x-amz-content-sha256': sha256 }
      // Types of web streams from two places, which are the same at run time.
      const body = () => Readable.toWeb(createReadStream(path)) as ReadableStream
      const response = await send({
        method: 'PUT',
        key: settings.prefix + key,
        headers,
        ...(bytes > 0 && { body }),
        signal,
        timeoutMs: uploadMs,
      })
      await finish(response)
    },

    async get(key, range) {
      const response = await send({
        method: 'GET',
        key: settings.prefix + key,
        ...(range && { headers: { range: `bytes=${range.start}-${range.end}` } }),
      })
      if (response.status === 404) {
        await response.body?.cancel()
        return undefined
      }
      if (!response.ok) throw await toFailure(response)
      return response.body ?? new Blob().stream()
    },

    async delete(key) {
      const response = await send({ method: 'DELETE', key: settings.prefix + key })
      if (response.status === 404) await response.body?.cancel()
      else await finish(response)
    },

    async ping() {
      const response = await send({ method: 'GET', key: `${settings.prefix}ping` })
      if (response.ok) {
        await response.body?.cancel()
        return
      }
      const failure = await toFailure(response)
      // Who may not list what is there, may not hear what is not there either.
      if (failure.code !== 'NoSuchKey' && failure.code !== 'AccessDenied') {
        throw new BucketUnavailableError(failure)
      }
    },
  }
}

/** Where keys are appended to. */
function toBase({ bucket, region, endpoint, pathStyle }: S3Settings): string {
  const amazon = `https://s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
  const url = new URL(endpoint ?? amazon)
  // A certificate for all buckets does not fit a name with a dot.
  const isInPath = endpoint === null ? bucket.includes('.') : pathStyle
  if (!isInPath) url.hostname = `${bucket}.${url.hostname}`
  const path = url.pathname.replace(/\/+$/, '')
  return `${url.origin}${path}/${isInPath ? `${bucket}/` : ''}`
}

function isPassing(status: number): boolean {
  return status === 429 || status >= 500
}

class S3Error extends Error {
  override readonly name = 'S3Error'
  readonly code: string | undefined

  constructor(message: string, code: string | undefined) {
    super(message)
    this.code = code
  }
}

/** What the server's XML says; it names no secret. */
async function toFailure(response: Response): Promise<S3Error> {
  const text = (await response.text().catch(() => '')).slice(0, 10_000)
  const code = /<Code>([^<]*)<\/Code>/.exec(text)?.[1]
  const message = /<Message>([^<]*)<\/Message>/.exec(text)?.[1] ?? ''
  return new S3Error(`S3 answered ${response.status} ${code ?? ''}: ${message}`.trim(), code)
}

async function finish(response: Response): Promise<void> {
  if (!response.ok) throw await toFailure(response)
  await response.body?.cancel()
}
