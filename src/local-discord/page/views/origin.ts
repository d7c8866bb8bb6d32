// The line above a message: whom it answers, or which command made it.
import { DiscordReply } from '@skyra/discord-components-core/discord-reply.js'
import { css, html, nothing, type TemplateResult } from 'lit'

import type { App } from '../app.ts'
import { usedLabel } from '../commands.ts'
import { avatarUrl } from '../format.ts'
import { displayName, roleColor } from '../lookup.ts'
import { markdownView, onEnter } from '../markdown/render.ts'
import { type Message, messageTypes, type User } from '../wire.ts'

/** The component's own line, cut with an ellipsis where there is no room for all of it. */
class OriginLine extends DiscordReply {
  static override styles = css`
    ${DiscordReply.styles}
    .discord-replied-message-content {
      overflow: hidden;
    }
  `
}

customElements.define('ld-origin', OriginLine)

export function originView(app: App, message: Message): TemplateResult | typeof nothing {
  if (message.type === messageTypes.reply) return replyView(app, message)
  const { interaction_metadata: used, interaction } = message
  if (used && 'name' in used) return commandView(app, used.user, String(used.name))
  return interaction ? commandView(app, interaction.user, interaction.name) : nothing
}

function commandView(app: App, user: User, name: string) {
  const { state } = app.store
  const index = state.commands.get(state.currentChannelId ?? '')
  const label = usedLabel(index, name, app.locale)
  return html`<ld-origin
    slot="reply"
    author=${displayName(state, user)}
    avatar=${avatarUrl(user)}
    role-color=${roleColor(state, user.id) ?? 'var(--strong)'}
    ?light-theme=${state.theme === 'light'}
    >${app.t.used} <span class="used-command">${label}</span></ld-origin
  >`
}

function replyView(app: App, message: Message) {
  const { state } = app.store
  const target = message.referenced_message
  if (!target) return html`<em slot="reply" class="deleted-origin">${app.t.deletedReply}</em>`
  const jump = () =>
    document.querySelector(`#message-${target.id}`)?.scrollIntoView({ block: 'center' })
  return html`<ld-origin
    slot="reply"
    role="link"
    tabindex="0"
    aria-label=${app.t.repliedTo(displayName(state, target.author))}
    author=${displayName(state, target.author)}
    avatar=${avatarUrl(target.author)}
    role-color=${roleColor(state, target.author.id) ?? 'var(--strong)'}
    ?bot=${target.author.bot}
    ?mentions=${message.mentions.some(({ id }) => id === target.author.id)}
    ?attachment=${target.attachments.length > 0}
    ?light-theme=${state.theme === 'light'}
    @click=${jump}
    @keydown=${onEnter(jump)}
    >${markdownView(app, firstLine(target.content))}</ld-origin
  >`
}

function firstLine(text: string): string {
  const line = text.split('\n').find((each) => each.trim() !== '') ?? ''
  return line.length > 120 ? `${line.slice(0, 120)}…` : line
}
