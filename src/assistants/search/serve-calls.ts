import { parentPort } from 'node:worker_threads'

export interface CallMessage {
  id: number
  name: string
  args: unknown[]
}

export type AnswerMessage = { id: number } & (
  | { value: unknown }
  | { error: string; code: string | null }
)

/** Serves `calls` to the one who started this thread; `after` is told the name of each that succeeded. */
export function serveCalls(calls: object, after: (name: string) => void = () => {}): void {
  parentPort?.on('message', ({ id, name, args }: CallMessage) => {
    parentPort?.postMessage(answerTo(id, () => callOf(calls, name, args)))
    after(name)
  })
}

function answerTo(id: number, call: () => unknown): AnswerMessage {
  try {
    return { id, value: call() }
  } catch (error) {
    if (!(error instanceof Error)) return { id, error: String(error), code: null }
    const code = 'code' in error && typeof error.code === 'string' ? error.code : null
    return { id, error: error.message, code }
  }
}

/** Both ends of the channel are ours: names and arguments fit. */
function callOf(calls: object, name: string, args: unknown[]): unknown {
  const call: unknown = Reflect.get(calls, name)
  if (typeof call !== 'function') throw new Error(`no such call: ${name}`)
  return Reflect.apply(call, calls, args)
}
