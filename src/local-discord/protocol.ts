/**
 * What a Discord *user client* (the web page) may ask of local Discord. It mirrors what Discord's own
 * client does, so a page that works here speaks Discord's dialect: gateway v10 as JSON over WebSocket,
 * REST v10. Everything a bot may call, a user may call too (see the list at the end); only what
 * differs has a type here. Objects are Discord's own, see discord-api-types.
 *
 * ## Start
 * 1. `GET /api/v10/local/session` (no authorization) → {@link LocalSession}: whom one can speak as.
 *    It answers only to a loopback Host header (or the configured origin), so that no foreign page can take the tokens.
 * 2. Open `gateway_url + '/?v=10&encoding=json'`. The server sends op 10 HELLO
 *    `{ heartbeat_interval }`; send op 1 heartbeats with the last `s` at that interval (answer: op 11)
 *    and op 2 IDENTIFY `{ token: <user token>, properties: {} }` (no `intents`: a user gets everything
 *    that he may see). The answer is the dispatch READY with {@link UserReady} as `d`.
 * 3. After a lost socket: connect again, op 6 RESUME `{ token, session_id, seq }` replays what was missed
 *    and ends with the dispatch RESUMED; op 9 INVALID_SESSION (`d: false`) asks for a new IDENTIFY.
 *    Op 7 RECONNECT asks for both. Close codes are Discord's (4004 bad token, 4009 session timed out …).
 *    One process can hold any number of sessions, of the same user or of several.
 *
 * ## Dispatches
 * As a bot gets them: MESSAGE_CREATE / UPDATE (the whole message) / DELETE / DELETE_BULK, MESSAGE_REACTION_ADD /
 * REMOVE / REMOVE_ALL / REMOVE_EMOJI, TYPING_START, CHANNEL_CREATE / UPDATE / DELETE, CHANNEL_PINS_UPDATE, THREAD_CREATE / UPDATE / DELETE,
 * THREAD_MEMBER_UPDATE, THREAD_MEMBERS_UPDATE, GUILD_MEMBER_ADD / UPDATE / REMOVE, GUILD_ROLE_CREATE / UPDATE / DELETE, USER_UPDATE,
 * PRESENCE_UPDATE (online state: a bot is `online` while one of its gateway sessions lives).
 * Messages carry `nonce` back to the sender, `member` in guilds, and `mentions` (whom the message pinged).
 *
 * Only for user clients: INTERACTION_CREATE, INTERACTION_SUCCESS, INTERACTION_FAILURE ({@link InteractionNotice}),
 * INTERACTION_MODAL_CREATE ({@link ModalCreate}), APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE
 * ({@link AutocompleteResponse}), and GUILD_APPLICATION_COMMAND_INDEX_UPDATE `{ guild_id }` (also for
 * global commands) when the index should be fetched anew. They go to all sessions of the user concerned.
 *
 * Ephemeral messages (flag 64) arrive as MESSAGE_CREATE / UPDATE / DELETE at the sessions of the one user
 * who may see them, and are in no message list. "瓜瓜 is thinking …" is a message with flag 128 (LOADING);
 * the MESSAGE_UPDATE without that flag brings the answer.
 *
 * ## REST: `Authorization: <user token>` (no prefix), under `/api/v10`
 * - `GET /channels/:id/messages?limit&before|after|around` newest first; `GET|PATCH|DELETE /channels/:id/messages/:id`
 * - `POST /channels/:id/messages`: JSON, or multipart with `payload_json` (its `attachments: [{ id: n, filename, description? }]` is optional)
 *   and `files[n]`. A reply has `message_reference: { message_id }`; `nonce` (≤ 25) comes back in MESSAGE_CREATE.
 * - `POST /channels/:id/typing`; `PUT|DELETE /channels/:id/messages/:id/reactions/:emoji/@me`,
 *   `GET …/reactions/:emoji` (users); `GET /channels/:id/pins`
 * - `POST /channels/:id/threads`, `POST /channels/:id/messages/:id/threads`, `PATCH /channels/:id` (`archived`, `name`, …),
 *   `GET /guilds/:id/threads/active`, `PUT|DELETE /channels/:id/thread-members/@me`
 * - `POST /users/@me/channels` `{ recipient_id }` (or `recipients: [id]`) → the DM channel
 * - `GET /guilds/:id/application-command-index`, `GET /channels/:dm id/application-command-index` → {@link CommandIndex}:
 *   only what this user may use there. Sort and search are the client's business.
 * - `POST /interactions` with an {@link InteractionRequest} → 204 at once; what follows comes over the gateway:
 *   INTERACTION_CREATE `{ id, nonce }`, then INTERACTION_SUCCESS when the bot acknowledged it, or
 *   INTERACTION_FAILURE when it did not within 3 s. Attachments of options: multipart, `files[n]` and `payload_json`.
 *
 * Errors are Discord's: status 4xx, `{ code, message, errors? }`; 429 `{ message, retry_after (seconds), global }`.
 *
 * ## Pictures
 * `<origin>/cdn/avatars/:user id/:hash.svg` (`.png` and `.webp` answer the same picture), `<origin>/cdn/icons/:guild id/:hash.svg`.
 * `size` is ignored. Attachment `url`s are absolute and complete.
 */
import type {
  APIApplicationCommand,
  APIApplicationCommandOptionChoice,
  APIDMChannel,
  APIModalInteractionResponseCallbackData,
  APIUser,
  ApplicationCommandType,
  ComponentType,
  GatewayGuildCreateDispatchData,
  GatewayPresenceUpdate,
  InteractionType,
  Locale,
} from 'discord-api-types/v10'

/** A user with the language of his client, which his interactions carry as `locale`. */
export type LocalUser = APIUser & { locale: `${Locale}` }

/** `GET /api/v10/local/session` */
export interface LocalSession {
  /** `ws://host:port/gateway` */
  gateway_url: string
  application_id: string
  /** The user id of the bot, e.g. for a DM; equal to `application_id` as with most Discord applications. */
  bot_id: string
  guild_id: string
  /** The members one can speak as, the teacher first. */
  users: { user: LocalUser; token: string }[]
}

/** `d` of READY for a user client. */
export interface UserReady {
  v: 10
  user: LocalUser
  session_id: string
  resume_gateway_url: string
  /** Whole guilds: `channels` (those the user may view), `threads` (active), `members`, `roles`, `presences`. */
  guilds: GatewayGuildCreateDispatchData[]
  private_channels: APIDMChannel[]
  /** Everybody known: members and recipients. */
  users: APIUser[]
  /** Who is online, in any guild or DM. */
  presences: GatewayPresenceUpdate[]
}

/** `d` of INTERACTION_CREATE, INTERACTION_SUCCESS and INTERACTION_FAILURE. */
export interface InteractionNotice {
  id: string
  /** As sent with POST /interactions; absent when none was. */
  nonce?: string
  /** INTERACTION_FAILURE: 2 = the application did not respond in time. */
  reason_code?: number
}

/** `d` of INTERACTION_MODAL_CREATE: the modal that the bot opened. `id` goes into `data.id` of the submission. */
export interface ModalCreate extends APIModalInteractionResponseCallbackData {
  id: string
  nonce?: string
  channel_id: string
  application: { id: string; name: string; icon: string | null; bot: APIUser }
}

/** `d` of APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE. */
export interface AutocompleteResponse {
  choices: APIApplicationCommandOptionChoice[]
  nonce?: string
}

/** A command as its index shows it. The `…_localized` members are in the user's language where there is one. */
export type IndexedCommand = APIApplicationCommand & {
  name_localized?: string
  description_localized?: string
}

export interface CommandIndex {
  applications: {
    id: string
    name: string
    description: string
    icon: string | null
    bot: APIUser
  }[]
  application_commands: IndexedCommand[]
}

/** A chosen option. Subcommands and groups (types 1, 2) carry `options`, all others `value`. */
export interface InteractionRequestOption {
  type: number
  name: string
  /**
   * Users, roles, channels and mentionables: the id. Attachments: the `id` of a member of
   * `data.attachments`, i.e. `n` of its part `files[n]`.
   */
  value?: string | number | boolean
  /** Autocomplete: the option being typed. */
  focused?: boolean
  options?: InteractionRequestOption[]
}

interface RequestBase {
  application_id: string
  /** Absent in a DM. */
  guild_id?: string | null
  channel_id: string
  /** The gateway session; kept for likeness, not needed. */
  session_id?: string
  /** Any text of the client's, comes back in the notices. At most 25 characters. */
  nonce?: string
}

/** A chat-input command, a user command or a message command; with type 4 the request for choices. */
export interface CommandRequest extends RequestBase {
  type: InteractionType.ApplicationCommand | InteractionType.ApplicationCommandAutocomplete
  data: {
    id: string
    name: string
    type: ApplicationCommandType
    version?: string
    /** User and message commands: the user or message it was opened on. */
    target_id?: string
    options?: InteractionRequestOption[]
    attachments?: { id: string | number; filename: string }[]
  }
}

/** A button pressed, or values chosen in a select menu. */
export interface ComponentRequest extends RequestBase {
  type: InteractionType.MessageComponent
  message_id: string
  message_flags?: number
  data: {
    component_type: ComponentType
    custom_id: string
    /** Select menus: option values, or ids of users, roles, channels. */
    values?: string[]
  }
}

/** A submitted field; wrapped as the modal had it, in an action row (type 1) or a label (type 18). */
export interface ModalField {
  type: number
  custom_id: string
  value?: string | boolean | null
  /** Selects and groups; file uploads name members of `data.attachments` by `id`. */
  values?: string[]
}

export interface ModalRequest extends RequestBase {
  type: InteractionType.ModalSubmit
  data: {
    /** {@link ModalCreate}'s `id`. */
    id: string
    custom_id: string
    components: { type: number; components?: ModalField[]; component?: ModalField }[]
    attachments?: { id: string | number; filename: string }[]
  }
}

/** `POST /interactions` */
export type InteractionRequest = CommandRequest | ComponentRequest | ModalRequest
