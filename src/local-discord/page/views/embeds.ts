import '@skyra/discord-components-core/discord-embed.js'
import '@skyra/discord-components-core/discord-embed-description.js'
import '@skyra/discord-components-core/discord-embed-field.js'
import '@skyra/discord-components-core/discord-embed-fields.js'
import '@skyra/discord-components-core/discord-embed-footer.js'
import { html, nothing } from 'lit'

import type { App } from '../app.ts'
import { localUrl, messageTime } from '../format.ts'
import { toCssColor } from '../lookup.ts'
import { toWebAddress } from '../markdown/parse.ts'
import { markdownView } from '../markdown/render.ts'
import type { Embed } from '../wire.ts'

export function embedView(app: App, embed: Embed) {
  return html`<discord-embed
    slot="embeds"
    color=${embed.color === undefined ? nothing : toCssColor(embed.color)}
    author-name=${plain(embed.author?.name) ?? nothing}
    author-image=${here(embed.author?.icon_url) ?? nothing}
    author-url=${address(embed.author?.url) ?? nothing}
    embed-title=${plain(embed.title) ?? nothing}
    url=${address(embed.url) ?? nothing}
    image=${here(embed.image?.url) ?? nothing}
    thumbnail=${here(embed.thumbnail?.url) ?? nothing}
  >
    ${
      embed.description
        ? html`<discord-embed-description slot="description"
            >${markdownView(app, embed.description, 'embed')}</discord-embed-description
          >`
        : nothing
    }
    ${embed.fields?.length ? fieldsView(app, embed.fields) : nothing}
    ${embed.footer || embed.timestamp ? footerView(app, embed) : nothing}
  </discord-embed>`
}

function fieldsView(app: App, fields: NonNullable<Embed['fields']>) {
  let inlineIndex = 0
  return html`<discord-embed-fields slot="fields">
    ${fields.map((field) => {
      inlineIndex = field.inline ? (inlineIndex % 3) + 1 : 0
      return html`<discord-embed-field
        field-title=${plain(field.name) ?? ''}
        ?inline=${field.inline}
        inline-index=${inlineIndex || nothing}
        >${markdownView(app, field.value, 'embed')}</discord-embed-field
      >`
    })}
  </discord-embed-fields>`
}

function footerView(app: App, { footer, timestamp }: Embed) {
  const time = timestamp ? messageTime(Date.parse(timestamp), Date.now(), app.locale) : undefined
  const text = [footer?.text, time].filter((part) => part !== undefined).join(' • ')
  return html`<discord-embed-footer slot="footer" footer-image=${here(footer?.icon_url) ?? nothing}
    >${text}</discord-embed-footer
  >`
}

/** Titles show custom emojis by their names: their pictures are not on this machine. */
function plain(text: string | undefined): string | undefined {
  return text?.replace(/<a?:(\w+):\d+>/g, ':$1:')
}

/** Pictures of this server only: the page makes no request to anybody else. */
function here(url: string | undefined): string | undefined {
  return url === undefined ? undefined : localUrl(url)
}

function address(url: string | undefined): string | undefined {
  return url === undefined ? undefined : toWebAddress(url)
}
