import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

export interface ProcessOptions {
  name: string
  /** Arguments of node: flags, the script, its arguments. */
  args: string[]
  env: Record<string, string>
  /** Receives what the process prints. */
  logFile: string
}

export interface Process {
  readonly pid: number
  /** Rejects when the process ends without having been told to. */
  readonly crashed: Promise<never>
  /** What the process last wrote, for the message of a failure. */
  logTail(): string
  /** SIGTERM, and SIGKILL for who does not listen within ten seconds. */
  stop(): Promise<void>
}

const stopTimeoutMs = 10_000
const announceTimeoutMs = 20_000
const live = new Set<ChildProcess>()

// Whatever ends the bench, no process outlives it.
process.on('exit', () => {
  for (const child of live) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(1))
}

/** Only what a program needs to find itself: nothing of the user's configuration reaches a bot. */
function cleanEnvironment(env: Record<string, string>): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env
  return { PATH, HOME, TZ: 'Asia/Shanghai', ...env }
}

export function startProcess(options: ProcessOptions): Process {
  const log = openSync(options.logFile, 'a')
  const child = spawn(process.execPath, options.args, {
    env: cleanEnvironment(options.env),
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  return track(child, options)
}

/** Starts a process that says where it listens on a line of standard output. */
export async function startServer(
  options: ProcessOptions,
): Promise<Process & { announced: string }> {
  const log = openSync(options.logFile, 'a')
  const child = spawn(process.execPath, options.args, {
    env: cleanEnvironment(options.env),
    stdio: ['ignore', 'pipe', log],
  })
  closeSync(log)
  const tracked = track(child, options)
  return { ...tracked, announced: await firstLine(child.stdout, options) }
}

async function firstLine(
  output: Readable | null,
  { name, logFile }: ProcessOptions,
): Promise<string> {
  if (!output) throw new Error(`the output of ${name} is not a pipe`)
  const timer = setTimeout(() => output.destroy(), announceTimeoutMs)
  try {
    for await (const line of createInterface({ input: output })) return line
  } finally {
    clearTimeout(timer)
    output.resume() // leaving the loop paused it, and a full pipe would stop the process
  }
  throw new Error(`${name} did not say where it listens\n${readFileSync(logFile, 'utf8')}`)
}

function track(child: ChildProcess, { name, logFile }: ProcessOptions): Process {
  if (child.pid === undefined) throw new Error(`${name} could not be started`)
  let isWanted = true
  live.add(child)
  const logTail = () => readFileSync(logFile, 'utf8').slice(-2000)
  const { promise: crashed, reject } = Promise.withResolvers<never>()
  crashed.catch(() => {}) // not everybody waits for it
  child.once('exit', () => {
    live.delete(child)
    if (isWanted) reject(new Error(`${name} ended by itself`))
  })
  const end = async (signal: NodeJS.Signals) => {
    isWanted = false
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
    await exited
    clearTimeout(timer)
  }
  return { pid: child.pid, crashed, logTail, stop: () => end('SIGTERM') }
}
