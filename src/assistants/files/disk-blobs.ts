import { access, constants, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { BlobMissingError, type Blobs } from './blobs.ts'
import { createSpool } from './spool.ts'

/** Blobs in a folder, which is made where it is missing; several processes may share it. */
export function createDiskBlobs({ folder }: { folder: string }): Blobs {
  const spool = createSpool(join(folder, 'incoming'))
  // No folder has so many entries that a file system minds.
  const pathOf = (sha256: string) => join(folder, sha256.slice(0, 2), sha256)

  async function* read(sha256: string, range: { start?: number; end?: number } = {}) {
    const file = await open(pathOf(sha256)).catch((error: unknown) => {
      throw isMissing(error) ? new BlobMissingError(sha256, { cause: error }) : error
    })
    const chunks: AsyncIterable<Uint8Array> = file.createReadStream(range)
    yield* chunks
  }

  return {
    async write(content, { commit, ...options }) {
      const { path, ...blob } = await spool.write(content, options)
      try {
        await commit?.(blob)
        const target = pathOf(blob.sha256)
        const made = await mkdir(dirname(target), { recursive: true })
        await rename(path, target)
        await syncFolder(dirname(target))
        if (made !== undefined) await syncFolder(folder)
      } catch (error) {
        await rm(path, { force: true })
        throw error
      }
      return blob
    },
    read,
    async open(sha256) {
      const path = pathOf(sha256)
      await access(path).catch((cause: unknown) => {
        throw new BlobMissingError(sha256, { cause })
      })
      return { path, release: () => Promise.resolve() }
    },
    delete: (sha256) => rm(pathOf(sha256), { force: true }),
    sweep: () => spool.sweep(),
    async ping() {
      await mkdir(folder, { recursive: true })
      await access(folder, constants.W_OK)
    },
  }
}

/** A name is on the disk only when its folder is. */
async function syncFolder(path: string): Promise<void> {
  // Windows has no handles of folders, and needs none.
  if (process.platform === 'win32') return
  const folder = await open(path)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
