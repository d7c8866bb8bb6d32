import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { parseReply } from './replies.ts'
import type { SandboxReply, SandboxRequest, SandboxStart } from './sandbox/messages.ts'

/** The host's end of a process that runs Python. */
export interface SandboxProcess {
  /** What the process says first; rejects when it cannot start. */
  started: Promise<SandboxReply>
  /** One at a time. A process that ends meanwhile answers `over`, so this does not reject. */
  request(message: SandboxRequest): Promise<SandboxReply>
  /** Python gets a KeyboardInterrupt, if it looks. */
  interrupt(): void
  /** Ends the process, whatever it is doing; resolves when it is gone. */
  kill(): Promise<void>
  /** Resolves when the process is gone. */
  gone: Promise<void>
  /** Whether the program stays alive for this process. */
  keepProgramAlive(yes: boolean): void
}

/** The version of the package `pyodide`, by which its packages are addressed. */
export function pyodideVersion(): string {
  const text = readFileSync(join(pyodideFolder, 'package.json'), 'utf8')
  const { version } = JSON.parse(text) as { version: string }
  return version
}

/** The folder of the package `pyodide`. */
export const pyodideFolder = dirname(fileURLToPath(import.meta.resolve('pyodide')))
const sandboxFolder = fileURLToPath(new URL('./sandbox/', import.meta.url))
const sharedFiles = ['../../wasm-memory.ts', '../../../package.json'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
)

/**
 * Starts a process for hostile code. Node's permission model lets it read its own few files, and
 * nothing else: no network, no other file, no process, no environment. Threads are allowed for
 * one; that one gives the permission back before it runs any Python. Code from strings is off, so
 * who finds a way to JavaScript finds no `eval` there.
 */
export function startSandboxProcess(start: SandboxStart): SandboxProcess {
  const readable = [sandboxFolder, pyodideFolder, ...sharedFiles]
  if (start.packages) readable.push(start.packages.folder)
  if (start.snapshotFile !== null) readable.push(start.snapshotFile)
  const child = spawn(
    process.execPath,
    [
      '--permission',
      '--allow-worker',
      ...readable.map((path) => `--allow-fs-read=${path}`),
      '--disallow-code-generation-from-strings',
      '--disable-proto=delete',
      '--disable-sigusr1',
      '--no-warnings',
      '--max-old-space-size=64',
      join(sandboxFolder, 'control.ts'),
    ],
    {
      env: {},
      cwd: sandboxFolder,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
    },
  )
  const { promise: gone, resolve: onGone } = Promise.withResolvers<void>()
  let waiting: ((reply: SandboxReply) => void) | undefined
  let over: SandboxReply | undefined
  let errors = ''

  function settle(reply: SandboxReply): void {
    if (reply.type === 'over') over ??= reply
    const answer = waiting
    waiting = undefined
    answer?.(reply)
  }

  function end(detail: string): void {
    settle(over ?? { type: 'over', reason: 'ended', detail, outputs: [] })
  }

  child.stderr?.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString('utf8')).slice(-2000)
  })
  child.on('message', (message) => {
    const reply = parseReply(message)
    if (reply) settle(reply)
    else {
      child.kill('SIGKILL')
      end('it said something that it never says')
    }
  })
  child.on('error', (error) => {
    end(error.message)
    onGone()
  })
  child.on('exit', (code, signal) => {
    end(errors.trim() || `exit status ${code ?? signal}`)
    onGone()
  })

  function ask(send: () => void): Promise<SandboxReply> {
    if (over) return Promise.resolve(over)
    return new Promise((resolve) => {
      waiting = resolve
      send()
    })
  }
  // A channel that is gone is told by the exit.
  const send = (message: object) => void child.send(message, () => {})

  return {
    started: ask(() => send(start)),
    request: (message) => ask(() => send(message)),
    interrupt: () => send({ type: 'interrupt' }),
    async kill() {
      child.kill('SIGKILL')
      await gone
    },
    gone,
    keepProgramAlive(yes) {
      if (yes) {
        child.ref()
        child.channel?.ref()
      } else {
        child.unref()
        child.channel?.unref()
      }
    },
  }
}
