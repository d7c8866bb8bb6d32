import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

import type { APIAttachment } from 'discord-api-types/v10'

import type { Clock } from '../clock.ts'
import type { NextSnowflake } from '../snowflake.ts'
import { pictureSize } from './picture-size.ts'

/** A file as a client uploaded it. */
export interface Upload {
  /** `n` of its form part `files[n]`. */
  index: string
  filename: string
  contentType: string
  bytes: Uint8Array
}

export interface StoredFile {
  contentType: string
  bytes: Uint8Array
}

/** Files in memory, behind URLs that are signed and expire like Discord's. */
export interface Attachments {
  add(upload: Upload, place: { channelId: string; origin: string }): APIAttachment
  /** The file behind a path below /cdn/attachments/, or null when the URL is wrong or too old. */
  read(url: URL): StoredFile | null
  /** The attachment with URLs that are valid from now on. */
  renew(attachment: APIAttachment): APIAttachment
}

export interface AttachmentsDeps {
  clock: Pick<Clock, 'now'>
  nextId: NextSnowflake
  /** The oldest files leave when all together are larger. */
  maxBytes: number
}

const validMs = 24 * 3600 * 1000

export function createAttachments({ clock, nextId, maxBytes }: AttachmentsDeps): Attachments {
  const files = new Map<string, StoredFile>()
  const key = randomBytes(32)
  let held = 0

  const signature = (path: string, from: string, until: string) =>
    createHmac('sha256', key).update(`${path} ${from} ${until}`).digest('hex')

  const sign = (origin: string, path: string) => {
    const from = Math.floor(clock.now() / 1000).toString(16)
    const until = Math.floor((clock.now() + validMs) / 1000).toString(16)
    return `${origin}${path}?ex=${until}&is=${from}&hm=${signature(path, from, until)}&`
  }

  const keep = (id: string, file: StoredFile) => {
    files.set(id, file)
    held += file.bytes.byteLength
    for (const [oldest, { bytes }] of files) {
      if (held <= maxBytes || oldest === id) return
      files.delete(oldest)
      held -= bytes.byteLength
    }
  }

  return {
    add(upload, { channelId, origin }) {
      const id = nextId()
      const filename = safeName(upload.filename)
      const title = upload.filename.replace(/\.\w{1,10}$/, '').slice(0, maxTitle)
      keep(id, { contentType: upload.contentType, bytes: upload.bytes })
      const url = sign(
        origin,
        `/cdn/attachments/${channelId}/${id}/${encodeURIComponent(filename)}`,
      )
      return {
        id,
        filename,
        ...(filename !== upload.filename && { title }),
        size: upload.bytes.byteLength,
        url,
        proxy_url: url,
        content_type: upload.contentType,
        ...(upload.contentType.startsWith('image/') && pictureSize(upload.bytes)),
      }
    },
    read(url) {
      const given = (name: string) => url.searchParams.get(name) ?? ''
      const expected = Buffer.from(signature(url.pathname, given('is'), given('ex')))
      const actual = Buffer.from(given('hm'))
      const isSigned = actual.length === expected.length && timingSafeEqual(actual, expected)
      if (!isSigned || Number.parseInt(given('ex'), 16) * 1000 < clock.now()) return null
      return files.get(url.pathname.split('/')[4] ?? '') ?? null
    },
    renew(attachment) {
      const { origin, pathname } = new URL(attachment.url)
      const url = sign(origin, pathname)
      return { ...attachment, url, proxy_url: url }
    },
  }
}

const maxTitle = 1024

/** Discord keeps letters, digits, `_`, `-`, `.`, turns spaces into `_` and drops the rest; other scripts stay. */
function safeName(filename: string): string {
  const name = filename
    .replaceAll(/[\s/\\]+/g, '_')
    .replaceAll(/[^\p{L}\p{N}_.-]/gu, '')
    .slice(-120)
  return /[^.]/.test(name) ? name : 'unknown'
}
