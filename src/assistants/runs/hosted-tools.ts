import type OpenAI from 'openai'

import type { Logger } from '../../log.ts'
import type { Files } from '../files/file-service.ts'
import type { CodeInterpreter } from '../interpreter/interpreter.ts'
import type { FileSearch } from '../search/file-search.ts'
import type { Run, Store } from '../store/store.ts'
import { createCodeTool } from './code-tool.ts'
import { createFileSearchTool } from './file-search-tool.ts'
import type { HostedCall } from './hosted-calls.ts'
import { hostedName, type HostedKind } from './hosted-names.ts'
import { createMadeFiles } from './made-files.ts'
import { readResources } from './run-resources.ts'
import type { CalledHosted } from './run-tool.ts'

/** The tools that the runtime executes itself, `file_search` and `code_interpreter`. */
export interface HostedTools {
  /** Before the first turn: waits for what was just uploaded, within bounds. */
  prepare(run: Run, options: { signal: AbortSignal }): Promise<void>
  /** The tools of this run. Reads what they have now. */
  open(run: Run, options: { signal: AbortSignal }): Promise<RunTools>
  /** Ends what is kept for a thread that is gone: its Python, and the files in it. */
  forgetThread(threadId: string): void
}

/** Those of one run. */
export interface RunTools {
  /** As the model is offered them. */
  functions: OpenAI.Chat.ChatCompletionFunctionTool[]
  kinds: ReadonlySet<HostedKind>
  /**
   * The tool that the model means by this name; undefined for a function of the user. Python starts
   * while its code is still being written.
   */
  kindOf(name: string): HostedKind | undefined
  /**
   * Executes a call. What goes wrong is told to the model in the outcome; throws only the signal's
   * reason, at once when it is aborted.
   */
  execute(call: CalledHosted, options: { signal: AbortSignal }): Promise<HostedCall>
  /**
   * The file at a path below `/mnt/data`, as a file of the API; undefined where there is none. Throws
   * only the signal's reason.
   */
  fileAt(path: string, options: { signal: AbortSignal }): Promise<string | undefined>
}

export interface HostedToolsDeps {
  store: Pick<
    Store,
    'getThread' | 'getAssistant' | 'getThreadProject' | 'countSearch' | 'listSearchableNames'
  >
  files: Files
  /** Without it, `file_search` is not offered to models; the same for the interpreter. */
  search?: FileSearch | undefined
  interpreter?: CodeInterpreter | undefined
  /** Settles when no file of the store is being processed any more, or the time is over. */
  waitForFiles: (
    vectorStoreId: string,
    options: { timeoutMs: number; signal: AbortSignal },
  ) => Promise<void>
  log: Logger
}

/** As long as the hosted API waited (reference 5.7). */
const waitMs = 60_000

export function createHostedTools(deps: HostedToolsDeps): HostedTools {
  const { store, search, interpreter, waitForFiles } = deps
  const log = deps.log.child({ module: 'tools' })
  const madeFiles = createMadeFiles({ ...deps, log })

  const isOffered = (kind: HostedKind, run: Run) =>
    (kind === 'file_search' ? search : interpreter) !== undefined &&
    run.tools.some(({ type }) => type === kind)

  return {
    forgetThread(threadId) {
      interpreter?.end(threadId).catch((err: unknown) => {
        log.warn({ err, threadId }, 'the python of a deleted thread could not be ended')
      })
    },

    async prepare(run, { signal }) {
      if (!isOffered('file_search', run)) return
      const { threadStoreIds } = await readResources(run, store)
      for (const id of threadStoreIds) {
        try {
          await orAborted(waitForFiles(id, { timeoutMs: waitMs, signal }), signal)
        } catch (err) {
          signal.throwIfAborted()
          log.warn({ err, runId: run.id }, 'files of a vector store could not be waited for')
        }
      }
    },

    async open(run, { signal: opening }) {
      const resources = await readResources(run, store)
      const tools = [
        ...(search && isOffered('file_search', run)
          ? [await createFileSearchTool({ run, resources, store, search, log })]
          : []),
        ...(interpreter && isOffered('code_interpreter', run)
          ? [await createCodeTool({ ...deps, run, resources, interpreter, madeFiles, log })]
          : []),
      ]
      opening.throwIfAborted()
      const byName = new Map(tools.map((tool) => [hostedName(tool.kind, run), tool]))
      return {
        functions: [...byName].map(([name, { description, parameters }]) => ({
          type: 'function',
          function: { name, description, parameters },
        })),
        kinds: new Set(tools.map(({ kind }) => kind)),
        kindOf(name) {
          const kind = byName.get(name)?.kind
          if (kind === 'code_interpreter') interpreter?.prepare?.()
          return kind
        },
        execute(call, { signal }) {
          const tool = tools.find(({ kind }) => kind === call.kind)
          if (!tool) throw new Error(`${call.kind} is no tool of run ${run.id}`)
          return orAborted(tool.execute(call, { signal }), signal)
        },
        async fileAt(path, { signal }) {
          if (!interpreter || !isOffered('code_interpreter', run)) return undefined
          return orAborted(madeFiles.fileAt({ run, path, interpreter, signal }), signal)
        },
      }
    },
  }
}

/** As the promise, or the signal's reason as soon as it is aborted, whatever the promise does then. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
    // Whichever comes later has nobody to tell.
    promise.catch(() => {})
    aborted.catch(() => {})
  }
}
