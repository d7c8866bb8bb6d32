import type OpenAI from 'openai'

type LastError = OpenAI.VectorStores.VectorStoreFile.LastError

/** Why a file could not be made searchable, as far as a user can do something about it. */
export const unreadReasons = [
  'unsupported',
  'scanned',
  'empty',
  'password',
  'damaged',
  'too_large',
  'unknown',
] as const

export type UnreadReason = (typeof unreadReasons)[number]

/** Phrases of `last_error.message`, the more telling ones first. */
const phrases: [RegExp, UnreadReason][] = [
  [/scanned|\bocr\b/i, 'scanned'],
  [/password|encrypted/i, 'password'],
  [/is empty|no text\b(?! part)/i, 'empty'],
  [/too large|takes too long|too much memory|nested too deep/i, 'too_large'],
  [/damaged|cut off|is not a|not text/i, 'damaged'],
]

/** What a file of a vector store that is `failed` says about it. */
export function unreadReasonOf(error: LastError | null): UnreadReason {
  if (!error) return 'unknown'
  const told = phrases.find(([phrase]) => phrase.test(error.message))?.[1]
  if (told) return told
  return error.code === 'unsupported_file' ? 'unsupported' : 'unknown'
}
