// Commands, components and modals: what the page sends and what it waits for.
import type { APIApplicationCommandOptionChoice } from 'discord-api-types/v10'

import type {
  AutocompleteResponse,
  CommandRequest,
  ComponentRequest,
  IndexedCommand,
  InteractionRequestOption,
  ModalCreate,
  ModalRequest,
} from '../protocol.ts'
import { removeMessages } from './events.ts'
import { newNonce } from './nonce.ts'
import type { Rest } from './rest.ts'
import type { Store } from './store.ts'
import { commandTypes, type Message } from './wire.ts'

export interface CommandCall {
  command: IndexedCommand
  /** As people read it, `schedule today` */
  label: string
  options: InteractionRequestOption[]
  files?: readonly File[]
  targetId?: string
}

export interface Interactions {
  loadCommands(channelId: string): Promise<void>
  runCommand(call: CommandCall): Promise<void>
  /** The bot's choices for the option marked `focused`; none when the bot does not answer. */
  complete(call: CommandCall): Promise<APIApplicationCommandOptionChoice[]>
  press(
    message: Message,
    component: { type: number; custom_id: string },
    values?: string[],
  ): Promise<void>
  submitModal(
    modal: ModalCreate,
    components: ModalRequest['data']['components'],
    files: readonly File[],
  ): Promise<void>
  dismiss(message: Message): void
  dismissNote(nonce: string): void
  /** For the gateway's answers to {@link Interactions.complete}. */
  takeChoices(response: AutocompleteResponse): void
}

interface InteractionDeps {
  store: Store
  rest: Rest
  fail: (error: unknown) => void
}

const choicesTimeoutMs = 3_500

export function createInteractions({ store, rest, fail }: InteractionDeps): Interactions {
  const { state } = store
  const loading = new Set<string>()
  const asked = new Map<string, (choices: APIApplicationCommandOptionChoice[]) => void>()

  function base(nonce: string) {
    const channelId = state.currentChannelId ?? ''
    const guildId = state.channels.get(channelId)?.guild_id
    return {
      application_id: state.session?.application_id ?? '',
      channel_id: channelId,
      ...(guildId !== undefined && { guild_id: guildId }),
      nonce,
    }
  }

  function commandRequest(call: CommandCall, type: 2 | 4, nonce: string): CommandRequest {
    const { command, options, files = [], targetId } = call
    return {
      type,
      ...base(nonce),
      application_id: command.application_id,
      data: {
        id: command.id,
        name: command.name,
        type: command.type ?? commandTypes.chatInput,
        version: command.version,
        ...(targetId !== undefined && { target_id: targetId }),
        options,
        attachments: files.map(({ name }, id) => ({ id, filename: name })),
      },
    }
  }

  return {
    async loadCommands(channelId) {
      const channel = state.channels.get(channelId)
      if (!channel || loading.has(channelId) || state.commands.has(channelId)) return
      loading.add(channelId)
      const scope = channel.guild_id ? `guilds/${channel.guild_id}` : `channels/${channelId}`
      try {
        const index = await rest.commands(scope)
        store.change(() => {
          state.commands.set(channelId, index)
          // Messages name the commands that made them.
          state.revision++
        })
      } catch {
        // A list without commands; it is asked for again when its index changes.
        const none = { applications: [], application_commands: [] }
        store.change(() => state.commands.set(channelId, none))
      } finally {
        loading.delete(channelId)
      }
    },

    async runCommand(call) {
      const nonce = newNonce()
      const channelId = state.currentChannelId ?? ''
      const note = { nonce, channelId, command: call.label, status: 'sending' as const }
      store.change(() => state.notes.push(note))
      try {
        await rest.interact(commandRequest(call, 2, nonce), call.files)
      } catch (error) {
        store.change(() => {
          state.notes = state.notes.filter((each) => each.nonce !== nonce)
        })
        fail(error)
      }
    },

    complete(call) {
      const nonce = newNonce()
      const { promise, resolve } = Promise.withResolvers<APIApplicationCommandOptionChoice[]>()
      asked.set(nonce, resolve)
      const timeout = setTimeout(() => resolve([]), choicesTimeoutMs)
      rest.interact(commandRequest(call, 4, nonce)).catch(() => resolve([]))
      return promise.finally(() => {
        clearTimeout(timeout)
        asked.delete(nonce)
      })
    },

    takeChoices({ nonce = '', choices }) {
      asked.get(nonce)?.(choices)
    },

    async press(message, component, values) {
      const nonce = newNonce()
      store.change(() => {
        state.pressed.set(nonce, `${message.id}/${component.custom_id}`)
        state.failedMessages.delete(message.id)
      })
      const request: ComponentRequest = {
        type: 3,
        ...base(nonce),
        application_id: message.application_id ?? message.author.id,
        channel_id: message.channel_id,
        message_id: message.id,
        message_flags: message.flags ?? 0,
        data: {
          component_type: component.type,
          custom_id: component.custom_id,
          ...(values && { values }),
        },
      }
      try {
        await rest.interact(request)
      } catch (error) {
        store.change(() => state.pressed.delete(nonce))
        fail(error)
      }
    },

    async submitModal(modal, components, files) {
      const nonce = newNonce()
      const request: ModalRequest = {
        type: 5,
        ...base(nonce),
        application_id: modal.application.id,
        channel_id: modal.channel_id,
        data: {
          id: modal.id,
          custom_id: modal.custom_id,
          components,
          attachments: files.map(({ name }, id) => ({ id, filename: name })),
        },
      }
      store.change(() => (state.submission = { nonce, isFailed: false }))
      try {
        await rest.interact(request, files)
      } catch (error) {
        store.change(() => (state.submission = undefined))
        fail(error)
      }
    },

    dismiss: (message) =>
      store.change(() => removeMessages(state, message.channel_id, [message.id])),

    dismissNote: (nonce) =>
      store.change(() => {
        state.notes = state.notes.filter((note) => note.nonce !== nonce)
      }),
  }
}
