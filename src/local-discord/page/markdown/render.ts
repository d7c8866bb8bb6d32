// Draws Markdown trees. Text only ever becomes text nodes here.
import '@skyra/discord-components-core/discord-code.js'
import '@skyra/discord-components-core/discord-header.js'
import '@skyra/discord-components-core/discord-list-item.js'
import '@skyra/discord-components-core/discord-mention.js'
import '@skyra/discord-components-core/discord-ordered-list.js'
import '@skyra/discord-components-core/discord-quote.js'
import '@skyra/discord-components-core/discord-spoiler.js'
import '@skyra/discord-components-core/discord-subscript.js'
import '@skyra/discord-components-core/discord-time.js'
import '@skyra/discord-components-core/discord-unordered-list.js'
import { html, nothing, type TemplateResult } from 'lit'

import type { App } from '../app.ts'
import { fullTime, stampTime } from '../format.ts'
import { channelName, nameOfId } from '../lookup.ts'
import { channelTypes, isThread } from '../wire.ts'
import { type Node, parseMarkdown } from './parse.ts'

type Drawn = TemplateResult | string | typeof nothing

/** A text as Discord shows it. `where` tells code blocks that they stand in an embed. */
export function markdownView(app: App, text: string, where: 'message' | 'embed' = 'message') {
  return html`<span class="md">${parseMarkdown(text).map((node) => draw(node, app, where))}</span>`
}

function draw(node: Node, app: App, where: 'message' | 'embed'): Drawn {
  const all = (nodes: readonly Node[]) => nodes.map((each) => draw(each, app, where))
  switch (node.type) {
    case 'text':
      return node.text
    case 'strong':
      return html`<strong>${all(node.children)}</strong>`
    case 'em':
      return html`<em>${all(node.children)}</em>`
    case 'underline':
      return html`<u>${all(node.children)}</u>`
    case 'strike':
      return html`<s>${all(node.children)}</s>`
    case 'spoiler':
      return html`<discord-spoiler
        role="button"
        tabindex="0"
        aria-label=${app.t.spoiler}
        @click=${openSpoiler}
        @keydown=${openSpoilerByKey}
        >${all(node.children)}</discord-spoiler
      >`
    case 'quote':
      return html`<discord-quote>${all(node.children)}</discord-quote>`
    case 'subtext':
      return html`<discord-subscript>${all(node.children)}</discord-subscript>`
    case 'heading':
      return html`<discord-header level=${node.level}>${all(node.children)}</discord-header>`
    case 'code':
      return html`<discord-code ?embed=${where === 'embed'}>${node.text}</discord-code>`
    case 'fence':
      return html`<discord-code multiline ?embed=${where === 'embed'} data-language=${node.language}
        >${node.text}</discord-code
      >`
    case 'list':
      return listView(node.items.map(all), node.start)
    case 'link':
      return html`<a href=${node.href} target="_blank" rel="noopener noreferrer" title=${node.href}
        >${all(node.children)}</a
      >`
    case 'user':
      return html`<discord-mention type="user"
        >${nameOfId(app.store.state, node.id) ?? node.id}</discord-mention
      >`
    case 'role':
      return html`<discord-mention type="role"
        >${app.store.state.roles.get(node.id)?.name ?? node.id}</discord-mention
      >`
    case 'channel':
      return channelMention(app, node.id)
    case 'slash':
      return html`<discord-mention type="slash">${node.name}</discord-mention>`
    case 'emoji':
      return html`<span class="emoji-name">:${node.name}:</span>`
    case 'time': {
      const time = node.seconds * 1000
      const title = Number.isNaN(new Date(time).getTime()) ? '' : fullTime(time, app.locale)
      return html`<discord-time title=${title}
        >${stampTime(node, Date.now(), app.locale)}</discord-time
      >`
    }
    case 'everyone':
      // The component writes the sign itself.
      return html`<discord-mention>${node.text.slice(1)}</discord-mention>`
  }
}

function listView(items: Drawn[][], start: number | undefined): TemplateResult {
  const drawn = items.map((item) => html`<discord-list-item>${item}</discord-list-item>`)
  return start === undefined
    ? html`<discord-unordered-list>${drawn}</discord-unordered-list>`
    : html`<discord-ordered-list start=${start}>${drawn}</discord-ordered-list>`
}

function channelMention(app: App, id: string): TemplateResult {
  const channel = app.store.state.channels.get(id)
  if (!channel) return html`<discord-mention type="channel">${id}</discord-mention>`
  const type = isThread(channel)
    ? 'thread'
    : channel.type === channelTypes.voice
      ? 'voice'
      : 'channel'
  const open = () => app.openChannel(id)
  return html`<discord-mention
    type=${type}
    role="link"
    tabindex="0"
    @click=${open}
    @keydown=${onEnter(open)}
    >${channelName(app.store.state, channel)}</discord-mention
  >`
}

export function onEnter(act: () => void): (event: KeyboardEvent) => void {
  return (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return
    event.preventDefault()
    act()
  }
}

function openSpoiler(event: Event): void {
  const spoiler = event.currentTarget
  if (!(spoiler instanceof HTMLElement)) return
  spoiler.toggleAttribute('activated', true)
  spoiler.removeAttribute('role')
  spoiler.removeAttribute('aria-label')
}

function openSpoilerByKey(event: KeyboardEvent): void {
  if (event.key === 'Enter' || event.key === ' ') openSpoiler(event)
}
