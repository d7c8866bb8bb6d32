import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'

import { Busboy, type BusboyInstance } from '@fastify/busboy'

import { AppError, InvalidRequestError } from '../../errors.ts'

/** The file of a form, as it comes. */
export interface FormFile {
  filename: string
  content: AsyncIterable<Uint8Array>
  /** Resolves with the other fields when the form is at its end; they may come after the file. */
  fields: () => Promise<Record<string, string>>
  signal: AbortSignal
}

export interface ReadFormOptions {
  /** How long nothing may come; default 60 s. */
  stallMs?: number
}

/** Names and purposes are short; whatever is longer is none. */
const limits = {
  fieldNameSize: 100,
  fieldSize: 1_000,
  fields: 10,
  files: 1,
  parts: 12,
  headerPairs: 20,
  headerSize: 16_384,
}

/**
 * Reads a `multipart/form-data` body with one file, in the field `file`, no faster than `take` takes
 * it. Answers what `take` answers; throws what it throws, or `InvalidRequestError`, and then only after
 * `take` is done.
 */
export async function readUploadForm<T>(
  request: Request,
  take: (file: FormFile) => Promise<T>,
  { stallMs = 60_000 }: ReadFormOptions = {},
): Promise<T> {
  const form = createForm(request)
  const fields: Record<string, string> = {}
  const end = Promise.withResolvers<Record<string, string>>()
  end.promise.catch(() => {})
  const stop = new AbortController()
  const fail = (error: unknown) => stop.abort(error)
  let taken: Promise<T> | undefined

  form.on('file', (name, content, filename) => {
    // Its errors are those of the form, and of who reads it.
    content.on('error', () => {})
    if (name !== 'file') return fail(unknownField(name))
    const { signal } = stop
    taken = take({
      filename: unescape(filename),
      content,
      fields: () => end.promise,
      signal,
    })
    taken.catch(fail)
  })
  form.on('field', (...given) => {
    const [name, value, isNameCut, isValueCut] = given
    if (name === undefined || isNameCut) fail(unknownField(name ?? ''))
    else if (name === 'file') fail(noFileInField())
    else if (isValueCut) fail(tooLong(name))
    else fields[name] = value
  })
  form.on('filesLimit', () => fail(oneFileOnly()))
  for (const event of ['fieldsLimit', 'partsLimit'] as const) {
    form.on(event, () => fail(new InvalidRequestError('The form has too many fields.')))
  }

  const stalled = setTimeout(() => fail(stalledUpload()), stallMs)
  async function* watched(source: AsyncIterable<Uint8Array>) {
    for await (const chunk of source) {
      stalled.refresh()
      yield chunk
    }
  }
  try {
    // The web's stream, of which there are two types and one thing.
    const body = Readable.fromWeb(request.body as ReadableStream<Uint8Array>)
    await pipeline(body, watched, form, { signal: stop.signal })
    end.resolve(fields)
    if (!taken) throw missingFile()
    return await taken
  } catch (error) {
    const reason: unknown = stop.signal.aborted ? stop.signal.reason : toBrokenForm(error)
    end.reject(reason)
    fail(reason)
    await taken?.catch(() => {})
    throw reason
  } finally {
    clearTimeout(stalled)
  }
}

function createForm(request: Request): BusboyInstance {
  const type = request.headers.get('content-type') ?? ''
  if (!/^multipart\/form-data\s*;/i.test(type) || request.body === null) {
    throw new InvalidRequestError(
      "Expected the body to be a form in 'multipart/form-data' with a boundary, as files are uploaded.",
    )
  }
  try {
    return new Busboy({ headers: { 'content-type': type }, preservePath: true, limits })
  } catch (cause) {
    throw toBrokenForm(cause)
  }
}

/** As browsers and SDKs write a name with quotes or line breaks (HTML, "multipart/form-data"). */
function unescape(filename: string): string {
  return filename.replace(/%22|%0D|%0A/gi, decodeURIComponent)
}

/** Whatever `take` did not throw is the form's fault, or that of who sent half of it. */
function toBrokenForm(cause: unknown): AppError {
  if (cause instanceof AppError) return cause
  return new InvalidRequestError('The form is not valid, or it broke off before its end.', {
    cause,
  })
}

function missingFile(): InvalidRequestError {
  return new InvalidRequestError("Missing required parameter: 'file'.", {
    param: 'file',
    apiCode: 'missing_required_parameter',
  })
}

function noFileInField(): InvalidRequestError {
  return new InvalidRequestError(
    "Invalid type for 'file': expected a file with a filename, but got a string instead.",
    { param: 'file', apiCode: 'invalid_type' },
  )
}

function oneFileOnly(): InvalidRequestError {
  return new InvalidRequestError('Expected one file in the form, but got several.', {
    param: 'file',
    apiCode: 'invalid_value',
  })
}

function unknownField(name: string | undefined): InvalidRequestError {
  const shown = (name ?? '').slice(0, 100)
  return new InvalidRequestError(`Unknown parameter: '${shown}'.`, {
    param: shown,
    apiCode: 'unknown_parameter',
  })
}

function tooLong(name: string): InvalidRequestError {
  return new InvalidRequestError(`Invalid '${name}': string too long.`, {
    param: name,
    apiCode: 'string_above_max_length',
  })
}

function stalledUpload(): InvalidRequestError {
  return new InvalidRequestError('The upload was given up, because nothing more of it came.')
}
