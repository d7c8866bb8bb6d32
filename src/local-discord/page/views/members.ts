import { html, nothing } from 'lit'

import type { App } from '../app.ts'
import { currentChannel, displayName, roleColor } from '../lookup.ts'
import { channelTypes, type User } from '../wire.ts'
import { menuPlace } from './message.ts'
import { faceView } from './sidebar.ts'

export function membersView(app: App) {
  const { state } = app.store
  const { t } = app
  const channel = currentChannel(state)
  if (channel?.type === channelTypes.dm) return nothing
  const users = [...state.members.values()].map(({ user }) => user)
  const isOnline = (user: User) => state.online.has(user.id) || user.id === state.me?.id
  return html`<aside class="members" id="members" aria-label=${t.members}>
    ${groupView(app, t.online, users.filter(isOnline))}
    ${groupView(
      app,
      t.offline,
      users.filter((user) => !isOnline(user)),
    )}
  </aside>`
}

function groupView(app: App, title: string, users: readonly User[]) {
  if (users.length === 0) return nothing
  return html`<section>
    <h2>${title} — ${users.length}</h2>
    <ul aria-label=${title}>
      ${users.map((user) => memberView(app, user))}
    </ul>
  </section>`
}

function memberView(app: App, user: User) {
  const { state } = app.store
  const name = displayName(state, user)
  const color = roleColor(state, user.id)
  const open = (event: MouseEvent) => {
    event.preventDefault()
    app.openMenu({ kind: 'user', userId: user.id, ...menuPlace(event) })
  }
  return html`<li>
    <button
      type="button"
      class="member"
      aria-haspopup="menu"
      aria-label=${app.t.openProfile(name)}
      @click=${open}
      @contextmenu=${open}
    >
      ${faceView(app, user)}<span class="member-name" style=${color ? `color: ${color}` : nothing}
        >${name}</span
      >
      ${user.bot ? html`<span class="tag">${app.t.app}</span>` : nothing}
    </button>
  </li>`
}
