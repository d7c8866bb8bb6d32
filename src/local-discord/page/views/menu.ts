import { html, nothing } from 'lit'

import { canHoldThreads } from '../app.ts'
import { contextCommands } from '../commands.ts'
import { currentChannel, displayName, findMessage } from '../lookup.ts'
import type { MenuTarget } from '../store.ts'
import { commandTypes, hasFlag, type Message, messageFlags } from '../wire.ts'
import { AppElement } from './element.ts'
import { startReply } from './message.ts'

const emojis = ['👍', '❤️', '😂', '🎉', '😮', '😢', '✅', '👀']

interface Entry {
  label: string
  act: () => void
  isDangerous?: boolean
}

/** The context menu of a message or a member. */
export class ContextMenu extends AppElement {
  #shown: MenuTarget | undefined
  #focusBefore: Element | null = null

  override render() {
    const { menu } = this.app.store.state
    if (!menu) return nothing
    const message =
      menu.messageId === undefined ? undefined : findMessage(this.app.store.state, menu.messageId)
    const groups =
      menu.kind === 'message' ? this.#messageEntries(message) : this.#userEntries(menu.userId)
    return html`<div
        class="menu-backdrop"
        @click=${this.#close}
        @contextmenu=${this.#dismiss}
      ></div>
      <div
        class="menu"
        role="menu"
        aria-label=${this.app.t.menu}
        style="left: ${menu.x}px; top: ${menu.y}px"
        @keydown=${this.#onKey}
      >
        ${message && menu.kind === 'message' && !hasFlag(message, messageFlags.ephemeral) ? this.#emojiRow(message) : nothing}
        ${groups.map((entries) => this.#groupView(entries))}
      </div>`
  }

  #emojiRow(message: Message) {
    const { t } = this.app
    return html`<div class="menu-emojis" role="group" aria-label=${t.addReaction}>
      ${emojis.map((emoji) => {
        const react = () => {
          this.#close()
          void this.app.react(message.id, emoji, true)
        }
        return html`<button
          type="button"
          role="menuitem"
          tabindex="-1"
          aria-label=${t.react(emoji)}
          @click=${react}
        >
          ${emoji}
        </button>`
      })}
    </div>`
  }

  #groupView({ title, entries }: { title?: string; entries: Entry[] }) {
    if (entries.length === 0) return nothing
    return html`<div role="group" aria-label=${title ?? nothing}>
      ${title ? html`<div class="menu-title">${title}</div>` : nothing}
      ${entries.map(({ label, act, isDangerous }) => {
        const run = () => {
          this.#close()
          act()
        }
        return html`<button
          type="button"
          role="menuitem"
          tabindex="-1"
          class=${isDangerous ? 'danger' : ''}
          @click=${run}
        >
          ${label}
        </button>`
      })}
    </div>`
  }

  #messageEntries(message: Message | undefined): { title?: string; entries: Entry[] }[] {
    if (!message) return []
    const { app } = this
    const { t } = app
    const { state } = app.store
    const copy: Entry = {
      label: t.copyText,
      act: () => void navigator.clipboard.writeText(message.content),
    }
    const dismiss: Entry = { label: t.dismiss, act: () => app.dismiss(message) }
    if (hasFlag(message, messageFlags.ephemeral)) return [{ entries: [copy, dismiss] }]
    const isMine = message.author.id === state.me?.id
    const index = state.commands.get(state.currentChannelId ?? '')
    const own: Entry[] = [
      { label: t.editMessage, act: () => app.store.change(() => (state.editing = message.id)) },
      { label: t.deleteMessage, act: () => void app.remove(message.id), isDangerous: true },
    ]
    const thread: Entry = {
      label: t.createThread,
      act: () => app.store.change(() => (state.threadFor = message.id)),
    }
    const hasThread = message.thread !== undefined || !canHoldThreads(currentChannel(state))
    return [
      {
        entries: [
          { label: t.reply, act: () => startReply(app, message) },
          copy,
          ...(hasThread ? [] : [thread]),
          ...(isMine ? own : []),
        ],
      },
      { title: t.apps, entries: this.#commandEntries(commandTypes.message, message.id, index) },
      ...this.#userEntries(message.author.id).map((group) => ({
        ...group,
        title: group.title ?? displayName(state, message.author),
      })),
    ]
  }

  #userEntries(userId: string): { title?: string; entries: Entry[] }[] {
    const { app } = this
    const { state } = app.store
    const user = state.users.get(userId)
    if (!user) return []
    const name = displayName(state, user)
    const index = state.commands.get(state.currentChannelId ?? '')
    const message: Entry = { label: app.t.privateMessage, act: () => void app.openDirect(userId) }
    return [
      {
        entries: [
          {
            label: app.t.mentionMember,
            act: () => app.store.change(() => (state.compose = { text: `@${name} ` })),
          },
          ...(userId === state.me?.id ? [] : [message]),
        ],
      },
      { title: app.t.apps, entries: this.#commandEntries(commandTypes.user, userId, index) },
    ]
  }

  #commandEntries(
    type: typeof commandTypes.user | typeof commandTypes.message,
    targetId: string,
    index: Parameters<typeof contextCommands>[0],
  ): Entry[] {
    return contextCommands(index, type).map(({ command, label }) => ({
      label,
      act: () => void this.app.runCommand({ command, label, options: [], targetId }),
    }))
  }

  protected override updated(): void {
    const { menu } = this.app.store.state
    if (menu === this.#shown) return
    if (menu && !this.#shown) this.#focusBefore = document.activeElement
    this.#shown = menu
    const box = this.querySelector<HTMLElement>('.menu')
    if (!menu || !box) return
    const { width, height } = box.getBoundingClientRect()
    box.style.left = `${Math.max(8, Math.min(menu.x, innerWidth - width - 8))}px`
    box.style.top = `${Math.max(8, Math.min(menu.y, innerHeight - height - 8))}px`
    this.querySelector<HTMLElement>('[role=menuitem]')?.focus()
  }

  readonly #close = (): void => {
    this.app.store.change((state) => (state.menu = undefined))
    if (this.#focusBefore instanceof HTMLElement) this.#focusBefore.focus()
  }

  readonly #dismiss = (event: Event): void => {
    event.preventDefault()
    this.#close()
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    const items = [...this.querySelectorAll<HTMLElement>('[role=menuitem]')]
    const index = items.findIndex((item) => item === document.activeElement)
    const steps: Record<string, number | undefined> = {
      ArrowDown: 1,
      ArrowRight: 1,
      ArrowUp: -1,
      ArrowLeft: -1,
    }
    const step = steps[event.key]
    if (step !== undefined) {
      event.preventDefault()
      items[(index + step + items.length) % items.length]?.focus()
    } else if (event.key === 'Escape' || event.key === 'Tab') {
      event.preventDefault()
      this.#close()
    }
  }
}

customElements.define('ld-menu', ContextMenu)
