import type OpenAI from 'openai'

import { passagesOf, createNumbering, type Source } from './passages.ts'
import { type Annotation, createReferences, type LinkedFile } from './references.ts'

type Event = OpenAI.Beta.AssistantStreamEvent
type RunStep = OpenAI.Beta.Threads.Runs.RunStep

export interface Progress {
  /** The whole answer so far. */
  text: string
  /** The function or the hosted tool that is being asked for or executed. */
  tool: string | null
}

/** What an answer refers to and shows beside its text. */
export interface AnswerParts {
  /** The numbers in the text, in order. */
  sources: Source[]
  /** Ids of files that are pictures, in the order in which they are shown. */
  pictures: string[]
  /** Files that the text links to, each once. */
  links: LinkedFile[]
}

/** Follows a run's events. */
export interface ProgressTracker {
  take(event: Event): void
  /** What the searches of a step have found; before the text that cites it. */
  know(step: RunStep): void
  /** The whole answer so far. */
  text(): string
  /** The whole answer, now that nothing more comes. */
  finish(): string
  parts(): AnswerParts
}

/**
 * Joins the run's messages with blank lines, turns what they cite into numbers, and knows which tool the
 * run is asking for.
 */
export function createProgressTracker(onProgress: (progress: Progress) => void): ProgressTracker {
  const numbering = createNumbering()
  const links: LinkedFile[] = []
  const pictures: string[] = []
  const references = createReferences({
    numberOf: (citation) => numbering.numberOf(citation),
    onLink: (file) => keepLink(links, file),
  })
  let text = ''
  let tool: string | null = null
  let isNewMessage = false
  /** The first half of a character whose second half is in the next piece. */
  let half = ''

  function write(piece: string, annotations?: readonly Annotation[]): void {
    const whole = half + piece
    half = /[\uD800-\uDBFF]$/.exec(whole)?.[0] ?? ''
    // Discord's text is Unicode: it takes no half characters.
    const pieces = whole.slice(0, whole.length - half.length).toWellFormed()
    append(references.add(pieces, annotations))
  }

  /** Only ever appends: what was shown already must stay a beginning of the text. */
  function append(shown: string): void {
    const visible = text === '' ? shown.trimStart() : shown
    if (visible === '') return
    if (isNewMessage && text !== '') text += blankLineAfter(text)
    isNewMessage = false
    text += visible
    tool = null
    onProgress({ text, tool })
  }

  return {
    take(event) {
      if (event.event === 'thread.message.delta') {
        for (const part of event.data.delta.content ?? []) {
          if (part.type === 'text') write(part.text?.value ?? '', part.text?.annotations)
          else if (part.type === 'refusal') write(part.refusal ?? '')
          else if (part.type === 'image_file') keepPicture(pictures, part.image_file?.file_id)
        }
      } else if (event.event === 'thread.message.created') {
        append(references.finish())
        isNewMessage = true
      } else if (event.event === 'thread.run.step.delta') {
        const name = toolNameOf(event.data)
        if (name === null) return
        tool = name
        onProgress({ text, tool })
      }
    },
    know: (step) => numbering.know(passagesOf(step)),
    text: () => text,
    finish() {
      append(references.finish())
      return text
    },
    parts: () => ({ sources: numbering.sources(), pictures, links }),
  }
}

function keepPicture(pictures: string[], fileId: string | undefined): void {
  if (fileId !== undefined && !pictures.includes(fileId)) pictures.push(fileId)
}

function keepLink(links: LinkedFile[], file: LinkedFile): void {
  const isKnown = links.some(({ name, fileId }) => name === file.name && fileId === file.fileId)
  if (!isKnown) links.push(file)
}

function blankLineAfter(text: string): string {
  if (text.endsWith('\n\n')) return ''
  return text.endsWith('\n') ? '\n' : '\n\n'
}

/** The name of the function, or the type of the hosted tool, whose call begins with this fragment. */
function toolNameOf({ delta }: OpenAI.Beta.Threads.Runs.RunStepDeltaEvent): string | null {
  const details = delta.step_details
  if (details?.type !== 'tool_calls') return null
  for (const call of details.tool_calls ?? []) {
    if (call.type !== 'function') return call.type
    if (call.function?.name) return call.function.name
  }
  return null
}
