import type { Translate } from '../i18n.ts'
import type { Answer } from './answer.ts'
import { asWritten } from './as-written.ts'
import {
  attachmentLimits,
  type LeftOutFile,
  type LeftOutReason,
  type UnreadFile,
} from './attachments.ts'
import type { MadeFiles } from './made-files.ts'
import { footnotes } from './sources.ts'
import { closeCode } from './splitting.ts'

/** All that there is to say at the end of a turn. */
export interface Conclusion {
  answered: Pick<Answer, 'text' | 'sources' | 'isNewThread' | 'end'>
  /** By the bot itself, because it ends; otherwise somebody stopped it. */
  isInterrupted: boolean
  /** Finds the failure in the log. */
  ref: string | null
  leftOut: readonly LeftOutFile[]
  unread: readonly UnreadFile[]
  withheld: MadeFiles['withheld']
}

/** The answer, and below it in grey what else there is to say about it. */
export function finalText(conclusion: Conclusion, t: Translate): string {
  const { answered, isInterrupted, ref } = conclusion
  const { end, isNewThread, sources } = answered
  // Nothing is trimmed: parts of it may be shown already, and Discord trims by itself.
  const text = closeCode(answered.text)
  const notes = [...footnotes(sources, t), ...fileNotes(conclusion, t)]
  if (isNewThread) notes.push(`-# ${t('ending.newThread')}`)
  if (end.type === 'cancelled') {
    notes.push(`-# ${isInterrupted ? t('ending.interrupted') : t('ending.stopped')}`)
  }
  if (end.type === 'failed') {
    const sentence = t('failure.reference', { sentence: t(`failure.${end.kind}`), ref })
    notes.push(text === '' ? `⚠️ ${sentence}` : `-# ⚠️ ${sentence}`)
  }
  const gap = text === '' || text.endsWith('\n') || notes.length === 0 ? '' : '\n'
  return text + gap + notes.join('\n')
}

/** Why files that were sent were not read, and why files that were made are not there. */
function fileNotes(
  { leftOut, unread, withheld }: Pick<Conclusion, 'leftOut' | 'unread' | 'withheld'>,
  t: Translate,
): string[] {
  const { megabytes, perMessage } = attachmentLimits
  const left = byReason(leftOut).map(([reason, names]) =>
    t(`attached.left.${reason satisfies LeftOutReason}`, {
      names: listOf(names, t),
      megabytes,
      most: perMessage,
    }),
  )
  const failed = byReason(unread).map(([reason, names]) =>
    t(`attached.unread.${reason}`, { names: listOf(names, t) }),
  )
  const missing = byReason(withheld).map(([reason, names]) =>
    t(`made.${reason}`, { names: listOf(names, t) }),
  )
  return [...left, ...failed, ...missing].map((line) => `-# ${line}`)
}

function byReason<Reason extends string>(
  files: readonly { name: string; reason: Reason }[],
): [Reason, string[]][] {
  const groups = new Map<Reason, string[]>()
  for (const { name, reason } of files) groups.set(reason, [...(groups.get(reason) ?? []), name])
  return [...groups]
}

const maxNames = 5
const maxNameLength = 60

function listOf(names: readonly string[], t: Translate): string {
  const shown = names
    .slice(0, maxNames)
    .map((name) => asWritten(Array.from(name).slice(0, maxNameLength).join('')))
    .join(', ')
  const number = names.length - maxNames
  return number > 0 ? t('attached.more', { names: shown, number }) : shown
}
