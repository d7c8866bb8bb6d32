import type { CodeOutput, CodeToRun } from '../../../src/assistants/interpreter/interpreter.ts'
import {
  createHostedTools,
  type HostedTools,
  type HostedToolsDeps,
} from '../../../src/assistants/runs/hosted-tools.ts'
import type { FileSearchQuery, FoundPassage } from '../../../src/assistants/search/file-search.ts'
import { defaultProject, type Store } from '../../../src/assistants/store/store.ts'
import { newId } from '../../../src/ids.ts'

/** The tools' contracts, answered by a script: what is tested is what a run makes of the answers. */
export interface FakeTools {
  create: (deps: Pick<HostedToolsDeps, 'store' | 'files' | 'log'>) => HostedTools
  searches: FileSearchQuery[]
  codes: CodeToRun[]
  /** How many codes had run each time when Python was told to get ready. */
  prepared: number[]
  /** Stores that were waited for. */
  waits: { vectorStoreId: string; timeoutMs: number }[]
  /** What is answered; may throw, or wait. */
  search: (query: FileSearchQuery, signal: AbortSignal) => FoundPassage[] | Promise<FoundPassage[]>
  run: (code: CodeToRun, signal: AbortSignal) => CodeOutput[] | Promise<CodeOutput[]>
  wait: () => Promise<void>
  /** What code has left behind, by path. */
  session: Map<string, Uint8Array>
}

export function createFakeTools(): FakeTools {
  const fake: FakeTools = {
    searches: [],
    codes: [],
    prepared: [],
    waits: [],
    search: () => [],
    run: () => [],
    wait: async () => {},
    session: new Map(),
    create: (deps) =>
      createHostedTools({
        ...deps,
        search: {
          async search(query, { signal }) {
            fake.searches.push(query)
            return fake.search(query, signal)
          },
          expired: async () => [],
        },
        interpreter: {
          prepare: () => void fake.prepared.push(fake.codes.length),
          async run(code, { signal }) {
            fake.codes.push(code)
            return { outputs: await fake.run(code, signal) }
          },
          readFile: async (_sessionId, path) => fake.session.get(path),
          end: async () => {},
          close: async () => {},
        },
        waitForFiles(vectorStoreId, { timeoutMs }) {
          fake.waits.push({ vectorStoreId, timeoutMs })
          return fake.wait()
        },
      }),
  }
  return fake
}

export function passage(text: string, given: Partial<FoundPassage> = {}): FoundPassage {
  return {
    vectorStoreId: 'vs_1',
    fileId: 'file-notes',
    filename: 'notes.pdf',
    position: 0,
    page: null,
    heading: null,
    score: 0.5,
    attributes: {},
    ...given,
    text,
  }
}

export const whenAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })

/** A vector store without files, for a fake search that does not look at it. */
export async function insertVectorStore(store: Store): Promise<string> {
  const { id } = await store.project(defaultProject).vectorStores.insert({
    id: newId('vs_'),
    createdAt: 1,
    name: null,
    description: null,
    metadata: {},
    expiresAfterDays: null,
    files: [],
  })
  return id
}
