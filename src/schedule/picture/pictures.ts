import { getCompileCacheDir } from 'node:module'
import { Worker } from 'node:worker_threads'

import { AppError } from '../../errors.ts'
import type { Logger } from '../../log.ts'
import { startTimer as realTimer, type StartTimer } from '../../timer.ts'
import type { PictureJob, PictureResult } from './picture-worker.ts'
import { boundWeek, type BoundedWeek, type Week } from './week.ts'

export interface Pictures {
  /**
   * A week as a PNG of at most 3,200 × 2,800 pixels, usually about 200 kB. Throws the signal's reason when
   * aborted, and an `AppError` (`unavailable`) when it cannot be drawn or too much is waiting.
   */
  drawWeek(week: Week, options?: { signal?: AbortSignal }): Promise<Buffer>
  /** Loads the fonts now; without it the first picture does, and takes a second longer. */
  warm(): void
  close(): Promise<void>
}

export interface PicturesDeps {
  log: Logger
  /** The thread, which takes 200 MB, ends after so long without work; default 5 minutes. */
  idleMs?: number
  /** A picture that takes longer is given up; default 20 s, which the first one needs on a busy machine. */
  timeLimitMs?: number
  startTimer?: StartTimer
}

interface Job {
  message: PictureJob
  resolve(png: Buffer): void
  reject(error: unknown): void
}

/** Pictures that may wait at once. */
const maxWaiting = 50

/** Draws in a thread of its own, one picture after the other, so that nothing else waits for it. */
export function createPictures(deps: PicturesDeps): Pictures {
  const { idleMs = 5 * 60_000, timeLimitMs = 20_000, startTimer = realTimer } = deps
  const log = deps.log.child({ module: 'pictures' })
  const waiting: Job[] = []
  let current: Job | null = null
  let worker: Worker | null = null
  let stopTimer = () => {}
  let lastId = 0
  let closed = false

  function startWorker(): Worker {
    const cacheDir = getCompileCacheDir()
    const started = new Worker(new URL('./picture-worker.ts', import.meta.url), {
      name: 'pictures',
      // None of the process's variables, so none of its secrets.
      env: cacheDir === undefined ? {} : { NODE_COMPILE_CACHE: cacheDir },
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 128 },
    })
    started.unref()
    started.on('message', ({ id, png }: PictureResult) => {
      if (current?.message.id !== id) return
      current.resolve(Buffer.from(png.buffer))
      takeNext()
    })
    started.on('error', (err) => {
      log.error({ err }, 'a picture could not be drawn')
      abandon(started)
    })
    started.on('exit', () => abandon(started))
    return started
  }

  /** The thread is lost with the picture that it drew; the others get a new one. */
  function abandon(gone: Worker): void {
    if (worker !== gone) return
    worker = null
    current?.reject(new AppError('unavailable', 'The picture could not be drawn.'))
    takeNext()
  }

  function takeNext(): void {
    stopTimer()
    current = waiting.shift() ?? null
    if (current === null) {
      if (worker !== null) {
        worker.unref()
        stopTimer = startTimer(idleMs, () => void stopWorker())
      }
      return
    }
    worker ??= startWorker()
    worker.ref()
    worker.postMessage(current.message)
    stopTimer = startTimer(timeLimitMs, () => {
      log.error({ timeLimitMs }, 'a picture took too long')
      void stopWorker()
    })
  }

  async function stopWorker(): Promise<void> {
    const stopped = worker
    if (stopped === null) return
    abandon(stopped)
    await stopped.terminate()
  }

  function enqueue(week: BoundedWeek, signal: AbortSignal | undefined): Promise<Buffer> {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
    const job: Job = { message: { id: (lastId += 1), week }, resolve, reject }
    const onAbort = () => {
      const index = waiting.indexOf(job)
      if (index >= 0) waiting.splice(index, 1)
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    waiting.push(job)
    if (current === null) takeNext()
    return promise.finally(() => signal?.removeEventListener('abort', onAbort))
  }

  return {
    async drawWeek(week, { signal } = {}) {
      signal?.throwIfAborted()
      if (closed) throw new AppError('unavailable', 'Pictures are closed.')
      if (waiting.length >= maxWaiting) {
        throw new AppError('unavailable', 'Too many pictures are being drawn. Try again later.')
      }
      return await enqueue(boundWeek(week), signal)
    },
    warm() {
      if (closed || worker !== null) return
      worker = startWorker()
      stopTimer = startTimer(idleMs, () => void stopWorker())
    },
    async close() {
      closed = true
      for (const job of waiting.splice(0)) {
        job.reject(new AppError('unavailable', 'Pictures are closed.'))
      }
      await stopWorker()
      stopTimer()
    },
  }
}
