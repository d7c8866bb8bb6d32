import { AppError } from '../../errors.ts'
import type { Every } from '../../every.ts'
import type { Logger } from '../../log.ts'
import { startTimer as startRealTimer, type StartTimer } from '../../timer.ts'
import type { Blobs } from '../files/blobs.ts'
import type { SearchIndex } from '../search/search-index.ts'
import type { Claim, ClaimedFile, ClaimedRemoval } from '../store/indexing-work.ts'
import type { Store } from '../store/store.ts'
import { DocumentError, type DocumentReader } from './document.ts'

export interface IndexingQueueDeps {
  store: Pick<Store, 'indexing' | 'onIndexingWork'>
  blobs: Pick<Blobs, 'open'>
  reader: Pick<DocumentReader, 'read'>
  index: Pick<SearchIndex, 'write' | 'remove'>
  /** Another one each time, for claims. */
  newToken: () => string
  /** Milliseconds since the epoch. */
  now: () => number
  every: Every
  startTimer?: StartTimer | undefined
  /**
   * Whether other processes work at the same database: then work is looked for now and then, and
   * held by leases. Otherwise the database is this process's alone.
   */
  isShared: boolean
  /** Files that are read and indexed at once; default 2. */
  concurrency?: number | undefined
  log: Logger
}

interface Patience {
  timeoutMs: number
  signal: AbortSignal
}

/** Takes the files of vector stores into the search index, and out of it. */
export interface IndexingQueue {
  /** Goes on with what was left behind. Call once, when the database can be asked. */
  start(): Promise<void>
  /** Every file that could be found is indexed anew, for the index was lost. */
  indexAnew(): Promise<void>
  /**
   * Resolves when no file of the vector store is in progress, or when the time is over. Throws the
   * signal's reason when aborted.
   */
  wait(vectorStoreId: string, options: Patience): Promise<void>
  /**
   * As `wait`, until `look` answers that there is no more to wait for; it is asked again whenever
   * something has changed.
   */
  waitUntil(look: () => Promise<boolean>, options: Patience): Promise<void>
  /** Stops, and gives back what it is at, to be done after the next start or by another process. */
  close(): Promise<void>
}

/** A claim of a process that died is free after so long. */
const leaseSeconds = 15
const renewMs = 5_000
/** Between two looks for the work of other processes, and of a database that was away. */
const pollMs = 2_000
/** Between two looks at what another process may have done. */
const lookMs = 500
const sweepMs = 60_000
/** What failed for no fault of the document is tried again after so many seconds, then given up. */
const backoffSeconds = [5, 30]
/**
 * How often a file is begun with whose work never ended: it may be what kills the process. More often
 * than a program is stopped the hard way while it reads one file.
 */
const maxBegun = 10
/** Reference 5.1; tokens are counted by who reads the document. */
const maxBytes = 512 * 1024 * 1024
/** As good as for ever, where nobody else can take over. */
const always = Number.MAX_SAFE_INTEGER

/** Ends work on something that is not ours any more. */
const lost = new Error('the claim is lost')
const closing = new Error('the queue is closed')

export function createIndexingQueue({
  store,
  blobs,
  reader,
  index,
  newToken,
  now,
  every,
  startTimer = startRealTimer,
  isShared,
  concurrency = 2,
  log: parentLog,
}: IndexingQueueDeps): IndexingQueue {
  const log = parentLog.child({ module: 'indexing' })
  const work = store.indexing
  const seconds = () => Math.floor(now() / 1000)
  /** What is being worked on, by its claim. */
  const held = new Map<string, AbortController>()
  const loops = new Set<Promise<void>>()
  const stops: (() => void)[] = []
  const timers = new Set<() => void>()
  const waiting = new Set<() => void>()
  let isOpen = false
  let isClosed = false
  /** There may be more than what was asked for last. */
  let lookAgain = false
  let lastStore = ''
  let removing: Promise<void> | undefined

  const newClaim = (): Claim => {
    const at = seconds()
    return { token: newToken(), now: at, until: isShared ? at + leaseSeconds : always }
  }

  function tellWaiting(): void {
    for (const look of waiting) look()
  }

  function wake(): void {
    if (!isOpen || isClosed) return
    lookAgain = true
    void inBackground(checkHeld())
    startLoops()
  }

  function startLoops(): void {
    while (loops.size < concurrency) {
      const loop: Promise<void> = runLoop().finally(() => {
        loops.delete(loop)
        // It had looked before there was something.
        if (lookAgain && !isClosed) startLoops()
      })
      loops.add(loop)
      if (!lookAgain) return
    }
  }

  /** Does what there is, until there is nothing more. */
  async function runLoop(): Promise<void> {
    try {
      while (!isClosed) {
        lookAgain = false
        await removeFromIndex()
        const file = isClosed ? undefined : await work.claimFile(newClaim(), lastStore)
        if (!file) return
        lookAgain = true
        lastStore = file.vectorStoreId
        startLoops()
        await indexFile(file)
        tellWaiting()
      }
    } catch (err) {
      log.error({ err }, 'files could not be taken to be indexed')
      lookAgain = false
      after(pollMs, wake)
    }
  }

  async function indexFile(file: ClaimedFile): Promise<void> {
    const { fileId, vectorStoreId, tries } = file
    await whileHeld(file.token, async (signal) => {
      try {
        const failure = failureBefore(file)
        if (failure) return await work.failFile(file, failure)
        const bytes = await writeToIndex(file, signal)
        await work.completeFile(file, bytes)
      } catch (err) {
        if (signal.reason === lost) return await work.leaveFile(file)
        if (signal.reason === closing) {
          return await work.releaseFile(file, { from: seconds(), isTry: false })
        }
        if (err instanceof DocumentError) {
          const { code, message } = err
          return await work.failFile(file, { code, message })
        }
        log.warn({ err, fileId, vectorStoreId, tries }, 'a file could not be indexed')
        await tryAgain(file, err)
      }
    })
  }

  async function tryAgain(file: ClaimedFile, error: unknown): Promise<void> {
    const wait = backoffSeconds[file.tries - 1]
    if (wait === undefined) {
      const message = error instanceof AppError ? error.message : 'The file could not be processed.'
      return work.failFile(file, { code: 'server_error', message })
    }
    await work.releaseFile(file, { from: seconds() + wait, isTry: true })
    after(wait * 1000, wake)
  }

  async function writeToIndex(file: ClaimedFile, signal: AbortSignal): Promise<number> {
    const { content, chunking, fileId, vectorStoreId } = file
    if (!content) throw new DocumentError('invalid_file', 'The file was deleted.')
    const copy = await blobs.open(content.sha256, { signal })
    try {
      const { filename } = content
      const chunks = reader.read({ path: copy.path, filename, chunking }, { signal })
      const written = await index.write({ vectorStoreId, fileId }, chunks, { signal })
      return written.bytes
    } finally {
      await copy.release()
    }
  }

  /** Before anything is indexed, so that what comes back is not forgotten after it. */
  function removeFromIndex(): Promise<void> {
    removing ??= (async () => {
      while (!isClosed) {
        const removal = await work.claimRemoval(newClaim())
        if (!removal) return
        await whileHeld(removal.token, () => remove(removal))
      }
    })().finally(() => (removing = undefined))
    return removing
  }

  async function remove(removal: ClaimedRemoval): Promise<void> {
    const { vectorStoreId, fileId, isNeeded } = removal
    try {
      if (isNeeded) await index.remove({ vectorStoreId, fileId })
      await work.finishRemoval(removal)
    } catch (err) {
      log.warn({ err, vectorStoreId, fileId }, 'the index could not forget a file')
      const [wait = 0] = backoffSeconds
      await work.releaseRemoval(removal, seconds() + wait)
      after(wait * 1000, wake)
    }
  }

  async function whileHeld(
    token: string,
    task: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const controller = new AbortController()
    held.set(token, controller)
    if (isClosed) controller.abort(closing)
    try {
      await task(controller.signal)
    } finally {
      held.delete(token)
    }
  }

  /** Keeps what is ours, and leaves what is not any more: a file was detached, a batch cancelled. */
  async function checkHeld(): Promise<void> {
    const tokens = [...held.keys()]
    if (tokens.length === 0) return
    const until = isShared ? seconds() + leaseSeconds : always
    const kept = new Set(await work.renewClaims(tokens, until))
    for (const token of tokens) if (!kept.has(token)) held.get(token)?.abort(lost)
  }

  async function sweep(): Promise<void> {
    while ((await work.expireStores(seconds())) > 0) wake()
  }

  /** For what must not end anything if it fails; it is done again by itself. */
  async function inBackground(task: Promise<void>): Promise<void> {
    try {
      await task
    } catch (err) {
      log.warn({ err }, 'the indexing queue could not ask the database')
    }
  }

  function after(delayMs: number, task: () => void): void {
    if (isClosed) return
    const stop = startTimer(delayMs, () => {
      timers.delete(stop)
      task()
    })
    timers.add(stop)
  }

  async function waitUntil(
    look: () => Promise<boolean>,
    { timeoutMs, signal }: Patience,
  ): Promise<void> {
    signal.throwIfAborted()
    const events = createBell()
    let isOver = false
    waiting.add(events.ring)
    const stopTimer = startTimer(timeoutMs, () => {
      isOver = true
      events.ring()
    })
    signal.addEventListener('abort', events.ring, { once: true })
    try {
      for (;;) {
        const rung = events.next()
        if ((await look()) || isOver || isClosed) return
        const stopLooking = isShared ? startTimer(lookMs, events.ring) : () => {}
        await rung
        stopLooking()
        signal.throwIfAborted()
      }
    } finally {
      stopTimer()
      waiting.delete(events.ring)
      signal.removeEventListener('abort', events.ring)
    }
  }

  return {
    async start() {
      if (!isShared) await work.releaseAll()
      // Nobody would stop what begins after that.
      if (isClosed) return
      isOpen = true
      const changed = () => {
        wake()
        tellWaiting()
      }
      stops.push(
        store.onIndexingWork(changed),
        every(sweepMs, () => void inBackground(sweep())),
      )
      if (isShared) {
        stops.push(
          every(renewMs, () => void inBackground(checkHeld())),
          every(pollMs, wake),
        )
      }
      await sweep()
      wake()
    },

    async indexAnew() {
      await work.requeueAll()
      wake()
    },

    wait: (vectorStoreId, options) =>
      waitUntil(async () => (await work.countWaiting(vectorStoreId)) === 0, options),

    waitUntil,

    async close() {
      isClosed = true
      for (const stop of [...stops, ...timers]) stop()
      for (const controller of held.values()) controller.abort(closing)
      tellWaiting()
      await Promise.all(loops)
    },
  }
}

/** Why a file is not even begun with. */
function failureBefore({ tries, content }: ClaimedFile) {
  if (tries > maxBegun) {
    const message = 'Processing the file was begun several times, and never came to an end.'
    return { code: 'server_error', message } as const
  }
  if (content && content.bytes > maxBytes) {
    const message = 'The file could not be parsed because it is too large.'
    return { code: 'invalid_file', message } as const
  }
  return undefined
}

/** Wakes whoever waits for the next ring. */
function createBell(): { ring: () => void; next: () => Promise<void> } {
  let resolve = () => {}
  return {
    ring: () => resolve(),
    next: () => new Promise<void>((settle) => (resolve = settle)),
  }
}
