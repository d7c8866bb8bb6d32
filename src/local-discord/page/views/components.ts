// Buttons, select menus and layout components below a message.
import '@skyra/discord-components-core/discord-action-row.js'
import '@skyra/discord-components-core/discord-button.js'
import './select-menu.ts'
import { html, nothing, type TemplateResult } from 'lit'

import type { App } from '../app.ts'
import { localUrl } from '../format.ts'
import { channelName, displayName, guildChannels, knownUsers, toCssColor } from '../lookup.ts'
import { toWebAddress } from '../markdown/parse.ts'
import { markdownView } from '../markdown/render.ts'
import {
  type Component,
  type ComponentOption,
  componentTypes,
  hasFlag,
  type Message,
  messageFlags,
} from '../wire.ts'

const buttonLooks: Record<number, string> = {
  1: 'primary',
  2: 'secondary',
  3: 'success',
  4: 'destructive',
  5: 'secondary',
}

export function componentsView(app: App, message: Message) {
  // The union of all component types, read as one shape; see Component.
  const components = (message.components ?? []) as unknown as Component[]
  if (components.length === 0) return nothing
  const isLayout = hasFlag(message, messageFlags.componentsV2)
  const failed = app.store.state.failedMessages.has(message.id)
    ? html`<p class="failed" role="alert">${app.t.interactionFailed}</p>`
    : nothing
  return html`<div class="components ${isLayout ? 'layout' : ''}" slot="components">
    ${components.map((each) => componentView(app, message, each))}${failed}
  </div>`
}

function componentView(
  app: App,
  message: Message,
  component: Component,
): TemplateResult | typeof nothing {
  const inner = (component.components ?? []).map((each) => componentView(app, message, each))
  switch (component.type) {
    case componentTypes.actionRow:
      return html`<discord-action-row>${inner}</discord-action-row>`
    case componentTypes.button:
      return buttonView(app, message, component)
    case componentTypes.stringSelect:
    case componentTypes.userSelect:
    case componentTypes.roleSelect:
    case componentTypes.mentionableSelect:
    case componentTypes.channelSelect:
      return selectView(app, message, component)
    case componentTypes.textDisplay:
      return html`<div class="text-display">${markdownView(app, component.content ?? '')}</div>`
    case componentTypes.section:
      return html`<div class="section">
        <div>${inner}</div>
        ${component.accessory ? accessoryView(app, message, component.accessory) : nothing}
      </div>`
    case componentTypes.separator:
      return component.divider === false ? html`<div class="gap"></div>` : html`<hr />`
    case componentTypes.mediaGallery:
      return html`<div class="gallery">
        ${(component.items ?? []).map(({ media, description }) => pictureView(media.url, description ?? ''))}
      </div>`
    case componentTypes.thumbnail:
      return pictureView(component.media?.url ?? '', component.description ?? '')
    case componentTypes.file:
      return fileView(component)
    case componentTypes.container: {
      const color = component.accent_color
      return html`<div
        class="container"
        style=${color === null || color === undefined ? nothing : `border-left-color: ${toCssColor(color)}`}
      >
        ${inner}
      </div>`
    }
    default:
      return nothing
  }
}

/** Buttons want an action row around them. */
function accessoryView(app: App, message: Message, accessory: Component) {
  const drawn = componentView(app, message, accessory)
  return accessory.type === componentTypes.button
    ? html`<discord-action-row>${drawn}</discord-action-row>`
    : drawn
}

function buttonView(app: App, message: Message, button: Component) {
  const url = button.url === undefined ? undefined : toWebAddress(button.url)
  const isPressed = isWaiting(app, message, button)
  const isDisabled = button.disabled === true || isPressed
  const { custom_id } = button
  const press = () => {
    if (custom_id === undefined || isDisabled) return
    void app.press(message, { type: button.type, custom_id })
  }
  return html`<discord-button
    type=${buttonLooks[button.style ?? 2] ?? 'secondary'}
    url=${url ?? nothing}
    ?disabled=${isDisabled}
    ?inert=${isDisabled}
    aria-busy=${isPressed}
    data-custom-id=${custom_id ?? nothing}
    @click=${press}
    >${emojiText(button.emoji)}${button.label}</discord-button
  >`
}

function emojiText(emoji: Component['emoji']): string {
  if (!emoji?.name) return ''
  return emoji.id ? `:${emoji.name}: ` : `${emoji.name} `
}

function isWaiting(app: App, message: Message, { custom_id }: Component): boolean {
  const target = `${message.id}/${custom_id ?? ''}`
  return [...app.store.state.pressed.values()].includes(target)
}

function selectView(app: App, message: Message, select: Component) {
  const { custom_id } = select
  const choose = (event: CustomEvent<string[]>) => {
    if (custom_id === undefined) return
    void app.press(message, { type: select.type, custom_id }, event.detail)
  }
  return html`<ld-select
    .options=${selectOptions(app, select)}
    .placeholder=${select.placeholder ?? app.t.chooseOption}
    .least=${select.min_values ?? 1}
    .most=${select.max_values ?? 1}
    .isDisabled=${select.disabled === true || isWaiting(app, message, select)}
    .doneLabel=${app.t.submit}
    @choose=${choose}
  ></ld-select>`
}

/** The entries of a select menu: its own, or what the guild has of its kind. */
export function selectOptions(app: App, select: Component): ComponentOption[] {
  const { state } = app.store
  const users = () =>
    knownUsers(state).map((user) => ({ value: user.id, label: displayName(state, user) }))
  const roles = () =>
    [...state.roles.values()].map(({ id, name }) => ({
      value: id,
      label: name.startsWith('@') ? name : `@${name}`,
    }))
  const preset = new Set((select.default_values ?? []).map(({ id }) => id))
  const marked = (options: ComponentOption[]) =>
    options.map((option) => ({ ...option, default: preset.has(option.value) }))
  switch (select.type) {
    case componentTypes.userSelect:
      return marked(users())
    case componentTypes.roleSelect:
      return marked(roles())
    case componentTypes.mentionableSelect:
      return marked([...users(), ...roles()])
    case componentTypes.channelSelect:
      return marked(
        guildChannels(state)
          .filter(({ type }) => select.channel_types?.includes(type) ?? true)
          .map((channel) => ({ value: channel.id, label: `#${channelName(state, channel)}` })),
      )
    default:
      return select.options ?? []
  }
}

function pictureView(url: string, description: string) {
  const local = localUrl(url)
  if (local === undefined) return linkView(url, description)
  return html`<img class="gallery-picture" src=${local} alt=${description} />`
}

function linkView(url: string, description: string) {
  const address = toWebAddress(url)
  if (address === undefined) return nothing
  return html`<a href=${address} target="_blank" rel="noopener noreferrer"
    >${description || address}</a
  >`
}

function fileView({ file, name }: Component) {
  const url = localUrl(file?.url ?? '')
  const label = name ?? url?.split('/').at(-1) ?? ''
  return url === undefined
    ? nothing
    : html`<a href=${url} target="_blank" rel="noopener noreferrer">${label}</a>`
}
