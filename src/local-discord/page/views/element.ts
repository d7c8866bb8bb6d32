import { LitElement } from 'lit'

import type { App } from '../app.ts'

/**
 * A component that draws itself anew when the store changes. It renders into the document
 * itself, so that the page's style sheets reach it and labels, ids and focus work across it.
 */
export abstract class AppElement extends LitElement {
  static override properties = { app: { attribute: false } }

  declare app: App
  #unsubscribe: (() => void) | undefined

  override connectedCallback(): void {
    super.connectedCallback()
    this.#unsubscribe = this.app.store.subscribe(() => this.requestUpdate())
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#unsubscribe?.()
  }

  protected override createRenderRoot(): HTMLElement {
    return this
  }
}
