import { NotFoundError } from 'openai'
import type OpenAI from 'openai'

import type { Logger } from '../log.ts'
import { cleanFileName } from './file-names.ts'
import type { AnswerParts } from './progress.ts'
import type { OutgoingFile } from './surface.ts'

export interface MadeFile extends OutgoingFile {
  data: Uint8Array
  isPicture: boolean
}

export type WithheldReason = 'tooLarge' | 'tooMany' | 'missing'

/** What a run has made, as it goes below the answer, and what cannot go there. */
export interface MadeFiles {
  files: MadeFile[]
  withheld: { name: string; reason: WithheldReason }[]
}

export interface MadeFilesDeps {
  openai: OpenAI
  log: Logger
}

/** What Discord takes with one message. */
const maxFiles = 10
const maxRequestBytes = 24 * 1024 * 1024
const withinMs = 20_000
const nothing: MadeFiles = { files: [], withheld: [] }

/** Reads the pictures and files of an answer; none of them is larger than `maxFileBytes`. Never rejects. */
export function createMadeFiles({ openai, log }: MadeFilesDeps) {
  async function read(
    id: string,
    room: number,
  ): Promise<{ name: string; data: Uint8Array | null }> {
    const options = { timeout: withinMs, maxRetries: 1 }
    const { filename, bytes } = await openai.files.retrieve(id, options)
    const name = cleanFileName(filename)
    if (bytes > room) return { name, data: null }
    const response = await openai.files.content(id, options)
    return { name, data: await readBounded(response, room) }
  }

  return async function readMadeFiles(
    { pictures, links }: Pick<AnswerParts, 'pictures' | 'links'>,
    maxFileBytes: number,
  ): Promise<MadeFiles> {
    if (pictures.length === 0 && links.length === 0) return nothing
    const made: MadeFiles = { files: [], withheld: [] }
    const withhold = (name: string, reason: WithheldReason): void => {
      made.withheld.push({ name, reason })
    }
    let room = Math.max(maxRequestBytes, maxFileBytes)
    for (const { fileId, name: linked, isPicture } of wantedOf({ pictures, links })) {
      if (fileId === null) withhold(linked, 'missing')
      else if (made.files.length === maxFiles) withhold(linked, 'tooMany')
      else {
        try {
          const { name, data } = await read(fileId, Math.min(room, maxFileBytes))
          if (data === null) withhold(name, 'tooLarge')
          else if (!isAmong(made.files, { name, data })) {
            room -= data.length
            made.files.push({ name: freeName(name, made.files), data, isPicture })
          }
        } catch (err) {
          if (!(err instanceof NotFoundError)) log.warn({ err, fileId }, 'a file was not read')
          withhold(linked, 'missing')
        }
      }
    }
    return made
  }
}

interface Wanted {
  fileId: string | null
  name: string
  isPicture: boolean
}

/** Pictures first, and nothing twice. */
function wantedOf({ pictures, links }: Pick<AnswerParts, 'pictures' | 'links'>): Wanted[] {
  const shown = new Set(pictures)
  const files = links
    .filter(({ fileId }) => fileId === null || !shown.has(fileId))
    .map((link) => ({ ...link, isPicture: false }))
  return [
    ...pictures.map((fileId, index) => {
      const linked = links.find((link) => link.fileId === fileId)
      return { fileId, name: linked?.name ?? `${index + 1}.png`, isPicture: true }
    }),
    ...files,
  ]
}

/** A picture that the text also links to is two files of the runtime. */
function isAmong(files: readonly MadeFile[], { name, data }: { name: string; data: Uint8Array }) {
  return files.some((file) => file.name === name && Buffer.compare(file.data, data) === 0)
}

/** Two files of one name could not be told apart. */
function freeName(name: string, taken: readonly OutgoingFile[]): string {
  const dot = name.lastIndexOf('.')
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, '']
  for (let number = 1; ; number += 1) {
    const tried = number === 1 ? name : `${stem}-${number}${extension}`
    if (!taken.some((file) => file.name === tried)) return tried
  }
}

/** Null: there is more of it than was said. */
async function readBounded({ body }: Response, room: number): Promise<Uint8Array | null> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of body ?? []) {
    size += part.length
    if (size > room) return null
    parts.push(part)
  }
  return Buffer.concat(parts)
}
