import { createHash } from 'node:crypto'
import { basename } from 'node:path/posix'

import type { Logger } from '../../log.ts'
import type { Files } from '../files/file-service.ts'
import type { CodeInterpreter } from '../interpreter/interpreter.ts'
import type { Run, Store } from '../store/store.ts'

/** What code makes and the user gets: files of the API, of the thread's project. */
export interface MadeFiles {
  /**
   * For a day, unless a step or message that is written shows it, which is done in the same change of
   * its run: whoever is killed or cancelled before leaves nothing for ever. Undefined where the thread
   * is gone.
   */
  keep(made: MadeFile & { run: Run; signal: AbortSignal }): Promise<string | undefined>
  /**
   * The file of the thread's session at this path, kept once for each content it has; undefined where
   * there is none. Throws only the signal's reason.
   */
  fileAt(place: {
    run: Run
    path: string
    interpreter: CodeInterpreter
    signal: AbortSignal
  }): Promise<string | undefined>
}

export interface MadeFile {
  filename: string
  content: Uint8Array
}

export interface MadeFilesDeps {
  store: Pick<Store, 'getThreadProject'>
  files: Files
  log: Logger
}

/** Sessions live in memory, and so does the knowledge of which of their files are kept already. */
const maxRemembered = 2_000
const maxPathLength = 1_000
const unseenSeconds = 24 * 60 * 60

export function createMadeFiles({ store, files, log }: MadeFilesDeps): MadeFiles {
  /** Ids, by thread, path and content. */
  const kept = new Map<string, string>()

  async function keep({ run, filename, content, signal }: Parameters<MadeFiles['keep']>[0]) {
    const project = await store.getThreadProject(run.thread_id)
    if (project === undefined) return undefined
    const purpose = 'assistants_output' as const
    const file = { filename, purpose, content: once(content), expiresAfterSeconds: unseenSeconds }
    return (await files.project(project).create(file, { signal })).id
  }

  async function isThere({ thread_id }: Run, id: string | undefined): Promise<boolean> {
    if (id === undefined) return false
    const project = await store.getThreadProject(thread_id)
    return project !== undefined && (await files.project(project).get(id)) !== undefined
  }

  function remember(key: string, id: string): void {
    kept.delete(key)
    kept.set(key, id)
    const [oldest] = kept.keys()
    if (kept.size > maxRemembered && oldest !== undefined) kept.delete(oldest)
  }

  return {
    keep,
    async fileAt({ run, path: written, interpreter, signal }) {
      try {
        const found = await readFirst(interpreter, run.thread_id, spellings(written))
        if (!found) return undefined
        const { path, content } = found
        const digest = createHash('sha256').update(content).digest('hex')
        const key = JSON.stringify([run.thread_id, path, digest])
        let id = kept.get(key)
        if (!(await isThere(run, id))) {
          id = await keep({ run, filename: basename(path), content, signal })
        }
        if (id !== undefined) remember(key, id)
        return id
      } catch (err) {
        signal.throwIfAborted()
        log.warn({ err, runId: run.id, threadId: run.thread_id }, 'a linked file could not be kept')
        return undefined
      }
    },
  }
}

/** As it is written, and as it is meant where it was written for a URL. */
function spellings(path: string): string[] {
  const usable = path.length <= maxPathLength ? [path.trim()] : []
  try {
    return [...new Set([...usable, ...usable.map(decodeURIComponent)])]
  } catch {
    return usable
  }
}

async function readFirst(interpreter: CodeInterpreter, sessionId: string, paths: string[]) {
  for (const path of paths) {
    const content = await interpreter.readFile(sessionId, path)
    if (content) return { path, content }
  }
  return undefined
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content
}
