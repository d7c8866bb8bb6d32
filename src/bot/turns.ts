import type OpenAI from 'openai'

import type { Locale, Translations } from '../i18n.ts'
import type { Logger } from '../log.ts'
import type { Answer, AnswerRequest } from './answer.ts'
import type { Clock } from './clock.ts'
import type { Place } from './conversations.ts'
import { isPlaceLost } from './discord-failure.ts'
import { createDraft, type Draft } from './draft.ts'
import { newReference } from './failure.ts'
import { howIKnowButton } from './how-i-know.ts'
import { createLanes } from './lanes.ts'
import { withSpeaker } from './prompt.ts'
import { closeCode } from './splitting.ts'
import type { Surface } from './surface.ts'

/** One thing somebody asked, and where the answer goes. */
export interface Question {
  place: Place
  surface: Surface
  locale: Locale
  text: string
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

export function createTurns({ answer, translations, clock, log }: TurnsDeps): Turns {
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
      const answered = await answer({
        place: last.place,
        messages: questions.map(toMessage),
        signal: control.signal,
        onProgress({ text, tool }) {
          draft.show(text, tool === null ? null : activityText(t, tool))
        },
      })
      await conclude({ answered, reason, draft, locale: last.locale, log: turnLog })
    } finally {
      draft.close()
      active.delete(key)
    }
  }

  async function conclude({ answered, reason, draft, locale, log: turnLog }: Conclusion) {
    const { runId, threadId, end, text, cause } = answered
    const runLog = turnLog.child({ threadId, runId })
    const ref = end.type === 'failed' ? newReference() : null
    if (end.type === 'failed') runLog.error({ ref, kind: end.kind, err: cause }, 'answer failed')
    else runLog.info({ end: end.type, characters: text.length }, 'answered')
    if (end.type === 'cancelled' && reason === 'place_lost') return
    try {
      const t = translations(locale)
      await draft.finish(finalText({ answered, reason, ref, t }), howIKnowButton(answered, t))
    } catch (err) {
      runLog.error({ err, ref }, 'answer could not be shown')
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

interface Conclusion {
  answered: Answer
  reason: StopReason
  draft: Draft
  locale: Locale
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

function toMessage(question: Question): OpenAI.Beta.Threads.RunCreateParams.AdditionalMessage {
  const { author, place, sourceId, text } = question
  return {
    role: 'user',
    content: place.isShared ? withSpeaker(author.name, text) : text,
    metadata: {
      discord_author_id: author.id,
      discord_author_name: author.name.slice(0, 200),
      discord_message_id: sourceId,
    },
  }
}

type T = ReturnType<Translations>

function activityText(t: T, tool: string): string {
  return tool === 'ask_database' ? t('activity.ask_database') : t('activity.other')
}

interface FinalTextOptions {
  answered: Answer
  reason: StopReason
  ref: string | null
  t: T
}

/** The answer, and below it in grey what else there is to say about it. */
function finalText({ answered, reason, ref, t }: FinalTextOptions): string {
  const { end, isNewThread } = answered
  // Nothing is trimmed: parts of it may be shown already, and Discord trims by itself.
  const text = closeCode(answered.text)
  const notes: string[] = []
  if (isNewThread) notes.push(`-# ${t('ending.newThread')}`)
  if (end.type === 'cancelled') {
    notes.push(`-# ${reason === 'interrupted' ? t('ending.interrupted') : t('ending.stopped')}`)
  }
  if (end.type === 'failed') {
    const sentence = t('failure.reference', { sentence: t(`failure.${end.kind}`), ref })
    notes.push(text === '' ? `⚠️ ${sentence}` : `-# ⚠️ ${sentence}`)
  }
  const gap = text === '' || text.endsWith('\n') || notes.length === 0 ? '' : '\n'
  return text + gap + notes.join('\n')
}
