import { parentPort, workerData } from 'node:worker_threads'

import type { Draft, ImportContext } from './draft.ts'
import { ImportError, type ImportErrorReason } from './import-error.ts'
import { readFile } from './read-file.ts'

/** What the thread is given. */
export interface ImportJob {
  bytes: Uint8Array
  context: ImportContext
}

/** What it answers. */
export type ImportAnswer =
  | { type: 'draft'; draft: Draft }
  | { type: 'refused'; reason: ImportErrorReason; message: string }

/** The thread that reads one file, which anybody may have made, and may be terminated at any moment. */
const port = parentPort
if (!port) throw new Error('this file runs in a worker thread')

// Whoever starts the thread is the only one that gives it data.
const { bytes, context } = workerData as ImportJob
port.postMessage(await answer())

async function answer(): Promise<ImportAnswer> {
  try {
    return { type: 'draft', draft: await readFile(bytes, context) }
  } catch (error) {
    if (!(error instanceof ImportError)) throw error
    return { type: 'refused', reason: error.reason, message: error.message }
  }
}
