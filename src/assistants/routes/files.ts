import { create as toContentDisposition } from 'content-disposition'
import { Hono } from 'hono'
import type OpenAI from 'openai'

import { AppError, InvalidRequestError } from '../../errors.ts'
import type { Logger } from '../../log.ts'
import { breakOff } from '../client-gone.ts'
import { BlobMissingError, FileTooLargeError } from '../files/blobs.ts'
import type { FileStock } from '../files/files.ts'
import { readUploadForm } from '../files/upload-form.ts'
import { replyBytes, replyJson, type ApiContext, type ApiEnv } from '../reply.ts'
import { readQuery } from '../request-params.ts'
import { noFile } from '../store/file-owners.ts'
import type { StoredFile } from '../store/files.ts'
import { parseByteRange, type ByteRange } from '../wire/byte-range.ts'
import { filesQuery, toFileFacts } from '../wire/files.ts'

export interface FileRoutesDeps {
  files: Pick<FileStock, 'project'>
  log: Logger
}

/** In this process; each holds a little memory and a connection. */
const maxUploads = 100
/** Of a form whose length is announced; what is not announced is counted. */
const maxFormBytes = 513 * 1024 * 1024

export function fileRoutes({ files, log }: FileRoutesDeps): Hono<ApiEnv> {
  const routes = new Hono<ApiEnv>()
  const filesOf = ({ var: { project } }: ApiContext) => files.project(project)
  let uploads = 0

  async function find(context: ApiContext): Promise<StoredFile> {
    const id = context.req.param('file_id') ?? ''
    const found = await filesOf(context).find(id)
    if (!found) throw noFile(id)
    return found
  }

  routes.get('/', async (context) => {
    const query = readQuery(context, filesQuery)
    return replyJson(context, await filesOf(context).list(query))
  })

  routes.post('/', async (context) => {
    if (Number(context.req.header('content-length') ?? 0) > maxFormBytes) throw tooLarge()
    if (uploads >= maxUploads) throw tooManyUploads()
    uploads += 1
    try {
      const file = await readUploadForm(context.req.raw, ({ filename, content, fields, signal }) =>
        filesOf(context).receive(content, async () => toFileFacts(filename, await fields()), {
          signal,
        }),
      )
      return replyJson(context, file)
    } catch (error) {
      throw error instanceof FileTooLargeError ? tooLarge(error) : error
    } finally {
      uploads -= 1
    }
  })

  routes.get('/:file_id', async (context) => replyJson(context, (await find(context)).file))

  routes.delete('/:file_id', async (context) => {
    const id = context.req.param('file_id')
    if (!(await filesOf(context).delete(id))) throw noFile(id)
    const answer: OpenAI.FileDeleted = { id, object: 'file', deleted: true }
    return replyJson(context, answer)
  })

  routes.get('/:file_id/content', async (context) => {
    const { file, sha256 } = await find(context)
    const { bytes } = file
    const etag = `"${sha256}"`
    const headers = {
      'accept-ranges': 'bytes',
      // Whoever opens the address in a browser does not run what somebody uploaded.
      'content-disposition': toContentDisposition(withoutControls(file.filename)),
      'content-type': 'application/octet-stream',
      'cache-control': 'private, no-cache',
      etag,
      'x-content-type-options': 'nosniff',
    }
    if (matches(context.req.header('if-none-match'), etag)) {
      return replyBytes(context, { status: 304, body: null, headers })
    }
    const range = rangeOf(context, { bytes, etag })
    if (range === null) {
      context.header('content-range', `bytes */${bytes}`)
      throw noSuchRange(bytes)
    }
    const length = range ? range.end - range.start + 1 : bytes
    const sized = { ...headers, 'content-length': String(length) }
    const status = range ? 206 : 200
    const all = range
      ? { ...sized, 'content-range': `bytes ${range.start}-${range.end}/${bytes}` }
      : sized
    if (context.req.method === 'HEAD') {
      return replyBytes(context, { status, body: null, headers: all })
    }
    return replyBytes(context, {
      status,
      body: await openBody(context, file.id, range),
      headers: all,
    })
  })

  /** The bytes as they are asked for; throws as long as nothing of the answer is sent. */
  async function openBody(
    context: ApiContext,
    id: string,
    range: ByteRange | undefined,
  ): Promise<ReadableStream<Uint8Array>> {
    const content = await filesOf(context).read(id, range)
    if (!content) throw noFile(id)
    const chunks = content[Symbol.asyncIterator]()
    let first: IteratorResult<Uint8Array> | undefined = await chunks
      .next()
      .catch((err: unknown) => {
        if (!(err instanceof BlobMissingError)) throw err
        log.error({ err, file: id }, 'the content of a file is missing')
        throw noFile(id)
      })
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          try {
            const { done, value } = first ?? (await chunks.next())
            first = undefined
            if (done) controller.close()
            else controller.enqueue(value)
          } catch (error) {
            log.error({ err: error, file: id }, 'the content of a file could not be read')
            breakOff(context, { controller, error })
          }
        },
        async cancel() {
          await chunks.return?.()
        },
      },
      { highWaterMark: 0 },
    )
  }

  return routes
}

/** Undefined where all of it is wanted: also if the client has a part of something else. */
function rangeOf(
  { req }: ApiContext,
  { bytes, etag }: { bytes: number; etag: string },
): ByteRange | null | undefined {
  const condition = req.header('if-range')
  if (condition !== undefined && condition !== etag) return undefined
  return parseByteRange(req.header('range'), bytes)
}

function matches(condition: string | undefined, etag: string): boolean {
  const tags = condition?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? []
  return tags.includes(etag) || tags.includes('*')
}

/** A header holds none. */
function withoutControls(filename: string): string {
  return filename.replaceAll(/\p{Cc}/gu, '\uFFFD')
}

function noSuchRange(bytes: number): InvalidRequestError {
  return new InvalidRequestError(`The range is beyond the file, which has ${bytes} bytes.`, {
    apiCode: 'range_not_satisfiable',
  })
}

function tooLarge(cause?: unknown): InvalidRequestError {
  return new InvalidRequestError('The file is too large: at most 512 MB are accepted.', {
    param: 'file',
    apiCode: 'request_too_large',
    cause,
  })
}

function tooManyUploads(): AppError {
  const message = `Too many uploads: at most ${maxUploads} at once are taken. Please try again soon.`
  return new AppError('unavailable', message, { apiCode: 'rate_limit_exceeded' })
}
