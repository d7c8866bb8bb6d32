import type { Logger } from '../../log.ts'
import type { FileService, Files } from '../files/file-service.ts'
import type { Message, Run, Store } from '../store/store.ts'

/** The pictures of a thread that are files, as a model takes them. */
export interface PromptImages {
  /**
   * Data URLs by file id. Absent is what is missing, too large, no picture, or beyond what one prompt
   * can hold: of the newest as many as fit.
   */
  load(
    run: Pick<Run, 'thread_id'>,
    messages: readonly Message[],
    options: { signal: AbortSignal },
  ): Promise<ReadonlyMap<string, string>>
}

export interface PromptImagesDeps {
  store: Pick<Store, 'getThreadProject'>
  files: Files
  log: Logger
}

const maxImages = 10
const maxBytes = 20 * 1024 * 1024
/** Of all in one prompt; endpoints refuse larger requests. */
const maxTotal = 50 * 1024 * 1024

export function createPromptImages({ store, files, log }: PromptImagesDeps): PromptImages {
  return {
    async load({ thread_id: threadId }, messages, { signal }) {
      const urls = new Map<string, string>()
      const project = await store.getThreadProject(threadId)
      if (project === undefined) return urls
      let total = 0
      for (const id of newestFirst(messages)) {
        signal.throwIfAborted()
        try {
          const image = await readImage(files.project(project), id, maxTotal - total)
          if (!image) continue
          total += image.byteLength
          const type = typeOf(image)
          if (type !== undefined) urls.set(id, `data:${type};base64,${image.toString('base64')}`)
        } catch (err) {
          log.warn({ err, file: id }, 'a picture could not be read')
        }
      }
      return urls
    },
  }
}

/** Whether any of the messages has a picture that is a file. */
export function hasImageFiles(messages: readonly Message[]): boolean {
  return messages.some(
    ({ role, content }) => role === 'user' && content.some(({ type }) => type === 'image_file'),
  )
}

function newestFirst(messages: readonly Message[]): string[] {
  const ids = messages
    .filter(({ role }) => role === 'user')
    .flatMap(({ content }) =>
      content.flatMap((block) => (block.type === 'image_file' ? [block.image_file.file_id] : [])),
    )
  return [...new Set(ids.toReversed())].slice(0, maxImages)
}

async function readImage(
  files: FileService,
  id: string,
  room: number,
): Promise<Buffer | undefined> {
  const file = await files.get(id)
  if (!file || file.bytes > Math.min(maxBytes, room)) return undefined
  const content = await files.read(id)
  return content && Buffer.concat(await Array.fromAsync(content))
}

/** By the first bytes: names and types are whatever somebody wrote. */
function typeOf(image: Buffer): string | undefined {
  const begin = image.toString('latin1', 0, 12)
  if (begin.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  if (begin.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (/^GIF8[79]a/.test(begin)) return 'image/gif'
  if (/^RIFF[^]{4}WEBP/.test(begin)) return 'image/webp'
  return undefined
}
