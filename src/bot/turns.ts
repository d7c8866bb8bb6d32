import type { Locale, Translations } from '../i18n.ts'
import type { Logger } from '../log.ts'
import type { Answer, AnswerRequest } from './answer.ts'
import { asWritten } from './as-written.ts'
import type { AttachedFile, Attachments, BroughtFiles } from './attachments.ts'
import type { Clock } from './clock.ts'
import type { Place } from './conversations.ts'
import { areFilesRefused, isPlaceLost } from './discord-failure.ts'
import { type Below, createDraft, type Draft } from './draft.ts'
import { newReference } from './failure.ts'
import { type Conclusion, finalText } from './final-text.ts'
import { howIKnowButton } from './how-i-know.ts'
import { createLanes } from './lanes.ts'
import type { MadeFiles } from './made-files.ts'
import type { AnswerParts } from './progress.ts'
import { codeButton } from './shown-code.ts'
import { sourcesButton } from './sources.ts'
import type { Surface } from './surface.ts'
import { toMessages } from './turn-messages.ts'

/** One thing somebody asked, and where the answer goes. */
export interface Question {
  place: Place
  surface: Surface
  locale: Locale
  /** May be empty where there are attachments. */
  text: string
  attachments: readonly AttachedFile[]
  author: { id: string; name: string }
  /** The Discord message that asks, or the interaction. */
  sourceId: string
  /** May be answered together with others that wait, below the last of them. */
  isCollectable: boolean
}

export interface Turns {
  /** False: too much is waiting already. */
  ask(question: Question): boolean
  /** Stops the answer that is being written; what waits behind it goes on. False: there is none. */
  stop(key: string): boolean
  /** Takes no more questions; answers that are not done after `graceMs` are interrupted. */
  close(options: { graceMs: number }): Promise<void>
}

export interface TurnsDeps {
  answer: (request: AnswerRequest) => Promise<Answer>
  attachments: Attachments
  readMadeFiles: (parts: AnswerParts, maxFileBytes: number) => Promise<MadeFiles>
  translations: Translations
  clock: Clock
  log: Logger
}

/** The Assistants API takes at most so many messages with a run. */
const maxMessagesPerTurn = 32
const maxActiveTurns = 128
const maxWaitingPerLane = 64
const maxWaiting = 2_000

type StopReason = 'stopped' | 'interrupted' | 'place_lost'

interface ActiveTurn {
  stop(reason: StopReason): void
}

export function createTurns(deps: TurnsDeps): Turns {
  const { answer, attachments, readMadeFiles, translations, clock, log } = deps
  const active = new Map<string, ActiveTurn>()
  const lanes = createLanes<Question>({
    work: takeTurn,
    batchSize,
    onError: (err, conversation) => log.error({ err, conversation }, 'turn failed'),
    maxActive: maxActiveTurns,
    maxWaitingPerLane,
    maxWaiting,
  })

  async function takeTurn(key: string, questions: Question[]): Promise<void> {
    const last = questions.at(-1)
    if (!last) return
    const turnLog = log.child({ conversation: key })
    const t = translations(last.locale)
    const control = new AbortController()
    let reason: StopReason = 'stopped'
    const stop = (why: StopReason): void => {
      reason = why
      control.abort()
    }
    active.set(key, { stop })
    const draft = createDraft({
      surface: last.surface,
      clock,
      restInFile: t('ending.restInFile'),
      onPreviewError(err) {
        turnLog.warn({ err }, 'preview was not shown')
        if (isPlaceLost(err)) stop('place_lost')
      },
    })
    try {
      const brought = await bring(questions, { draft, t, signal: control.signal })
      const messages = brought ? toMessages(questions, brought, translations) : []
      const answered =
        messages.length === 0
          ? unasked(control.signal)
          : await answer({
              place: last.place,
              messages,
              signal: control.signal,
              onProgress({ text, tool }) {
                draft.show(text, tool === null ? null : activityText(t, tool))
              },
            })
      const { surface } = last
      const leftOut = brought?.flatMap((one) => one.leftOut) ?? []
      const uploaded = brought?.flatMap((one) => one.uploaded) ?? []
      await conclude({ answered, reason, draft, surface, t, leftOut, uploaded, log: turnLog })
    } finally {
      draft.close()
      active.delete(key)
    }
  }

  /** Null: somebody stopped it. */
  async function bring(
    questions: readonly Question[],
    { draft, t, signal }: { draft: Draft; t: T; signal: AbortSignal },
  ): Promise<BroughtFiles[] | null> {
    try {
      return await attachments.bring(
        questions.map((question) => question.attachments),
        {
          signal,
          onFile: (name) => draft.show('', t('attached.reading', { name: asWritten(name) })),
        },
      )
    } catch (error) {
      if (signal.aborted) return null
      throw error
    }
  }

  async function conclude(ended: EndedTurn): Promise<void> {
    const { answered, reason, draft, surface, t, leftOut, uploaded } = ended
    const { runId, threadId, end, text, cause } = answered
    const runLog = ended.log.child({ threadId, runId })
    const ref = end.type === 'failed' ? newReference() : null
    if (end.type === 'failed') runLog.error({ ref, kind: end.kind, err: cause }, 'answer failed')
    else runLog.info({ end: end.type, characters: text.length }, 'answered')
    if (end.type === 'cancelled' && reason === 'place_lost') return
    try {
      const [made, unread] = await Promise.all([
        readMadeFiles(answered, surface.maxFileBytes),
        threadId === null ? [] : attachments.unread(threadId, uploaded),
      ])
      const isInterrupted = reason === 'interrupted'
      const { withheld } = made
      const conclusion = { answered, isInterrupted, ref, leftOut, unread, withheld }
      await show(conclusion, { draft, t, below: belowOf(answered, made, t) })
    } catch (err) {
      runLog.error({ err, ref }, 'answer could not be shown')
    }
  }

  /** Files that Discord does not take must not keep the answer from its readers. */
  async function show(
    conclusion: Conclusion,
    { draft, t, below }: { draft: Draft; t: T; below: Below },
  ): Promise<void> {
    const text = finalText(conclusion, t)
    try {
      await draft.finish(text, below)
    } catch (error) {
      if (below.files.length === 0 || !areFilesRefused(error)) throw error
      log.warn({ err: error }, 'the files of an answer were refused')
      const gap = text === '' ? '' : '\n'
      await draft.finish(`${text}${gap}-# ${t('made.refused')}`, { ...below, files: [] })
    }
  }

  async function sayInterrupted({ surface, locale }: Question): Promise<void> {
    try {
      await surface.send({ content: `-# ${translations(locale)('ending.interrupted')}` })
    } catch (err) {
      log.warn({ err }, 'could not say that a question was interrupted')
    }
  }

  return {
    ask: (question) => lanes.push(question.place.key, question),

    stop(key) {
      const turn = active.get(key)
      turn?.stop('stopped')
      return turn !== undefined
    },

    async close({ graceMs }) {
      const left = lanes.close()
      const cancelInterrupt = clock.after(graceMs, () => {
        for (const turn of active.values()) turn.stop('interrupted')
      })
      const untold = left.flatMap(({ items }) => answeredAlone(items)).map(sayInterrupted)
      await Promise.all([lanes.idle(), ...untold])
      cancelInterrupt()
    },
  }
}

interface EndedTurn extends Pick<Conclusion, 'leftOut'> {
  answered: Answer
  reason: StopReason
  draft: Draft
  surface: Surface
  t: T
  uploaded: BroughtFiles['uploaded']
  log: Logger
}

/** As many as may be answered together: neighbours that are collectable, else one alone. */
function batchSize(waiting: readonly Question[]): number {
  const alone = waiting.findIndex(({ isCollectable }) => !isCollectable)
  if (alone === 0) return 1
  return Math.min(alone === -1 ? waiting.length : alone, maxMessagesPerTurn)
}

/** One of those that would have been answered together, and all the others. */
function answeredAlone(questions: Question[]): Question[] {
  return questions.filter(({ isCollectable }, index) => {
    const next = questions[index + 1]
    return !isCollectable || next?.isCollectable !== true
  })
}

/** A turn that the model was not asked in: it was stopped before, or there was nothing to ask. */
function unasked(signal: AbortSignal): Answer {
  return {
    text: '',
    sources: [],
    pictures: [],
    links: [],
    calledTools: new Set(),
    isNewThread: false,
    end: { type: signal.aborted ? 'cancelled' : 'completed' },
    runId: null,
    threadId: null,
  }
}

function belowOf(answered: Answer, made: MadeFiles, t: T): Below {
  const buttons = [howIKnowButton, sourcesButton, codeButton].flatMap(
    (button) => button(answered, t) ?? [],
  )
  const files = made.files.map(({ name, data, isPicture }) => ({
    name,
    data,
    ...(isPicture && { description: t('made.alt', { name }) }),
  }))
  return { buttons, files }
}

type T = ReturnType<Translations>

function activityText(t: T, tool: string): string {
  switch (tool) {
    case 'ask_database':
    case 'file_search':
    case 'code_interpreter':
      return t(`activity.${tool}`)
    default:
      return t('activity.other')
  }
}
