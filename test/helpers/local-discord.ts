import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'

import type {
  APIApplicationCommandOptionChoice,
  APIChannel,
  APIMessage,
  GatewayTypingStartDispatchData,
} from 'discord-api-types/v10'
import { WebSocket } from 'ws'

import type { Clock } from '../../src/local-discord/clock.ts'
import type {
  AutocompleteResponse,
  CommandIndex,
  IndexedCommand,
  InteractionNotice,
  InteractionRequest,
  InteractionRequestOption,
  LocalSession,
  LocalUser,
  ModalCreate,
  ModalField,
  UserReady,
} from '../../src/local-discord/protocol.ts'
import type { LoggedRequest } from '../../src/local-discord/rest/controls.ts'
import { seedIds } from '../../src/local-discord/seed.ts'
import {
  serveLocalDiscord,
  type ServedLocalDiscord,
  type ServeOptions,
} from '../../src/local-discord/serve.ts'

/** Local Discord for a test, and people in it who say and click things. */

export interface File {
  name: string
  data: string | Uint8Array
  type?: string
}

/** Everything one user saw of a message. */
export interface SeenMessage {
  id: string
  channelId: string
  /** Its newest state. */
  message: APIMessage
  /** Every state, from its creation on. */
  states: APIMessage[]
  /** Every content it ever had, without repetitions in a row. */
  contents: string[]
  /** Ids of users, roles, and the word `everyone`, that its creation notified. Edits notify nobody. */
  pings: string[]
  /** The same for each state: what an edit made of the mentions. */
  mentions: string[][]
  isDeleted: boolean
}

export interface Interaction {
  nonce: string
  /** The notice of success; fails when the bot did not answer in time. */
  succeeded(): Promise<InteractionNotice>
  failed(): Promise<InteractionNotice>
  /** The first answer, as soon as it is more than "is thinking…". */
  reply(predicate?: (message: APIMessage) => boolean): Promise<APIMessage>
  /** The id that Discord gave it. */
  id(): Promise<string>
}

/** Values by name; a nested object is a subcommand or group. */
export interface OptionValues {
  [name: string]: string | number | boolean | File | OptionValues
}

export interface TestUser {
  readonly id: string
  readonly user: LocalUser
  readonly token: string
  readonly ready: UserReady
  /** Every dispatch so far, oldest first. */
  readonly events: { t: string; d: unknown }[]
  /** Everything seen, oldest message first. */
  readonly seen: ReadonlyMap<string, SeenMessage>
  /** Any REST call; throws RestError unless the status is 2xx. */
  rest(method: string, path: string, body?: unknown): Promise<unknown>
  say(channelId: string, text: string, options?: SayOptions): Promise<APIMessage>
  edit(message: Pick<APIMessage, 'id' | 'channel_id'>, text: string): Promise<APIMessage>
  delete(message: Pick<APIMessage, 'id' | 'channel_id'>): Promise<void>
  react(message: Pick<APIMessage, 'id' | 'channel_id'>, emoji: string): Promise<void>
  /** The id of the DM with a user, by default the bot. */
  dm(userId?: string): Promise<string>
  commands(channelId: string): Promise<IndexedCommand[]>
  /** Uses a slash command, by its name in any language the index shows. */
  command(channelId: string, name: string, options?: OptionValues): Promise<Interaction>
  /** Uses a context-menu command on a message or a user. */
  menu(channelId: string, name: string, targetId: string): Promise<Interaction>
  autocomplete(
    channelId: string,
    name: string,
    request: { options: OptionValues; focused: string },
  ): Promise<APIApplicationCommandOptionChoice[]>
  /** Presses a button, or chooses values in a select menu. */
  click(message: APIMessage, customId: string, values?: string[]): Promise<Interaction>
  submitModal(
    modal: ModalCreate,
    values: Record<string, string | boolean | string[] | File>,
  ): Promise<Interaction>
  /** The modal that the bot opened, for this interaction or the first one of all. */
  waitForModal(interaction?: Pick<Interaction, 'nonce'>): Promise<ModalCreate>
  /** A message (also an old or edited one) whose newest state fits. */
  waitForMessage(
    channelId: string,
    predicate?: (message: APIMessage) => boolean,
  ): Promise<APIMessage>
  waitForTyping(channelId: string, userId?: string): Promise<GatewayTypingStartDispatchData>
  /** An event of the past or the future. */
  waitForEvent<Data = unknown>(event: string, predicate?: (data: Data) => boolean): Promise<Data>
  /** Any condition; it is looked at after every event. */
  waitFor<Value>(what: string, find: () => Value | null | undefined | false): Promise<Value>
  close(): void
}

export interface SayOptions {
  attachments?: File[]
  /** The message it replies to. */
  replyTo?: Pick<APIMessage, 'id'>
  /** Puts a mention of the bot before the text. */
  mentionBot?: boolean
  nonce?: string
  allowedMentions?: object
}

export class RestError extends Error {
  override readonly name = 'RestError'
  readonly status: number
  readonly body: { code?: number; message?: string; errors?: unknown }
  constructor(status: number, body: RestError['body'], what: string) {
    super(`${what}: ${status} ${JSON.stringify(body)}`)
    this.status = status
    this.body = body
  }
}

export interface TestDiscord extends ServedLocalDiscord {
  /** What discord.js's `rest.api` is to be. */
  readonly api: string
  readonly channels: typeof seedIds.channels
  readonly users: Record<keyof typeof seedIds.users, TestUser>
  /**
   * Runs something before the server goes. A bot must end first: discord.js that loses its server while it
   * is destroyed goes on connecting for ever.
   */
  beforeClose(closing: () => unknown): void
  /** REST calls of the bot, e.g. `POST /channels/:id/messages`; those of interactions are recognised by their route. */
  botRequests(filter?: { method?: string; route?: string }): LoggedRequest[]
}

/**
 * Starts a local Discord with all seed users connected, without rate limits unless `options` sets them.
 * @param t a test context or node:test itself: whatever runs `after`
 */
export async function startLocalDiscord(
  t: { after(close: () => Promise<void>): void },
  options: ServeOptions = {},
): Promise<TestDiscord> {
  const internalErrors: unknown[] = []
  const log = { error: (found: unknown) => void internalErrors.push(found) }
  const local = await serveLocalDiscord({ rateLimits: false, log, ...options })
  let users: TestUser[] = []
  const closings: (() => unknown)[] = []
  const close = async () => {
    try {
      for (const closing of closings.splice(0)) await closing()
    } finally {
      for (const user of users) user.close()
      await local.close()
    }
    // A 500 is a fault of local Discord, whatever the test was about.
    if (internalErrors.length > 0) throw new AggregateError(internalErrors, inspect(internalErrors))
  }
  t.after(close)
  users = await connectUsers(local.origin)
  const of = (name: keyof typeof seedIds.users): TestUser => userOf(users, seedIds.users[name])
  return {
    ...local,
    close,
    beforeClose: (closing) => void closings.push(closing),
    api: `${local.origin}/api`,
    channels: seedIds.channels,
    users: {
      wangZhuoran: of('wangZhuoran'),
      liLei: of('liLei'),
      hanMeimei: of('hanMeimei'),
      alex: of('alex'),
    },
    botRequests: ({ method, route } = {}) =>
      local.controls.requests.filter(
        (request) =>
          (request.userId === local.applicationId ||
            /^\/(webhooks|interactions\/.)/.test(request.path)) &&
          (method === undefined || request.method === method) &&
          (route === undefined || request.route === route),
      ),
  }
}

/** All users of a local Discord that runs already, e.g. inside the product. */
export async function connectUsers(origin: string): Promise<TestUser[]> {
  const response = await fetch(`${origin}/api/v10/local/session`)
  // The route's own type.
  const session = (await response.json()) as LocalSession
  return Promise.all(
    session.users.map(({ user, token }) => connectUser({ origin, session, user, token })),
  )
}

export function userOf(users: readonly TestUser[], id: string): TestUser {
  const user = users.find((one) => one.id === id)
  if (!user) throw new Error(`nobody has the id ${id}`)
  return user
}

/** Time that stands still until it is told to go on. */
export interface TestClock extends Clock {
  /** Runs what falls due, in order. */
  advance(ms: number): void
}

export function createTestClock(start: number = Date.UTC(2026, 0, 1)): TestClock {
  let now = start
  let tasks: { at: number; run: () => void }[] = []
  return {
    now: () => now,
    after(ms, run) {
      const task = { at: now + ms, run }
      tasks.push(task)
      return () => {
        tasks = tasks.filter((one) => one !== task)
      }
    },
    advance(ms) {
      const end = now + ms
      for (;;) {
        const due = tasks.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0]
        if (!due) break
        tasks = tasks.filter((one) => one !== due)
        now = Math.max(now, due.at)
        due.run()
      }
      now = end
    },
  }
}

const patienceMs = 10_000

interface ConnectOptions {
  origin: string
  session: LocalSession
  user: LocalUser
  token: string
}

async function connectUser({ origin, session, user, token }: ConnectOptions): Promise<TestUser> {
  const events: TestUser['events'] = []
  const seen = new Map<string, SeenMessage>()
  const checks = new Set<() => void>()
  const socket = new WebSocket(`${session.gateway_url}/?v=10&encoding=json`)
  let nonces = 0

  socket.on('message', (raw: Buffer) => {
    // The gateway's frames.
    const frame = JSON.parse(raw.toString()) as { op: number; t: string | null; d: unknown }
    if (frame.op === 10)
      socket.send(JSON.stringify({ op: 2, d: { token, properties: {}, intents: 0 } }))
    if (frame.t === null) return
    events.push({ t: frame.t, d: frame.d })
    record(seen, frame.t, frame.d)
    for (const check of checks) check()
  })

  const waitFor: TestUser['waitFor'] = async (what, find) => {
    const now = find()
    if (isFound(now)) return now
    const giveUp = new AbortController()
    const { promise, resolve } =
      Promise.withResolvers<Exclude<typeof now, false | null | undefined>>()
    const check = () => {
      const value = find()
      if (isFound(value)) resolve(value)
    }
    checks.add(check)
    const tooLong = sleep(patienceMs, null, { signal: giveUp.signal }).then(() => {
      throw new Error(`${user.username} waited in vain for ${what}; saw ${summary(events)}`)
    })
    try {
      return await Promise.race([promise, tooLong])
    } finally {
      checks.delete(check)
      giveUp.abort()
      tooLong.catch(() => {})
    }
  }

  const waitForEvent: TestUser['waitForEvent'] = async <Data>(
    event: string,
    predicate: (data: Data) => boolean = () => true,
  ) => {
    const found = await waitFor(event, () =>
      // The caller names the event's type.
      events.find(({ t, d }) => t === event && predicate(d as Data)),
    )
    return found.d as Data
  }

  const rest: TestUser['rest'] = async (method, path, body) => {
    const isForm = body instanceof FormData
    const response = await fetch(`${origin}/api/v10${path}`, {
      method,
      headers: {
        authorization: token,
        ...(!isForm && body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
    })
    const written = await response.text()
    const parsed: unknown = written === '' ? null : JSON.parse(written)
    // Errors have this shape; see discord-error.ts.
    if (!response.ok)
      throw new RestError(response.status, parsed as RestError['body'], `${method} ${path}`)
    return parsed
  }

  const commands: TestUser['commands'] = async (channelId) => {
    const index = await rest('GET', `/channels/${channelId}/application-command-index`)
    // The route's own type.
    return (index as CommandIndex).application_commands
  }
  const findCommand = async (channelId: string, name: string, types: number[]) => {
    const all = await commands(channelId)
    const command = all.find(
      (one) => types.includes(one.type) && (one.name === name || one.name_localized === name),
    )
    if (!command) throw new Error(`no command ${name} among ${all.map((one) => one.name).join()}`)
    return command
  }

  const guildOf = (channelId: string) =>
    rest('GET', `/channels/${channelId}`).then(
      // A channel of a guild names it.
      (channel) => (channel as { guild_id?: string }).guild_id,
    )

  type Request = Pick<InteractionRequest, 'type' | 'data'> & { message_id?: string }

  const interact = async (
    channelId: string,
    request: Request,
    files: File[] = [],
  ): Promise<Interaction> => {
    nonces += 1
    const nonce = `n${user.id.slice(-4)}-${nonces}`
    const guildId = await guildOf(channelId)
    const body = {
      ...request,
      application_id: session.application_id,
      channel_id: channelId,
      nonce,
      ...(guildId !== undefined && { guild_id: guildId }),
    }
    await rest('POST', '/interactions', files.length > 0 ? toForm(body, files) : body)
    const notice = (event: string) =>
      waitForEvent<InteractionNotice>(event, (data) => data.nonce === nonce)
    const id = async () => (await notice('INTERACTION_CREATE')).id
    return {
      nonce,
      id,
      succeeded: () => notice('INTERACTION_SUCCESS'),
      failed: () => notice('INTERACTION_FAILURE'),
      async reply(predicate = () => true) {
        const own = await id()
        const fits = ({ message }: SeenMessage) =>
          isFirstAnswer(message, own) && !isLoading(message) && predicate(message)
        const found = await waitFor(`the answer to ${nonce}`, () => [...seen.values()].find(fits))
        return found.message
      },
    }
  }

  const commandData = (command: IndexedCommand, values: OptionValues) => {
    const files: File[] = []
    const data = {
      id: command.id,
      name: command.name,
      type: command.type,
      version: command.version,
      options: toOptions(command.options ?? [], values, files),
    }
    return {
      data: {
        ...data,
        attachments: files.map(({ name }, id) => ({ id: String(id), filename: name })),
      },
      files,
    }
  }

  const self: TestUser = {
    id: user.id,
    user,
    token,
    get ready() {
      // The first event is READY.
      return events[0]?.d as UserReady
    },
    events,
    seen,
    rest,
    async say(channelId, text, sayOptions = {}) {
      const { attachments = [], replyTo, mentionBot, nonce, allowedMentions } = sayOptions
      const body = {
        content: mentionBot ? `<@${session.bot_id}> ${text}` : text,
        ...(replyTo && { message_reference: { message_id: replyTo.id } }),
        ...(nonce !== undefined && { nonce }),
        ...(allowedMentions && { allowed_mentions: allowedMentions }),
      }
      const sent = attachments.length > 0 ? toForm(body, attachments) : body
      return (await rest('POST', `/channels/${channelId}/messages`, sent)) as APIMessage
    },
    edit: async (message, content) =>
      (await rest('PATCH', pathOf(message), { content })) as APIMessage,
    async delete(message) {
      await rest('DELETE', pathOf(message))
    },
    async react(message, emoji) {
      await rest('PUT', `${pathOf(message)}/reactions/${encodeURIComponent(emoji)}/@me`)
    },
    async dm(userId = session.bot_id) {
      const channel = await rest('POST', '/users/@me/channels', { recipient_id: userId })
      return (channel as APIChannel).id
    },
    commands,
    async command(channelId, name, values = {}) {
      const { data, files } = commandData(await findCommand(channelId, name, [1]), values)
      return interact(channelId, { type: 2, data }, files)
    },
    async menu(channelId, name, targetId) {
      const { id, type, name: own } = await findCommand(channelId, name, [2, 3])
      return interact(channelId, { type: 2, data: { id, type, name: own, target_id: targetId } })
    },
    async autocomplete(channelId, name, { options: values, focused }) {
      const { data } = commandData(await findCommand(channelId, name, [1]), values)
      focus(data.options, focused)
      const { nonce } = await interact(channelId, { type: 4, data })
      const event = 'APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE'
      const answer = await waitForEvent<AutocompleteResponse>(event, (one) => one.nonce === nonce)
      return answer.choices
    },
    click(message, customId, values) {
      const data = {
        component_type: componentType(message.components ?? [], customId),
        custom_id: customId,
        ...(values && { values }),
      }
      return interact(message.channel_id, { type: 3, message_id: message.id, data })
    },
    submitModal(modal, values) {
      const files: File[] = []
      const given = Object.entries(values).map(([name, value]): [string, FieldValue] => {
        if (typeof value !== 'object' || Array.isArray(value)) return [name, value]
        files.push(value)
        return [name, [String(files.length - 1)]]
      })
      const filled = Object.fromEntries(given)
      const components = modal.components.map((component) => fillIn(component, filled))
      const attachments = files.map(({ name }, id) => ({ id: String(id), filename: name }))
      const data = { id: modal.id, custom_id: modal.custom_id, components, attachments }
      return interact(modal.channel_id, { type: 5, data }, files)
    },
    waitForModal: (interaction) =>
      waitForEvent<ModalCreate>(
        'INTERACTION_MODAL_CREATE',
        ({ nonce }) => interaction === undefined || nonce === interaction.nonce,
      ),
    async waitForMessage(channelId, predicate = () => true) {
      const fits = ({ channelId: at, message, isDeleted }: SeenMessage) =>
        at === channelId && !isDeleted && predicate(message)
      const found = await waitFor(`a message in ${channelId}`, () => [...seen.values()].find(fits))
      return found.message
    },
    waitForTyping: (channelId, userId = session.bot_id) =>
      waitForEvent<GatewayTypingStartDispatchData>(
        'TYPING_START',
        (data) => data.channel_id === channelId && data.user_id === userId,
      ),
    waitForEvent,
    waitFor,
    close: () => socket.terminate(),
  }
  await waitForEvent('READY')
  return self
}

function isFound<Value>(value: Value): value is Exclude<Value, false | null | undefined> {
  return value !== null && value !== undefined && value !== false
}

function record(seen: Map<string, SeenMessage>, event: string, data: unknown): void {
  if (event === 'MESSAGE_CREATE' || event === 'MESSAGE_UPDATE') {
    // What these events carry.
    const message = data as APIMessage
    const known = seen.get(message.id)
    const mentions = mentionsOf(message)
    if (!known) {
      seen.set(message.id, {
        id: message.id,
        channelId: message.channel_id,
        message,
        states: [message],
        contents: [message.content],
        pings: event === 'MESSAGE_CREATE' ? mentions : [],
        mentions: [mentions],
        isDeleted: false,
      })
      return
    }
    known.message = message
    known.states.push(message)
    known.mentions.push(mentions)
    if (known.contents.at(-1) !== message.content) known.contents.push(message.content)
  }
  if (event === 'MESSAGE_DELETE' || event === 'MESSAGE_DELETE_BULK') {
    const { id, ids = [] } = data as { id?: string; ids?: string[] }
    for (const deleted of id === undefined ? ids : [id]) {
      const known = seen.get(deleted)
      if (known) known.isDeleted = true
    }
  }
}

const mentionsOf = ({ mentions, mention_roles, mention_everyone }: APIMessage): string[] => [
  ...mentions.map(({ id }) => id),
  ...mention_roles,
  ...(mention_everyone ? ['everyone'] : []),
]

const isLoading = ({ flags }: APIMessage) => ((flags ?? 0) & 128) !== 0

function isFirstAnswer({ interaction_metadata: metadata }: APIMessage, id: string): boolean {
  return metadata?.id === id && metadata.original_response_message_id === undefined
}

const pathOf = ({ id, channel_id }: Pick<APIMessage, 'id' | 'channel_id'>) =>
  `/channels/${channel_id}/messages/${id}`

function toForm(body: object, files: readonly File[]): FormData {
  const form = new FormData()
  form.set('payload_json', JSON.stringify(body))
  for (const [index, { name, data, type = '' }] of files.entries()) {
    const bytes = typeof data === 'string' ? data : new Uint8Array(data)
    form.set(`files[${index}]`, new Blob([bytes], { type }), name)
  }
  return form
}

type Definitions = NonNullable<IndexedCommand['options']>

function toOptions(
  definitions: Definitions,
  values: OptionValues,
  files: File[],
): InteractionRequestOption[] {
  return Object.entries(values).map(([name, value]) => {
    const definition = definitions.find((one) => one.name === name)
    if (!definition) throw new Error(`no option ${name}`)
    const { type } = definition
    if (typeof value !== 'object') return { type, name, value }
    if ('data' in value && 'name' in value) {
      // A file is recognised by its two members; a subcommand with both as options is none of ours.
      files.push(value as File)
      return { type, name, value: String(files.length - 1) }
    }
    const inner = 'options' in definition ? (definition.options ?? []) : []
    return { type, name, options: toOptions(inner, value as OptionValues, files) }
  })
}

function focus(options: InteractionRequestOption[], name: string): void {
  for (const option of options) {
    if (option.options) focus(option.options, name)
    else if (option.name === name) option.focused = true
  }
}

/** A component as a client walks through it. */
interface Node {
  type: number
  custom_id?: string
  components?: Node[]
  component?: Node
  accessory?: Node
}

function componentType(components: readonly object[], customId: string): number {
  // Components nest in these three members only.
  const nodes = [...components] as Node[]
  for (let node = nodes.shift(); node; node = nodes.shift()) {
    if (node.custom_id === customId) return node.type
    nodes.push(...(node.components ?? []))
    for (const inner of [node.component, node.accessory]) if (inner) nodes.push(inner)
  }
  throw new Error(`no component ${customId}`)
}

type FieldValue = string | boolean | string[]

function fillIn(component: object, values: Record<string, FieldValue>) {
  // A modal holds rows, labels and texts.
  const { type, components, component: single } = component as Node
  const field = ({ type: inner, custom_id = '' }: Node): ModalField => {
    const value = values[custom_id]
    if (value === undefined) return { type: inner, custom_id }
    return Array.isArray(value)
      ? { type: inner, custom_id, values: value }
      : { type: inner, custom_id, value }
  }
  if (components) return { type, components: components.map(field) }
  return single ? { type, component: field(single) } : { type }
}

/** The newest events, for the message of a wait that failed. */
function summary(events: TestUser['events']): string {
  const newest = events.slice(-12).map(({ t, d }) => {
    const content = (d as { content?: unknown } | null)?.content
    return typeof content === 'string' ? `${t} "${content.slice(0, 80)}"` : t
  })
  return `${events.length} events, at last: ${newest.join(', ')}`
}
