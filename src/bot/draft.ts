import type { Clock } from './clock.ts'
import { isMessageGone } from './discord-failure.ts'
import { createPager, messageLimit, pageContent } from './splitting.ts'
import type { MessageButton, Outgoing, OutgoingFile, Surface } from './surface.ts'

/** The Discord messages of one answer while it streams and once it is whole. */
export interface Draft {
  /** Shows the whole text so far and what is being done, as soon as it is time to. */
  show(text: string, activity: string | null): void
  /**
   * Shows the answer whole and at once, with the rest below its end. Rejects when Discord does not take it;
   * it may then be tried again with less.
   */
  finish(text: string, below?: Below): Promise<void>
  /** Shows nothing more. */
  close(): void
}

/** What stands below the last message of an answer. */
export interface Below {
  buttons: readonly MessageButton[]
  /** At most ten. */
  files: readonly OutgoingFile[]
}

export interface DraftDeps {
  surface: Surface
  clock: Clock
  /** Stands above the file that holds what does not fit into the messages. */
  restInFile: string
  /** A preview or the typing indicator could not be shown. */
  onPreviewError: (error: unknown) => void
}

/** An answer that is complete before these times costs exactly one request. */
const typingAfterMs = 250
const typingAgainMs = 8_000
const firstShownAfterMs = 300
const firstTextLength = 30
const anythingAfterMs = 700

const maxMessages = 8
const maxFiles = 10

interface Shown {
  /** Null: somebody deleted it. */
  id: string | null
  content: string
  /** Files or buttons. */
  hasMore: boolean
}

export function createDraft({ surface, clock, restInFile, onPreviewError }: DraftDeps): Draft {
  const began = clock.now()
  const pager = createPager()
  const shown: Shown[] = []
  let text = ''
  let activity: string | null = null
  let final = false
  let writing: Promise<void> | null = null
  let lastWrite = 0
  let previewsEnded = false
  let plannedFor = Infinity
  let cancelTimer = (): void => {}
  let cancelTyping = clock.after(typingAfterMs, type)

  function type(): void {
    if (final || shown.length > 0) return
    surface.typing().catch(onPreviewError)
    cancelTyping = clock.after(typingAgainMs, type)
  }

  function plan(): void {
    if (final || writing || previewsEnded) return
    if (text === '' && activity === null) return
    const due = dueAt()
    if (due >= plannedFor) return
    cancelTimer()
    plannedFor = due
    const wait = due - clock.now()
    if (wait > 0) cancelTimer = clock.after(wait, preview)
    else preview()
  }

  function dueAt(): number {
    if (shown.length > 0) return lastWrite + surface.pace()
    const isWorthShowing = text.length >= firstTextLength || activity !== null
    return began + (isWorthShowing ? firstShownAfterMs : anythingAfterMs)
  }

  function preview(): void {
    plannedFor = Infinity
    if (final || writing) return
    writing = write(previewMessages())
      .catch((error: unknown) => {
        previewsEnded = true
        onPreviewError(error)
      })
      .finally(() => {
        writing = null
        lastWrite = clock.now()
        plan()
      })
  }

  function previewMessages(): Outgoing[] {
    const messages = pagesOf(text).slice(0, maxMessages)
    if (activity === null) return messages
    const line = `-# ${activity}`
    const last = messages.at(-1)
    if (!last) return [{ content: line }]
    const content = `${last.content.trimEnd()}\n${line}`
    return content.length > messageLimit ? messages : [...messages.slice(0, -1), { content }]
  }

  function finalMessages(): Outgoing[] {
    const messages = pagesOf(text)
    if (messages.length <= maxMessages) return messages
    const rest = pager.pages(text).filter(isVisible).slice(maxMessages)
    const bodies = rest.map(({ body }) => body).join('')
    const file = { name: 'answer.md', data: (rest[0]?.prefix ?? '') + bodies }
    return [...messages.slice(0, maxMessages), { content: `-# ${restInFile}`, files: [file] }]
  }

  function pagesOf(whole: string): Outgoing[] {
    return pager
      .pages(whole)
      .filter(isVisible)
      .map((page) => ({ content: pageContent(page) }))
  }

  /** Brings what is shown to what is wanted, one request after the other. */
  async function write(messages: Outgoing[]): Promise<void> {
    for (const [index, message] of messages.entries()) {
      const before = shown[index]
      if (!before) {
        shown[index] = toShown(await surface.send(message), message)
        cancelTyping()
      } else if (before.id === null) {
        if (final) shown[index] = toShown(await surface.send(message), message)
      } else if (before.content !== message.content || before.hasMore !== hasMore(message)) {
        await edit(before, before.id, message)
      }
    }
  }

  async function edit(before: Shown, id: string, message: Outgoing): Promise<void> {
    try {
      await surface.edit(id, message)
      Object.assign(before, toShown(id, message))
    } catch (error) {
      if (!isMessageGone(error)) throw error
      before.id = final ? await surface.send(message) : null
    }
  }

  function close(): void {
    final = true
    cancelTimer()
    cancelTyping()
  }

  return {
    show(newText, newActivity) {
      if (final) return
      text = newText
      activity = newActivity
      plan()
    },

    async finish(whole, below) {
      text = whole
      activity = null
      close()
      if (writing) await writing
      await write(withMore(finalMessages(), below))
    },

    close,
  }
}

/** Discord refuses a message of nothing but white space. */
function isVisible({ body }: { body: string }): boolean {
  return body.trim() !== ''
}

function toShown(id: string, message: Outgoing): Shown {
  return { id, content: message.content, hasMore: hasMore(message) }
}

function hasMore({ files = [], buttons = [] }: Outgoing): boolean {
  return files.length > 0 || buttons.length > 0
}

/** Files alone are a message too. */
function withMore(messages: Outgoing[], { buttons, files }: Below = nothing): Outgoing[] {
  if (buttons.length === 0 && files.length === 0) return messages
  const last = messages.at(-1) ?? { content: '' }
  const together = [...(last.files ?? []), ...files].slice(0, maxFiles)
  const whole = { ...last, files: together, buttons }
  return [...messages.slice(0, -1), whole]
}

const nothing: Below = { buttons: [], files: [] }
