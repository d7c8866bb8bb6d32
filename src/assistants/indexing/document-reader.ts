import type { Logger } from '../../log.ts'
import { startTimer as realTimer, type StartTimer } from '../../timer.ts'
import type { Chunk, DocumentReader, DocumentToRead } from './document.ts'
import { startReadingThread, type ReadingThread } from './reading-thread.ts'

export interface DocumentReaderOptions {
  log: Logger
  /** Documents that are read at once; default 2. Others wait for their turn. */
  threads?: number | undefined
  /** A thread without work ends after so long; default 60 s. */
  idleMs?: number | undefined
  startTimer?: StartTimer | undefined
}

/** A free thread, and what keeps it from being used too long without work. */
interface IdleThread {
  thread: ReadingThread
  stopTimer: () => void
}

export function createDocumentReader({
  log: parentLog,
  threads = 2,
  idleMs = 60_000,
  startTimer = realTimer,
}: DocumentReaderOptions): DocumentReader {
  const log = parentLog.child({ module: 'documents' })
  const closing = new AbortController()
  const waiting: (() => void)[] = []
  const idle: IdleThread[] = []
  const running = new Set<ReadingThread>()
  let busy = 0

  async function* read(
    document: DocumentToRead,
    options: { signal: AbortSignal },
  ): AsyncGenerator<Chunk[]> {
    const signal = AbortSignal.any([options.signal, closing.signal])
    await takeTurn(signal)
    const thread = takeThread()
    try {
      yield* thread.read(document, { signal })
    } finally {
      await giveBack(thread)
      passTurn()
    }
  }

  /** First come, first served. */
  async function takeTurn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (busy < threads) {
      busy += 1
      return
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const onAbort = () => {
      const place = waiting.indexOf(resolve)
      if (place >= 0) waiting.splice(place, 1)
      reject(signal.reason)
    }
    waiting.push(resolve)
    signal.addEventListener('abort', onAbort, { once: true })
    await promise.finally(() => signal.removeEventListener('abort', onAbort))
  }

  function passTurn(): void {
    const next = waiting.shift()
    if (next) next()
    else busy -= 1
  }

  function takeThread(): ReadingThread {
    const free = idle.pop()
    free?.stopTimer()
    const thread = free?.thread ?? startReadingThread({ startTimer, log })
    running.add(thread)
    return thread
  }

  async function giveBack(thread: ReadingThread): Promise<void> {
    running.delete(thread)
    if (!thread.isFit() || closing.signal.aborted) return thread.terminate()
    const resting: IdleThread = { thread, stopTimer: startTimer(idleMs, () => void end(resting)) }
    idle.push(resting)
  }

  async function end(resting: IdleThread): Promise<void> {
    resting.stopTimer()
    const place = idle.indexOf(resting)
    if (place < 0) return
    idle.splice(place, 1)
    await resting.thread.terminate()
  }

  async function close(): Promise<void> {
    closing.abort(new Error('the document reader is closed'))
    await Promise.all([...idle].map(end))
    await Promise.all([...running].map((thread) => thread.terminate()))
  }

  return { read, close }
}
