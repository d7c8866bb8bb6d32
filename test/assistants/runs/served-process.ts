import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

import OpenAI from 'openai'

import { startCommand } from '../../helpers/start-command.ts'

/** The program that serves the Assistants API, in a process of its own. */
export interface ServedProcess {
  client: OpenAI
  pid: number
  /** Lines of its log that say `error`: there should be none, whatever happens around it. */
  readonly errors: string[]
  kill(signal: NodeJS.Signals): void
  /** SIGKILL, and waits until it is gone. */
  end(): Promise<void>
}

export async function startServed(env: Record<string, string>): Promise<ServedProcess> {
  const child = spawn(process.execPath, startCommand('serve'), {
    env: { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'info', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const baseURL = await addressOf(child)
  const errors: string[] = []
  const lines = child.stdout && createInterface({ input: child.stdout })
  lines?.on('line', (line) => {
    if (/"level":[56]0/.test(line)) errors.push(line)
  })
  return {
    client: new OpenAI({ baseURL, apiKey: 'any', maxRetries: 0 }),
    pid: child.pid ?? 0,
    errors,
    kill: (signal) => void child.kill(signal),
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}

async function addressOf({ stdout }: ChildProcess): Promise<string> {
  let output = ''
  for await (const chunk of stdout?.iterator({ destroyOnReturn: false }) ?? []) {
    output += String(chunk)
    const [, address] = /OPENAI_BASE_URL=(\S+)/.exec(output) ?? []
    if (address === undefined) continue
    return address
  }
  throw new Error(`the process ended:\n${output}`)
}
