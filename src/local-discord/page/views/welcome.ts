import { html, nothing } from 'lit'

import type { App } from '../app.ts'
import { slashCommands } from '../commands.ts'
import { avatarUrl } from '../format.ts'
import { channelName, displayName } from '../lookup.ts'
import { type Channel, channelTypes, isThread } from '../wire.ts'
import { icon } from './icons.ts'

/** The head of a channel; an empty one says what one could do here. */
export function welcomeView(app: App, channel: Channel, isEmpty: boolean) {
  const { t } = app
  const { state } = app.store
  const name = channelName(state, channel)
  const isDirect = channel.type === channelTypes.dm
  const partner = isDirect ? channel.recipients?.find(({ id }) => id !== state.me?.id) : undefined
  const picture = partner
    ? html`<img class="welcome-picture" src=${avatarUrl(partner)} alt="" />`
    : html`<div class="welcome-picture">${icon(isThread(channel) ? 'thread' : 'hash')}</div>`
  const title = isDirect || isThread(channel) ? name : t.emptyChannel(name)
  const text = isDirect ? t.dmWith(name) : (channel.topic ?? t.everythingLoaded(name))
  return html`<section class="welcome" aria-label=${title}>
    ${picture}
    <h2>${title}</h2>
    <p>${text}</p>
    ${isEmpty ? examplesView(app, channel) : nothing}
  </section>`
}

function examplesView(app: App, channel: Channel) {
  const { state } = app.store
  const bot = state.users.get(state.session?.bot_id ?? '')
  const isForPeople =
    channel.type === channelTypes.dm && !channel.recipients?.some((user) => user.bot)
  if (!bot || isForPeople) return nothing
  const called = app.t.examples(displayName(state, bot))
  const isDirect = channel.type === channelTypes.dm
  // Among two there is no need to call each other by name.
  const examples = isDirect ? called.map((example) => example.replace(/^@\S+ /, '')) : called
  return html`<p>${isThread(channel) ? app.t.threadExamples : app.t.emptyHint}</p>
    <ul class="examples">
      ${examples.map((example) => html`<li><button type="button" @click=${() => tryExample(app, example)}>${example}</button></li>`)}
    </ul>`
}

/** Sends the question, or runs the command when it needs nothing more than its name. */
function tryExample(app: App, example: string): void {
  if (!example.startsWith('/')) {
    void app.send({ text: example, files: [], picked: [] })
    return
  }
  const { state } = app.store
  const name = example.slice(1)
  const known = slashCommands(state.commands.get(state.currentChannelId ?? ''), app.locale)
  const found = known.find(({ command }) => command.name === name)
  const isReady = found?.path.length === 0 && !found.options.some(({ required }) => required)
  if (found && isReady)
    void app.runCommand({ command: found.command, label: found.label, options: [] })
  else
    app.store.change(
      () => (state.compose = { text: found ? `/${found.label.split(' ')[0]}` : example }),
    )
}
