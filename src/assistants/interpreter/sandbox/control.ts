// The main thread of a sandbox process. It never runs Python, so it hears the host while Python is
// busy, sees how large the process grows, and ends it when the host is gone.
import { MessageChannel, Worker } from 'node:worker_threads'

import {
  shared,
  type HostMessage,
  type SandboxReply,
  type SandboxRequest,
  type SandboxStart,
} from './messages.ts'

const watchMs = 50
/** JavaScript's own heap of the thread; Python's memory and files are bounded in the thread. */
const resourceLimits = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 16, stackSizeMb: 8 }

/** Reaches a cell that waits; one that computes looks at the shared number instead. */
const interrupts = new MessageChannel()
const numbers = new Int32Array(new SharedArrayBuffer(4 * shared.length))
let worker: Worker | undefined
let cells = 0

process.on('message', (message: HostMessage) => {
  if (message.type === 'start') start(message)
  else if (message.type === 'interrupt') interrupt()
  else post(message)
})
process.on('disconnect', () => process.exit())

function start(options: SandboxStart): void {
  const { processBytes } = options.limits
  // Options that are not named are inherited: with `execArgv` the thread would have no permissions to lose.
  worker = new Worker(new URL('./python-thread.ts', import.meta.url), {
    name: 'python',
    env: {},
    workerData: { numbers, start: options, interrupts: interrupts.port2 },
    transferList: [interrupts.port2],
    resourceLimits,
  })
  worker.on('message', (reply: SandboxReply) => send(reply))
  worker.on('error', (error: Error & { code?: string }) => {
    const isMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    end({ reason: isMemory ? 'memory' : 'ended', detail: String(error.message).slice(0, 500) })
  })
  worker.on('exit', (code) => end({ reason: 'ended', detail: `exit status ${code}` }))
  setInterval(() => {
    if (process.memoryUsage.rss() > processBytes) end({ reason: 'memory', detail: 'process' })
  }, watchMs)
}

function post(message: SandboxRequest): void {
  // An interruption that came too late was meant for the cell before.
  Atomics.store(numbers, shared.signal, 0)
  if (message.type === 'run') cells += 1
  worker?.postMessage(message)
  Atomics.add(numbers, shared.wake, 1)
  Atomics.notify(numbers, shared.wake)
}

function interrupt(): void {
  Atomics.store(numbers, shared.signal, 2)
  interrupts.port1.postMessage(cells)
}

let isOver = false
function end({ reason, detail }: { reason: 'memory' | 'ended'; detail: string }): void {
  if (isOver) return
  isOver = true
  send({ type: 'over', reason, detail, outputs: [] }, () => process.exit())
}

function send(reply: SandboxReply, onSent?: () => void): void {
  process.send?.(reply, undefined, undefined, onSent)
}
