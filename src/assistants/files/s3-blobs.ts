import { rm } from 'node:fs/promises'

import { BlobMissingError, type Blobs } from './blobs.ts'
import type { S3Client } from './s3-client.ts'
import { createSpool } from './spool.ts'

export interface S3BlobsDeps {
  client: S3Client
  /** On this machine, for what is on its way to the bucket and from it. */
  folder: string
}

/** More than any file: what is in the bucket was measured when it came. */
const noLimit = Number.MAX_SAFE_INTEGER

/** Blobs in a bucket, as objects that are named by their digests. */
export function createS3Blobs({ client, folder }: S3BlobsDeps): Blobs {
  const spool = createSpool(folder)

  async function* read(sha256: string, range?: { start: number; end: number }) {
    const content = await client.get(sha256, range)
    if (!content) throw new BlobMissingError(sha256)
    yield* content
  }

  return {
    async write(content, { maxBytes, signal, commit }) {
      const { path, ...blob } = await spool.write(content, { maxBytes, signal })
      try {
        await commit?.(blob)
        await client.put(blob.sha256, { path, ...blob }, signal)
      } finally {
        await rm(path, { force: true })
      }
      return blob
    },
    read,
    async open(sha256, { signal }) {
      const { path } = await spool.write(read(sha256), { maxBytes: noLimit, signal })
      return { path, release: () => rm(path, { force: true }) }
    },
    delete: (sha256) => client.delete(sha256),
    sweep: () => spool.sweep(),
    ping: () => client.ping(),
  }
}
