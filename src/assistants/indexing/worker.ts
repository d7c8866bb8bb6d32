import { stat } from 'node:fs/promises'
import { parentPort } from 'node:worker_threads'

import { createChunker } from './chunks/chunker.ts'
import { DocumentError, type Chunk, type DocumentToRead } from './document.ts'
import { extract } from './extract.ts'
import { formatOf } from './formats.ts'
import { documentLimits } from './limits.ts'
import { tooSlow } from './refusals.ts'
import type { ThreadAnswer, ThreadRequest } from './thread-messages.ts'

/** The thread that reads documents, which anybody may have made; it may be terminated at any moment. */
const port = parentPort
if (!port) throw new Error('this file runs in a worker thread')

const batchLength = 64
/** Batches on their way that nobody took yet. */
const maxUntaken = 3
const aliveEveryMs = 1000

/** Batches that were given and not taken yet. */
let untaken = 0
let waitedMs = 0
let onTaken: (() => void) | undefined

port.on('message', (request: ThreadRequest) => {
  if (request.type === 'read') void answer(request.document)
  else {
    untaken -= 1
    onTaken?.()
  }
})

function send(message: ThreadAnswer): void {
  port?.postMessage(message)
}

async function answer(document: DocumentToRead): Promise<void> {
  untaken = 0
  waitedMs = 0
  try {
    await read(document)
    send({ type: 'done' })
  } catch (error) {
    send(toAnswer(error))
  }
}

async function read({ path, filename, chunking }: DocumentToRead): Promise<void> {
  const format = formatOf(filename)
  if (!format) throw new DocumentError('unsupported_file', 'The file type is not supported.')
  const { size: bytes } = await stat(path)
  const chunker = createChunker(chunking)
  const startedAt = performance.now()
  let lastSign = startedAt
  let batch: Chunk[] = []
  for await (const block of extract({ path, bytes }, format)) {
    for (const chunk of chunker.push(block)) batch.push(toChunk(chunk))
    if (batch.length >= batchLength) {
      await give(batch)
      batch = []
    }
    const now = performance.now()
    if (now - startedAt - waitedMs > documentLimits.workMs) throw tooSlow()
    if (now - lastSign > aliveEveryMs) {
      lastSign = now
      send({ type: 'alive' })
    }
  }
  batch.push(...chunker.end().map(toChunk))
  if (batch.length > 0) await give(batch)
}

function toChunk({ text, page, heading }: Chunk): Chunk {
  return { text, page, heading }
}

async function give(chunks: Chunk[]): Promise<void> {
  untaken += 1
  send({ type: 'chunks', chunks })
  const startedAt = performance.now()
  while (untaken >= maxUntaken) {
    await new Promise<void>((resolve) => {
      onTaken = resolve
    })
  }
  waitedMs += performance.now() - startedAt
}

/** What the file system says is not the document's fault; what a parser stumbles over is. */
function toAnswer(error: unknown): ThreadAnswer {
  if (error instanceof DocumentError) {
    return { type: 'refused', code: error.code, message: error.message }
  }
  const cause = error instanceof Error ? (error.stack ?? error.message) : String(error)
  if (error instanceof Error && 'syscall' in error) return { type: 'failed', message: cause }
  const message = 'The file could not be parsed: it is damaged.'
  return { type: 'refused', code: 'invalid_file', message, cause: cause.slice(0, 2000) }
}
