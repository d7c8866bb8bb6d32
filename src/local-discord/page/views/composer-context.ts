// What lies above the text field: whom one answers, what one edits, which files will go along.
import { html, nothing } from 'lit'

import type { App } from '../app.ts'
import { fileSize } from '../format.ts'
import { displayName, findMessage } from '../lookup.ts'
import { icon } from './icons.ts'

export function contextView(app: App, leave: () => void) {
  const { state } = app.store
  const id = state.editing ?? state.replyTo
  const message = id === undefined ? undefined : findMessage(state, id)
  if (!message) return nothing
  const text = state.editing ? app.t.editing : app.t.replyingTo(displayName(state, message.author))
  return html`<div class="context">
    <span>${text}</span>
    <button type="button" class="icon-button" aria-label=${app.t.cancel} @click=${leave}>
      ${icon('close')}
    </button>
  </div>`
}

export function stagedFilesView(app: App, files: readonly File[], remove: (file: File) => void) {
  if (files.length === 0) return nothing
  return html`<ul class="staged">
    ${files.map(
      (file) =>
        html`<li>
          ${icon('file')}<span class="staged-name">${file.name}</span
          ><small>${fileSize(file.size)}</small>
          <button
            type="button"
            class="icon-button"
            aria-label=${app.t.removeFile(file.name)}
            @click=${() => remove(file)}
          >
            ${icon('close')}
          </button>
        </li>`,
    )}
  </ul>`
}
