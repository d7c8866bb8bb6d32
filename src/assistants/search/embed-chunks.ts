import type { Chunk } from '../indexing/document.ts'
import type { Embedder } from './embedder.ts'
import type { IndexQuery } from './search-index.ts'
import { withHeading } from './words.ts'

/** What vectors and full text take beside the text itself, as the hosted API counted it. */
const bytesPerChunk = 1024

/** What a chunk takes, as `usage_bytes` shows it. */
export function chunkBytes({ text }: Chunk): number {
  return Buffer.byteLength(text) + bytesPerChunk
}

interface Asking {
  signal: AbortSignal
}

/** One vector for each chunk; null without an embedding model. */
export async function embedChunks(
  embedder: Embedder | null,
  chunks: readonly Chunk[],
  { signal }: Asking,
): Promise<Float32Array[] | null> {
  return embedder?.embed(chunks.map(withHeading), { signal }) ?? null
}

/** One vector for each text of the query; null where only words count. */
export async function embedQuery(
  embedder: Embedder | null,
  { texts, weights }: IndexQuery,
  { signal }: Asking,
): Promise<Float32Array[] | null> {
  if (weights?.embedding === 0) return null
  return embedder?.embedQuestions(texts, { signal }) ?? null
}
