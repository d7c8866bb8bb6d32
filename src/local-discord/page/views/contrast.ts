// Small text of the message components, made dark or light enough to read (WCAG: 4.5 to 1).
import { DiscordFileAttachment } from '@skyra/discord-components-core/discord-file-attachment.js'
import { DiscordLink } from '@skyra/discord-components-core/discord-link.js'
import { DiscordMessage } from '@skyra/discord-components-core/discord-message.js'
import { css } from 'lit'

DiscordMessage.elementStyles.push(css`
  :host .discord-message-timestamp.discord-message-timestamp {
    color: var(--muted);
  }
`)
DiscordFileAttachment.elementStyles.push(css`
  .discord-file-attachment-metadata.discord-file-attachment-metadata {
    color: var(--muted);
  }
`)
DiscordLink.elementStyles.push(css`
  a.discord-link-light-theme {
    color: var(--link);
  }
`)
