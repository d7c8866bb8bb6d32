import type { Attachment } from 'discord.js'

import type { AttachedFile } from './attachments.ts'

/**
 * An attachment as the gateway describes it. Discord takes letters that are not Latin out of file names,
 * and keeps what was written, without the extension, as the title.
 */
export function toAttachedFile({ name, title, url, size }: Attachment): AttachedFile {
  const extension = /\.\w{1,10}$/.exec(name)?.[0] ?? ''
  const isComplete = title === null || title.toLowerCase().endsWith(extension.toLowerCase())
  return { name: isComplete ? (title ?? name) : title + extension, url, size }
}
