// What the page knows, in one object; views read it, only `change` writes it.
import type { CommandIndex, LocalSession, LocalUser, ModalCreate } from '../protocol.ts'
import type { Channel, Member, Message, Role, User } from './wire.ts'

export interface MessageHistory {
  /** Oldest first. */
  items: Message[]
  status: 'loading' | 'ready' | 'failed'
  /** Whether the server may have older ones. */
  hasOlder: boolean
}

/** A command on its way to the bot, or one that it did not answer. */
export interface CommandNote {
  nonce: string
  channelId: string
  command: string
  status: 'sending' | 'failed'
}

export interface MenuTarget {
  kind: 'message' | 'user'
  messageId?: string
  userId: string
  x: number
  y: number
}

export type Theme = 'light' | 'dark'

export interface State {
  session: LocalSession | undefined
  connection: 'connecting' | 'online' | 'lost'
  me: LocalUser | undefined
  guild: { id: string; name: string; icon: string | null } | undefined
  channels: Map<string, Channel>
  users: Map<string, User>
  members: Map<string, Member>
  roles: Map<string, Role>
  online: Set<string>
  histories: Map<string, MessageHistory>
  /** channel id → user id → when the sign goes away (ms) */
  typing: Map<string, Map<string, number>>
  /** channel id → newest message that was seen */
  read: Map<string, string>
  /** channel id → unread messages that mention the speaker */
  mentions: Map<string, number>
  currentChannelId: string | undefined
  commands: Map<string, CommandIndex>
  notes: CommandNote[]
  /** `${message id}/${custom id}` of components that wait for the bot, by nonce */
  pressed: Map<string, string>
  /** Messages under which an interaction just failed */
  failedMessages: Set<string>
  modal: ModalCreate | undefined
  /** How the open modal was sent last, and whether the bot left that unanswered. */
  submission: { nonce: string; isFailed: boolean } | undefined
  menu: MenuTarget | undefined
  threadFor: string | undefined
  replyTo: string | undefined
  editing: string | undefined
  /** Text that the composer should take over, once */
  compose: { text: string } | undefined
  theme: Theme
  notice: string | undefined
  announcement: string
  panel: 'none' | 'channels' | 'members'
  /** Grows when names, roles or the clock changed, so that every message is drawn anew. */
  revision: number
}

export interface Store {
  readonly state: State
  /** Applies a change and tells the views once, after the current task's changes are all in. */
  change(apply: (state: State) => void): void
  subscribe(listener: () => void): () => void
}

export function createStore(theme: Theme): Store {
  const state = emptyState(theme)
  const listeners = new Set<() => void>()
  let isScheduled = false
  const tell = () => {
    isScheduled = false
    for (const listener of listeners) listener()
  }
  return {
    state,
    change(apply) {
      apply(state)
      if (isScheduled) return
      isScheduled = true
      queueMicrotask(tell)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function emptyState(theme: Theme): State {
  return {
    session: undefined,
    connection: 'connecting',
    me: undefined,
    guild: undefined,
    channels: new Map(),
    users: new Map(),
    members: new Map(),
    roles: new Map(),
    online: new Set(),
    histories: new Map(),
    typing: new Map(),
    read: new Map(),
    mentions: new Map(),
    currentChannelId: undefined,
    commands: new Map(),
    notes: [],
    pressed: new Map(),
    failedMessages: new Set(),
    modal: undefined,
    submission: undefined,
    menu: undefined,
    threadFor: undefined,
    replyTo: undefined,
    editing: undefined,
    compose: undefined,
    theme,
    notice: undefined,
    announcement: '',
    panel: 'none',
    revision: 0,
  }
}
