import type { Logger } from '../../log.ts'
import type { StartTimer } from '../../timer.ts'
import type { CodeOutput, CodeResult, CodeToRun, InputFile } from './interpreter.ts'
import type { Packages } from './packages.ts'
import type { SandboxProcess } from './sandbox-process.ts'
import type { SandboxLimits, SandboxReply, SandboxRequest } from './sandbox/messages.ts'

/** The Python of one thread: its variables and files. */
export interface Session {
  run(code: Omit<CodeToRun, 'sessionId'>, options: { signal: AbortSignal }): Promise<CodeResult>
  readFile(path: string): Promise<Uint8Array | undefined>
  isBusy(): boolean
  end(): Promise<void>
}

export interface SessionDeps {
  takeProcess(): Promise<SandboxProcess>
  packages: Packages
  startTimer: StartTimer
  log: Logger
  limits: SandboxLimits
  /** How long a cell may run, in milliseconds. */
  callMs: number
  /** How long the session lives after its last call. */
  idleMs: number
  /** Whether there was one before it whose end nobody was told of. */
  isContinued: boolean
  /** It is over by itself: nobody used it for long. */
  onOver: () => void
  /** Nothing runs in it any more. */
  onIdle: () => void
}

/** How long Python may take to stop when it is asked to. */
const graceMs = 1_000
/** For what the host asks of Python between cells: a cell may have replaced what answers it. */
const requestMs = 30_000
const maxReadBytes = 100_000_000
const partBytes = 1_000_000

export function createSession(deps: SessionDeps): Session {
  const { packages, startTimer, log, callMs, idleMs, limits, onOver, onIdle } = deps
  let sandbox: SandboxProcess | undefined
  let brought = new Set<string>()
  /** What the next call must be told. */
  let note = deps.isContinued ? 'The session was over: its variables and files are gone.' : null
  let last: Promise<unknown> = Promise.resolve()
  let calls = 0
  let isEnded = false
  let stopIdleTimer = () => {}

  /** One after another. */
  async function inTurn<T>(act: () => Promise<T>): Promise<T> {
    calls += 1
    stopIdleTimer()
    const turn = last.then(act)
    last = turn.catch(() => {})
    try {
      return await turn
    } finally {
      calls -= 1
      if (calls === 0 && !isEnded) {
        stopIdleTimer = startTimer(idleMs, expire)
        onIdle()
      }
    }
  }

  function expire(): void {
    log.debug('python session was not used for long')
    onOver()
    void end()
  }

  async function end(): Promise<void> {
    isEnded = true
    stopIdleTimer()
    await sandbox?.kill()
    sandbox = undefined
  }

  async function currentSandbox(): Promise<SandboxProcess> {
    if (sandbox) return sandbox
    const taken = await deps.takeProcess()
    if (isEnded) {
      await taken.kill()
      throw new Error('the session is over')
    }
    sandbox = taken
    brought = new Set()
    void taken.gone.then(() => {
      if (sandbox !== taken) return
      sandbox = undefined
      note ??= 'Python had ended: variables and files of earlier code are gone.'
    })
    return taken
  }

  /** Ends the process if it does not answer. */
  async function ask(current: SandboxProcess, request: SandboxRequest): Promise<SandboxReply> {
    const stopTimer = startTimer(requestMs, () => void current.kill())
    current.keepProgramAlive(true)
    try {
      return await current.request(request)
    } finally {
      stopTimer()
      current.keepProgramAlive(false)
    }
  }

  async function bring(current: SandboxProcess, file: InputFile): Promise<string | null> {
    const { fileId, bytes } = file
    const refused = `${file.filename} (${fileId}) is not there: the files of a session may hold ${megabytes(limits.fileBytes)} together.`
    if (bytes > limits.fileBytes) return refused
    const part = {
      type: 'write' as const,
      fileId: safeName(fileId),
      filename: safeName(file.filename),
      bytes,
    }
    let offset = 0
    for await (const content of parts(file.read(), bytes)) {
      const reply = await ask(current, { ...part, offset, content })
      if (reply.type === 'over') return null
      if (reply.type !== 'written' || !reply.ok) return refused
      offset += content.length
    }
    brought.add(fileId)
    return null
  }

  async function bringAll(current: SandboxProcess, files: readonly InputFile[]): Promise<string[]> {
    const problems: string[] = []
    for (const file of files) {
      if (brought.has(file.fileId)) continue
      const problem = await bring(current, file)
      if (problem !== null) problems.push(problem)
    }
    return problems
  }

  interface Loaded {
    unavailable: Record<string, string>
    problems: string[]
  }

  async function loadPackages(
    current: SandboxProcess,
    code: string,
    signal: AbortSignal,
  ): Promise<Loaded> {
    const nothing = { unavailable: {}, problems: [] }
    if (!code.includes('import')) return nothing
    const imports = await ask(current, { type: 'imports', code })
    if (imports.type !== 'imports' || imports.names.length === 0) return nothing
    const { load, unavailable } = await packages.provide(imports.names, { signal })
    if (load.length === 0) return { unavailable, problems: [] }
    const loaded = await ask(current, { type: 'load', names: load })
    const problem = loaded.type === 'loaded' ? loaded.problem : null
    return { unavailable, problems: problem === null ? [] : [problem] }
  }

  /** Asks Python to stop when the time is over or nobody wants the result, and ends it if it does not. */
  async function runCell(
    current: SandboxProcess,
    request: SandboxRequest,
    signal: AbortSignal,
  ): Promise<{ reply: SandboxReply; isTimedOut: boolean }> {
    let isTimedOut = false
    let stopGrace = () => {}
    const stop = () => {
      current.interrupt()
      stopGrace = startTimer(graceMs, () => void current.kill())
    }
    const stopTimer = startTimer(callMs, () => {
      isTimedOut = true
      stop()
    })
    signal.addEventListener('abort', stop, { once: true })
    current.keepProgramAlive(true)
    try {
      return { reply: await current.request(request), isTimedOut }
    } finally {
      stopTimer()
      stopGrace()
      signal.removeEventListener('abort', stop)
      current.keepProgramAlive(false)
    }
  }

  return {
    run: ({ code, files }, { signal }) =>
      inTurn(async () => {
        signal.throwIfAborted()
        const current = await currentSandbox()
        const notes = [...(note === null ? [] : [note]), ...(await bringAll(current, files))]
        const { unavailable, problems } = await loadPackages(current, code, signal)
        notes.push(...problems)
        signal.throwIfAborted()
        const request = { type: 'run' as const, code, unavailable }
        const { reply, isTimedOut } = await runCell(current, request, signal)
        if (reply.type === 'over') {
          sandbox = undefined
          await current.kill()
        }
        if (signal.aborted) {
          if (reply.type === 'over')
            note = 'Python had ended: variables and files of earlier code are gone.'
          throw signal.reason
        }
        note = null
        return { outputs: toOutputs(reply, { notes, isTimedOut }) }
      }),
    readFile: (path) =>
      inTurn(async () => {
        if (!sandbox) return undefined
        const reply = await ask(sandbox, { type: 'read', path, maxBytes: maxReadBytes })
        return reply.type === 'content' ? (reply.content ?? undefined) : undefined
      }),
    isBusy: () => calls > 0,
    end,
  }

  function toOutputs(
    reply: SandboxReply,
    how: { notes: string[]; isTimedOut: boolean },
  ): CodeOutput[] {
    const outputs: CodeOutput[] = []
    if (how.notes.length > 0) outputs.push(toNote(how.notes))
    if (reply.type === 'ran' || reply.type === 'over') outputs.push(...reply.outputs)
    const seconds = callMs / 1000
    if (reply.type === 'over') {
      const gone = 'The variables and files of this session are gone.'
      const why = how.isTimedOut
        ? `Stopped after ${seconds} s.`
        : reply.reason === 'memory'
          ? `Ended: it took more than the ${megabytes(limits.memoryBytes)} of memory that it may take.`
          : `Python ended (${withoutPaths(reply.detail)}).`
      outputs.push(toNote([`${why} ${gone}`]))
    } else if (how.isTimedOut) {
      outputs.push(toNote([`Stopped after ${seconds} s. Variables and files are still there.`]))
    }
    return outputs
  }
}

function toNote(lines: string[]): CodeOutput {
  return { type: 'logs', logs: lines.map((line) => `[${line}]\n`).join('') }
}

/** The first line, without what it tells of the host's folders. */
function withoutPaths(detail: string): string {
  return (detail.split('\n', 1)[0] ?? '').replaceAll(/\S*[/\\]\S*/g, '…')
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MB`
}

/** The last part of a path without what no file name may have; empty where nothing is left. */
function safeName(name: string): string {
  const base = name.split(/[/\\]/).at(-1) ?? ''
  // oxlint-disable-next-line no-control-regex
  const clean = base.replace(/[\u0000-\u001f\u007f]/g, '').trim()
  return clean === '.' || clean === '..' ? '' : clean.slice(0, 200)
}

/** The file in parts of a size that a message can have; it ends where it was said to end. */
async function* parts(
  chunks: AsyncIterable<Uint8Array>,
  bytes: number,
): AsyncGenerator<Uint8Array> {
  if (bytes === 0) yield new Uint8Array(0)
  let left = bytes
  for await (const chunk of chunks) {
    for (let start = 0; start < chunk.length && left > 0; start += partBytes) {
      const part = chunk.subarray(start, Math.min(start + partBytes, chunk.length, start + left))
      left -= part.length
      yield part
    }
    if (left === 0) return
  }
  if (left > 0) throw new Error(`a file ended ${left} bytes before its end`)
}
