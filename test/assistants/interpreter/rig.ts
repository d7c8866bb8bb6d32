import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import {
  createCodeInterpreter,
  type InterpreterOptions,
} from '../../../src/assistants/interpreter/code-interpreter.ts'
import type {
  CodeInterpreter,
  CodeOutput,
  InputFile,
} from '../../../src/assistants/interpreter/interpreter.ts'
import { defaultLimits } from '../../../src/assistants/interpreter/limits.ts'
import { createPackages, type PackageSource } from '../../../src/assistants/interpreter/packages.ts'
import { createSnapshot } from '../../../src/assistants/interpreter/snapshot.ts'
import { createLogger } from '../../../src/log.ts'
import type { StartTimer } from '../../../src/timer.ts'
import { createManualTimers } from '../../schedule/manual-timers.ts'

const log = createLogger({ level: 'silent', pretty: false })
const { signal } = new AbortController()
/** Shared by the tests: a snapshot is named after all that it depends on. */
const sharedFolder = join(tmpdir(), 'guagua-test-python')

export interface InterpreterRig {
  interpreter: CodeInterpreter
  timers: ReturnType<typeof createManualTimers>
  /** Runs code and returns what it printed; pictures appear as `<name: bytes>`. */
  run: (code: string, options?: RunOptions) => Promise<string>
  outputs: (code: string, options?: RunOptions) => Promise<CodeOutput[]>
}

interface RunOptions {
  session?: string
  files?: InputFile[]
  signal?: AbortSignal
}

interface RigOptions extends Partial<InterpreterOptions> {
  source?: PackageSource
  /** Default: one that other tests have too. */
  snapshotFolder?: string
  /** Default: timers that the test fires. */
  startTimer?: StartTimer
}

/** The interpreter with timers that the test fires; it is closed after the test. */
export function openInterpreter(
  t: { after(close: () => Promise<void>): void },
  {
    source = { type: 'none' },
    snapshotFolder = sharedFolder,
    startTimer,
    ...options
  }: RigOptions = {},
): InterpreterRig {
  mkdirSync(snapshotFolder, { recursive: true })
  const timers = createManualTimers()
  const limits = options.limits ?? defaultLimits
  const interpreter = createCodeInterpreter({
    options: { maxSessions: 3, limits, ...options },
    snapshot: createSnapshot({ folder: snapshotFolder, limits, log }),
    packages: createPackages({ source, fetch, log, now: Date.now }),
    startTimer: startTimer ?? timers.startTimer,
    log,
  })
  t.after(() => interpreter.close())

  async function outputs(code: string, run: RunOptions = {}): Promise<CodeOutput[]> {
    const { session = 'thread_1', files = [] } = run
    const result = await interpreter.run(
      { sessionId: session, code, files },
      { signal: run.signal ?? signal },
    )
    return result.outputs
  }

  return {
    interpreter,
    timers,
    outputs,
    async run(code, run) {
      const shown = (await outputs(code, run)).map((output) =>
        output.type === 'logs' ? output.logs : `<${output.filename}: ${output.content.length}>\n`,
      )
      return shown.join('')
    },
  }
}

/** A file of the API that holds a text. */
export function textFile(fileId: string, filename: string, text: string): InputFile {
  const content = new TextEncoder().encode(text)
  return {
    fileId,
    filename,
    bytes: content.length,
    async *read() {
      yield content.slice(0, 1)
      yield content.slice(1)
    },
  }
}
