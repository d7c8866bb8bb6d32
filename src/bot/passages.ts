import type OpenAI from 'openai'
import { z } from 'zod'

import type { Citation } from './references.ts'

type RunStep = OpenAI.Beta.Threads.Runs.RunStep

/** What a search has found. */
export interface Passage {
  fileId: string
  fileName: string
  /** Null where the format has none, or the server does not say. */
  page: number | null
  heading: string | null
  text: string
  /** The search in its thread; null where the server does not say. */
  search: number | null
  place: number
}

/** One of the numbers in an answer's text. */
export interface Source {
  number: number
  /** What the model called the file. */
  label: string
  /** Null: it was found for an earlier answer. */
  passage: Passage | null
}

/** Gives the passages of one answer their numbers, from 1, in the order in which they are cited. */
export interface Numbering {
  /** What the run has found; before it is cited. */
  know(passages: readonly Passage[]): void
  /** The same for the same passage. */
  numberOf(citation: Citation): number
  sources(): Source[]
}

export function createNumbering(): Numbering {
  const known: Passage[] = []
  const sources = new Map<string, Source>()

  function find({ search, place, fileId }: Citation): Passage | null {
    const candidates = known.filter((passage) => {
      return passage.place === place && passage.fileId === fileId
    })
    const named = candidates.find((passage) => passage.search === search)
    // Where a server does not number its searches, the latest must do.
    return named ?? candidates.findLast((passage) => passage.search === null) ?? null
  }

  return {
    know: (passages) => void known.push(...passages),
    numberOf(citation) {
      const passage = find(citation)
      const { search, place, fileId, label } = citation
      // The same file may be among the class files and come with the question.
      const key = JSON.stringify(
        passage ? [passage.fileName, passage.text] : [fileId, search, place],
      )
      const before = sources.get(key)
      if (before) return before.number
      const number = sources.size + 1
      sources.set(key, { number, label, passage })
      return number
    },
    sources: () => [...sources.values()],
  }
}

const resultSchema = z.object({
  file_id: z.string(),
  file_name: z.string(),
  content: z.array(z.object({ text: z.string().optional() })).optional(),
  page: z.number().nullish(),
  heading: z.string().nullish(),
  search: z.number().nullish(),
})

/** What the searches of a step have found, if it was asked for with `withPassages`. */
export function passagesOf({ step_details: details }: Pick<RunStep, 'step_details'>): Passage[] {
  if (details.type !== 'tool_calls') return []
  return details.tool_calls.flatMap((call) =>
    call.type === 'file_search' ? (call.file_search.results ?? []).flatMap(toPassage) : [],
  )
}

function toPassage(result: unknown, place: number): Passage[] {
  const { data } = resultSchema.safeParse(result)
  if (!data) return []
  const { file_id, file_name, content = [], page, heading, search } = data
  return [
    {
      fileId: file_id,
      fileName: file_name,
      page: page ?? null,
      heading: heading ?? null,
      text: content.map(({ text = '' }) => text).join('\n'),
      search: search ?? null,
      place,
    },
  ]
}

/** A passage as it is quoted: on one line, in which nothing is a heading. */
export function oneLine(text: string): string {
  return text
    .replaceAll(/^\s*#{1,6}\s+/gm, '')
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim()
}
