import { html, nothing } from 'lit'

import { findMessage } from '../lookup.ts'
import { AppElement } from './element.ts'

const longestName = 100
const suggestedLength = 40

/** Asks for the name of a thread that is to begin at a message. */
export class ThreadDialog extends AppElement {
  #shown: string | undefined

  override render() {
    const { state } = this.app.store
    const message = state.threadFor === undefined ? undefined : findMessage(state, state.threadFor)
    if (!message) return nothing
    const { t } = this.app
    const suggested =
      message.content
        .replace(/<[@#][!&]?\d+>|[*_~|`]/g, '')
        .trim()
        .split('\n')[0] ?? ''
    const submit = (event: SubmitEvent) => {
      event.preventDefault()
      const name =
        event.target instanceof HTMLFormElement ? new FormData(event.target).get('name') : ''
      this.#close()
      if (typeof name === 'string')
        void this.app.startThread(message.id, name.trim() || t.newThread)
    }
    return html`<dialog class="modal" aria-labelledby="thread-title" @close=${() => this.#close()}>
      <form method="dialog" @submit=${submit}>
        <header><h2 id="thread-title">${t.createThread}</h2></header>
        <div class="modal-body">
          <label class="field"
            ><span class="field-label">${t.threadName}</span>
            <input
              type="text"
              name="name"
              maxlength=${longestName}
              required
              .value=${suggested.slice(0, suggestedLength) || t.newThread}
          /></label>
        </div>
        <footer>
          <button type="button" class="plain" @click=${() => this.#close()}>${t.cancel}</button>
          <button type="submit" class="primary">${t.createThreadButton}</button>
        </footer>
      </form>
    </dialog>`
  }

  #close(): void {
    this.app.store.change((state) => (state.threadFor = undefined))
  }

  protected override updated(): void {
    const { threadFor } = this.app.store.state
    if (threadFor === this.#shown) return
    this.#shown = threadFor
    const dialog = this.querySelector('dialog')
    dialog?.showModal()
    dialog?.querySelector('input')?.select()
  }
}

customElements.define('ld-thread-dialog', ThreadDialog)
