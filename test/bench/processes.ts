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
  /** What the process last wrote, for the message of a failure. */
  logTail(): string
  /** SIGTERM, and SIGKILL for who does not listen within ten seconds. */
  stop(): Promise<void>
  kill(): Promise<void>
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

export function startProcess({ args, env, logFile }: ProcessOptions): Process {
  const log = openSync(logFile, 'a')
  const child = spawn(process.execPath, args, {
    env: cleanEnvironment(env),
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  return track(child, logFile)
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
  const tracked = track(child, options.logFile)
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

function track(child: ChildProcess, logFile: string): Process {
  if (child.pid === undefined) throw new Error('the process could not be started')
  live.add(child)
  child.once('exit', () => live.delete(child))
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
    await exited
    clearTimeout(timer)
  }
  return {
    pid: child.pid,
    logTail: () => readFileSync(logFile, 'utf8').slice(-2000),
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  }
}
