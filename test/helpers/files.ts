import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createDiskBlobs } from '../../src/assistants/files/disk-blobs.ts'
import { createFiles, type FilesDeps, type FileStock } from '../../src/assistants/files/files.ts'

/** Files in a folder of their own, which goes when they are closed. */
export function createTestFiles(
  deps: Omit<FilesDeps, 'blobs'> & Partial<Pick<FilesDeps, 'blobs'>>,
): FileStock {
  const folder = mkdtempSync(join(tmpdir(), 'guagua-files-'))
  const files = createFiles({ blobs: createDiskBlobs({ folder }), ...deps })
  return {
    ...files,
    async close() {
      await files.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
