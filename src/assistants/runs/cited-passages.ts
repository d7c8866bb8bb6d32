import { fromMarker, type PassageKey } from '../citations/marker.ts'
import type { Message, StepRecord } from '../store/store.ts'
import { callsOf } from './hosted-calls.ts'

/**
 * The files of the passages that the model can cite, by marker: those that this run has found, and
 * those that messages of the prompt cite already.
 */
export interface CitedPassages {
  size: number
  fileOf(marker: string): string | undefined
}

export function toCitedPassages(messages: Message[], steps: readonly StepRecord[]): CitedPassages {
  const files = new Map<string, string>()
  for (const { content } of messages) {
    for (const block of content) {
      if (block.type !== 'text') continue
      for (const annotation of block.text.annotations) {
        const key = annotation.type === 'file_citation' && fromMarker(annotation.text)
        if (key) files.set(toName(key), annotation.file_citation.file_id)
      }
    }
  }
  for (const call of steps.flatMap(({ step }) => callsOf(step))) {
    if (call.type !== 'file_search') continue
    const { number: search, results = [] } = call.file_search
    if (search === undefined) continue
    for (const [place, { file_id }] of results.entries())
      files.set(toName({ search, place }), file_id)
  }
  return {
    size: files.size,
    fileOf(marker) {
      const key = fromMarker(marker)
      return key && files.get(toName(key))
    },
  }
}

function toName({ search, place }: PassageKey): string {
  return `${search}:${place}`
}
