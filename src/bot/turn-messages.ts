import type OpenAI from 'openai'

import type { Translations } from '../i18n.ts'
import type { BroughtFiles } from './attachments.ts'
import { toAttachmentTools } from './file-kinds.ts'
import { withFileNames, withSpeaker } from './prompt.ts'
import type { Question } from './turns.ts'

type Message = OpenAI.Beta.Threads.RunCreateParams.AdditionalMessage

/** What a thread is to hold of the questions; nothing of one that was only files, none of which is there. */
export function toMessages(
  questions: readonly Question[],
  brought: readonly BroughtFiles[],
  translations: Translations,
): Message[] {
  return questions.flatMap((question, index) => {
    const files = brought[index] ?? { uploaded: [], leftOut: [] }
    const count = files.uploaded.length
    if (question.text === '' && count === 0) return []
    const text = question.text || translations(question.locale)('attached.question', { count })
    return [toMessage({ ...question, text }, files)]
  })
}

function toMessage(question: Question, { uploaded, leftOut }: BroughtFiles): Message {
  const { author, place, sourceId } = question
  const text = withFileNames(question.text, {
    read: uploaded.map(({ name }) => name),
    notRead: leftOut.map(({ name }) => name),
  })
  const attached = uploaded.map(({ id, tools }) => ({
    file_id: id,
    tools: toAttachmentTools(tools),
  }))
  return {
    role: 'user',
    content: place.isShared ? withSpeaker(author.name, text) : text,
    ...(attached.length > 0 && { attachments: attached }),
    metadata: {
      discord_author_id: author.id,
      discord_author_name: author.name.slice(0, 200),
      discord_message_id: sourceId,
    },
  }
}
