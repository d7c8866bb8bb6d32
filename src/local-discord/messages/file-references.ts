import { EmbedType, type APIAttachment, type APIEmbed } from 'discord-api-types/v10'

import { fieldError } from '../discord-error.ts'
import { walk } from './component-form.ts'
import type { EditForm } from './message-form.ts'

/** Embeds and components may name a file of their own message as `attachment://name`. */

const scheme = 'attachment://'

const find = (url: string, attachments: readonly APIAttachment[]): APIAttachment | undefined =>
  url.startsWith(scheme)
    ? attachments.find(({ filename }) => filename === url.slice(scheme.length))
    : undefined

export function toEmbeds(
  embeds: NonNullable<EditForm['embeds']>,
  attachments: readonly APIAttachment[],
): APIEmbed[] {
  const resolve = (value: unknown): unknown => {
    if (typeof value === 'string') return find(value, attachments)?.url ?? value
    if (Array.isArray(value)) return value.map(resolve)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, inner]) =>
        inner === null ? [] : [[name, resolve(inner)]],
      ),
    )
  }
  // embedsForm has checked the shape; resolve only replaces URLs and drops nulls.
  return embeds.map((embed) => ({ type: EmbedType.Rich, ...(resolve(embed) as APIEmbed) }))
}

/**
 * Fills the media of components in place (documentation, "Unfurled Media Item").
 * @throws DiscordError 50035 when the message has no such file
 */
export function fillMedia(
  components: readonly object[],
  attachments: readonly APIAttachment[],
): void {
  for (const { value, path } of walk(components)) {
    const items: unknown[] = Array.isArray(value['items']) ? value['items'] : []
    for (const holder of [value, ...items]) {
      const found = fill(holder, attachments, ['components', ...path])
      if (found && holder === value && 'file' in value)
        Object.assign(value, { name: found.filename, size: found.size })
    }
  }
}

function fill(
  holder: unknown,
  attachments: readonly APIAttachment[],
  path: readonly PropertyKey[],
): APIAttachment | undefined {
  // Only parsed components come here: `media` and `file` are objects with a URL.
  const { media, file = media } = holder as { media?: { url: string }; file?: { url: string } }
  if (!file?.url.startsWith(scheme)) return undefined
  const found = find(file.url, attachments)
  if (!found)
    throw fieldError(path, {
      code: 'UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND',
      message: `The referenced attachment "${file.url.slice(0, 200)}" was not found`,
    })
  const { id, url, proxy_url, width, height, content_type } = found
  Object.assign(file, { attachment_id: id, url, proxy_url, width, height, content_type })
  return found
}
