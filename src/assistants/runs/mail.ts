import type { Logger } from '../../log.ts'
import type { RunEvent } from '../wire/events.ts'
import type { JobQueue, Notification } from './job-queue.ts'

/** What processes at one database tell each other. Any of it may be lost with a connection. */
export type ProcessMessage =
  /** Events of a run, to the process where they are read; `number` counts from 0 per attempt. */
  | (AttemptOfJob & { type: 'events'; number: number; events: RunEvent[] })
  /** No more events will come of that attempt, for this reason. */
  | (AttemptOfJob & { type: 'interrupted'; reason: string })
  /** Events of a change by somebody who does not execute the run, to all. */
  | { type: 'announced'; runId: string; events: RunEvent[] }
  /** Whoever executes the run is to stop, and to say when that is done. */
  | { type: 'stop'; runId: string; reason: 'cancelled' | 'expired' }
  | { type: 'stopped'; runId: string }
  | { type: 'deleted'; threadId: string }
  /** There is more work than the sender can do. */
  | { type: 'work' }

export interface AttemptOfJob {
  runId: string
  jobId: string
  attempt: number
}

/** Sends messages to one other process or to all of them. Between two processes they stay in order. */
export interface Mail {
  readonly processId: string
  /** Done when the database has it; rejects if it cannot. */
  send(to: string, message: ProcessMessage): Promise<void>
  /** To all other processes; a failure is only logged. */
  broadcast(message: ProcessMessage): Promise<void>
  start(recipient: Recipient): Promise<void>
  close(): Promise<void>
}

export interface Recipient {
  receive(message: ProcessMessage): void
  /** Messages may have been missed. */
  onGap(): void
}

export interface MailDeps {
  queue: Pick<JobQueue, 'processId' | 'channelPrefix' | 'notify' | 'listen'>
  log: Logger
}

/** Postgres takes less than 8000 bytes; a code unit makes at most three. */
const chunkLengths = { ascii: 7_800, other: 2_600 }
/** More parts wait only if their rest never comes. */
const maxUnfinished = 1_000

interface Letter {
  notifications: Notification[]
  settle: (error?: unknown) => void
}

export function createMail({ queue, log }: MailDeps): Mail {
  const { processId, channelPrefix } = queue
  const channelOf = (to: string) => `${channelPrefix}_${to}`
  const stops: (() => Promise<void>)[] = []
  let outbox: Letter[] = []
  let sending: Promise<void> | undefined
  let count = 0

  function post(to: string, message: ProcessMessage): Promise<void> {
    const channel = channelOf(to)
    const id = `${processId}.${(count += 1)}`
    const notifications = toPayloads(id, message).map((payload) => ({ channel, payload }))
    return new Promise((resolve, reject) => {
      const settle = (error?: unknown) => (error === undefined ? resolve() : reject(error as Error))
      outbox.push({ notifications, settle })
      sending ??= empty().finally(() => (sending = undefined))
    })
  }

  /** One statement for all that came while the last was on its way. */
  async function empty(): Promise<void> {
    while (outbox.length > 0) {
      const letters = outbox
      outbox = []
      try {
        await queue.notify(letters.flatMap(({ notifications }) => notifications))
        for (const { settle } of letters) settle()
      } catch (error) {
        for (const { settle } of letters) settle(error)
      }
    }
  }

  function createReader(recipient: Recipient) {
    const unfinished = new Map<string, string[]>()
    let wasConnected = false
    return {
      onConnected() {
        unfinished.clear()
        if (wasConnected) recipient.onGap()
        wasConnected = true
      },
      onNotification(payload: string) {
        const part = parsePart(payload)
        if (!part || part.id.startsWith(`${processId}.`)) return
        const parts = unfinished.get(part.id) ?? []
        parts.push(part.text)
        if (parts.length < part.count) {
          if (unfinished.size < maxUnfinished) unfinished.set(part.id, parts)
          return
        }
        unfinished.delete(part.id)
        const message = parseMessage(parts.join(''))
        if (message) recipient.receive(message)
      },
    }
  }

  return {
    processId,
    send: post,
    broadcast: (message) =>
      post('all', message).catch((err: unknown) => {
        log.warn({ err, message: message.type }, 'the other processes could not be told')
      }),
    async start(recipient) {
      stops.push(await queue.listen(channelOf(processId), createReader(recipient)))
      stops.push(await queue.listen(channelOf('all'), createReader(recipient)))
    },
    async close() {
      await sending
      await Promise.all(stops.map((stop) => stop()))
    },
  }
}

/** Head and text of each part: id, number of parts. Those of one message arrive in their order. */
function toPayloads(id: string, message: ProcessMessage): string[] {
  const json = JSON.stringify(message)
  const isAscii = Buffer.byteLength(json) === json.length
  const chunks = split(json, isAscii ? chunkLengths.ascii : chunkLengths.other)
  // Postgres delivers equal notifications of one transaction once, so each has its number.
  return chunks.map((chunk, index) => `${id}:${chunks.length}:${index}:${chunk}`)
}

function split(text: string, length: number): string[] {
  const chunks: string[] = []
  let start = 0
  while (start < text.length) {
    let end = Math.min(start + length, text.length)
    // Half a surrogate pair is no text in UTF-8.
    if (end < text.length && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800) end -= 1
    chunks.push(text.slice(start, end))
    start = end
  }
  return chunks
}

function parsePart(payload: string): { id: string; count: number; text: string } | undefined {
  const [head, id = '', count = ''] = /^([^:]+):(\d+):\d+:/.exec(payload) ?? []
  return head === undefined
    ? undefined
    : { id, count: Number(count), text: payload.slice(head.length) }
}

/** Another process wrote it, maybe of another version: what it says that is not known is passed over. */
function parseMessage(json: string): ProcessMessage | undefined {
  try {
    const message = JSON.parse(json) as ProcessMessage | null
    return typeof message?.type === 'string' ? message : undefined
  } catch {
    return undefined
  }
}
