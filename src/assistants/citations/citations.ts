import type OpenAI from 'openai'

import { createCodePointCounter, lengthInCodePoints } from './code-points.ts'
import { findReference, type ReferenceKind } from './find-references.ts'

/** As a message shows it. */
export type Annotation = OpenAI.Beta.Threads.Annotation

/** A piece of a text; with an annotation it is exactly what is annotated. */
export interface CitedPiece {
  text: string
  annotation?: Annotation
}

/** The text of one content block on its way from the model to the message. */
export interface Citations {
  /** What may go out now of what has come, in order; nothing is lost, changed or sent twice. */
  add(text: string): Promise<CitedPiece[]>
  /** The rest; nothing more will come. */
  finish(): Promise<CitedPiece[]>
}

/** What the references of a text point to; undefined where they point to nothing. */
export interface CitationSources {
  /** The file of a passage that the model was shown, by its marker. */
  passage(marker: string): string | undefined
  /** A file that code has made, as a file of the API. `path` is `/mnt/data/…`, as it is written. */
  path(path: string): Promise<string | undefined>
}

export interface CitationsOptions {
  kinds: ReadonlySet<ReferenceKind>
  sources: CitationSources
}

/**
 * Finds what a model cites while it writes. A marker or a path that points to nothing stays in the
 * text, as text: nothing is annotated that is not there, and nothing that the model wrote is taken
 * away. Offsets are in code points, with the end exclusive.
 */
export function createCitations({ kinds, sources }: CitationsOptions): Citations {
  const sent = createCodePointCounter()
  let held = ''
  let before = ''

  async function take(isOver: boolean): Promise<CitedPiece[]> {
    const pieces: CitedPiece[] = []
    for (;;) {
      const { text, reference, rest } = findReference(held, { kinds, before, isOver })
      held = rest
      send(pieces, { text })
      if (!reference) return joined(pieces)
      const annotation = await annotate(reference)
      send(pieces, { text: reference.text, ...(annotation && { annotation }) })
    }
  }

  function send(pieces: CitedPiece[], piece: CitedPiece): void {
    if (piece.text === '') return
    sent.add(piece.text)
    before = piece.text.slice(-1)
    pieces.push(piece)
  }

  async function annotate({
    kind,
    text,
  }: {
    kind: ReferenceKind
    text: string
  }): Promise<Annotation | undefined> {
    const start_index = sent.count()
    const place = { text, start_index, end_index: start_index + lengthInCodePoints(text) }
    if (kind === 'passage') {
      const file_id = sources.passage(text)
      return file_id === undefined
        ? undefined
        : { type: 'file_citation', ...place, file_citation: { file_id } }
    }
    const file_id = await sources.path(text.slice('sandbox:'.length))
    return file_id === undefined
      ? undefined
      : { type: 'file_path', ...place, file_path: { file_id } }
  }

  return {
    add(text) {
      held += text
      return take(false)
    },
    finish: () => take(true),
  }
}

/** Plain pieces that follow each other as one. */
function joined(pieces: CitedPiece[]): CitedPiece[] {
  const result: CitedPiece[] = []
  for (const piece of pieces) {
    const last = result.at(-1)
    if (last && !last.annotation && !piece.annotation) last.text += piece.text
    else result.push({ ...piece })
  }
  return result
}
