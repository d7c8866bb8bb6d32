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
  /**
   * Starts the thread, because a picture comes (`sure`), or may (`likely`): then it draws one for nobody
   * too, after which the first real one takes 0.2 s instead of 0.7 s, but only where somebody has asked
   * for a picture before. Whoever wants none does not pay for them with memory.
   */
  warm(chance: 'sure' | 'likely'): void
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

/** Has Chinese and Latin letters in both weights. */
const trial = boundWeek({
  monday: '2024-01-01',
  title: '瓜瓜 Guagua',
  weekLabel: null,
  timeZone: 'UTC',
  now: 0,
  locale: 'zh-CN',
  theme: 'dark',
  classes: [
    {
      id: 1,
      course_date: '2024-01-01',
      start_time: '08:00:00',
      end_time: '12:00:00',
      course_name: '课程 Course',
      instructor: '老师 Teacher',
    },
  ],
  assignments: [],
  holidays: [],
})

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
  let wasAsked = false

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
      wasAsked = true
      if (waiting.length >= maxWaiting) {
        throw new AppError('unavailable', 'Too many pictures are being drawn. Try again later.')
      }
      return await enqueue(boundWeek(week), signal)
    },
    warm(chance) {
      if (closed || worker !== null || (chance === 'likely' && !wasAsked)) return
      worker = startWorker()
      // Nobody waits for its answer; the renderer is slow at first.
      if (chance === 'likely') worker.postMessage({ id: 0, week: trial } satisfies PictureJob)
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
