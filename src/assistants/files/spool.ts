import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

import { FileTooLargeError, type Blob } from './blobs.ts'

export interface SpooledFile extends Blob {
  path: string
}

/** A folder of files that are on their way; whoever has one removes it, or puts it where it belongs. */
export interface Spool {
  /**
   * Writes what comes to a new file, and answers once it is on the disk. Nothing is left of what fails.
   * Throws `FileTooLargeError` beyond `maxBytes`.
   */
  write(
    content: AsyncIterable<Uint8Array>,
    options: { maxBytes: number; signal?: AbortSignal | undefined },
  ): Promise<SpooledFile>
  /** Removes what nobody has been writing for a day: whoever did was killed. */
  sweep(): Promise<void>
}

const forgottenAfterMs = 24 * 60 * 60 * 1000

export function createSpool(folder: string): Spool {
  return {
    async write(content, { maxBytes, signal }) {
      await mkdir(folder, { recursive: true })
      const path = join(folder, randomUUID())
      const hash = createHash('sha256')
      let bytes = 0
      async function* measured(source: AsyncIterable<Uint8Array>) {
        for await (const chunk of source) {
          bytes += chunk.byteLength
          if (bytes > maxBytes) throw new FileTooLargeError(`more than ${maxBytes} bytes`)
          hash.update(chunk)
          yield chunk
        }
      }
      try {
        const file = createWriteStream(path, { flags: 'wx', flush: true })
        await pipeline(content, measured, file, { ...(signal && { signal }) })
      } catch (error) {
        await rm(path, { force: true })
        throw error
      }
      return { path, bytes, sha256: hash.digest('hex') }
    },

    async sweep() {
      const names = await readdir(folder).catch(() => [])
      for (const name of names) {
        const path = join(folder, name)
        // Another process may have taken it away meanwhile.
        const found = await stat(path).catch(() => null)
        if (found && found.mtimeMs < Date.now() - forgottenAfterMs) await rm(path, { force: true })
      }
    },
  }
}
