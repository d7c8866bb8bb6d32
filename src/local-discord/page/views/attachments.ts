import '@skyra/discord-components-core/discord-attachments.js'
import '@skyra/discord-components-core/discord-file-attachment.js'
import '@skyra/discord-components-core/discord-image-attachment.js'
import type { APIAttachment } from 'discord-api-types/v10'
import { html, nothing } from 'lit'

import { fileSize, localUrl } from '../format.ts'
import { toWebAddress } from '../markdown/parse.ts'
import { type Embed, hasFlag, type Message, messageFlags } from '../wire.ts'

const pictures = /^image\/(?:png|jpeg|gif|webp|avif|bmp)/
const widest = 400
const highest = 300

/** The files of a message, but for those that its embeds or its layout show. */
export function attachmentsView(message: Message) {
  const shown = new Set(message.embeds.flatMap(picturesOf))
  const attachments = message.attachments.filter(({ url }) => !shown.has(url))
  if (attachments.length === 0 || hasFlag(message, messageFlags.componentsV2)) return nothing
  return html`<discord-attachments slot="attachments"
    >${attachments.map(attachmentView)}</discord-attachments
  >`
}

function picturesOf({ image, thumbnail, author, footer }: Embed) {
  return [image?.url, thumbnail?.url, author?.icon_url, footer?.icon_url]
}

function attachmentView(attachment: APIAttachment) {
  const local = localUrl(attachment.url)
  const isPicture = pictures.test(attachment.content_type ?? '')
  return local !== undefined && isPicture
    ? pictureView(attachment, local)
    : fileView(attachment, local ?? toWebAddress(attachment.url))
}

function pictureView({ filename, description, width, height }: APIAttachment, url: string) {
  const scale = Math.min(1, widest / (width ?? widest), highest / (height ?? highest))
  const [shownWidth, shownHeight] = [width, height].map((size) => size && Math.round(size * scale))
  return html`<a
    class="picture"
    href=${url}
    target="_blank"
    rel="noopener noreferrer"
    aria-label=${filename}
  >
    <img
      src=${url}
      alt=${description ?? filename}
      width=${shownWidth ?? nothing}
      height=${shownHeight ?? nothing}
    />
  </a>`
}

function fileView({ filename, size }: APIAttachment, url: string | undefined) {
  const [amount = '', unit = ''] = fileSize(size).split(' ')
  return html`<discord-file-attachment
    name=${filename}
    .bytes=${Number(amount)}
    bytes-unit=${unit}
    href=${url ?? nothing}
    target="_blank"
    rel="noopener noreferrer"
  ></discord-file-attachment>`
}
