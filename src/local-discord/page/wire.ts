// The parts of Discord's objects that the page reads, and the numbers in them.
import type { APIEmbed, APIGuildMember, APIMessage, APIRole, APIUser } from 'discord-api-types/v10'

export type { APIEmbed as Embed, APIRole as Role, APIUser as User }
export type Message = APIMessage & { nonce?: string | number; guild_id?: string }
export type Member = APIGuildMember & { user: APIUser }

/** Any channel, thread or DM; one shape, because the page treats them alike. */
export interface Channel {
  id: string
  type: number
  guild_id?: string
  name?: string | null
  topic?: string | null
  parent_id?: string | null
  position?: number
  recipients?: APIUser[]
  last_message_id?: string | null
  message_count?: number
  thread_metadata?: { archived: boolean; locked?: boolean }
}

/** A message component, modal parts included; which members are there depends on `type`. */
export interface Component {
  type: number
  id?: number
  custom_id?: string
  label?: string
  description?: string
  style?: number
  url?: string
  disabled?: boolean
  emoji?: { id?: string | null; name?: string | null }
  placeholder?: string
  min_values?: number
  max_values?: number
  min_length?: number
  max_length?: number
  required?: boolean
  value?: string
  default?: boolean
  options?: ComponentOption[]
  channel_types?: number[]
  default_values?: { id: string; type: string }[]
  components?: Component[]
  component?: Component
  accessory?: Component
  content?: string
  spoiler?: boolean
  accent_color?: number | null
  divider?: boolean
  media?: { url: string }
  items?: { media: { url: string }; description?: string | null }[]
  file?: { url: string }
  name?: string
  file_types?: string[]
}

export interface ComponentOption {
  label: string
  value: string
  description?: string
  default?: boolean
  emoji?: { id?: string | null; name?: string | null }
}

export const channelTypes = {
  text: 0,
  dm: 1,
  voice: 2,
  category: 4,
  announcement: 5,
  announcementThread: 10,
  publicThread: 11,
  privateThread: 12,
} as const

export const componentTypes = {
  actionRow: 1,
  button: 2,
  stringSelect: 3,
  textInput: 4,
  userSelect: 5,
  roleSelect: 6,
  mentionableSelect: 7,
  channelSelect: 8,
  section: 9,
  textDisplay: 10,
  thumbnail: 11,
  mediaGallery: 12,
  file: 13,
  separator: 14,
  container: 17,
  label: 18,
  fileUpload: 19,
  radioGroup: 21,
  checkboxGroup: 22,
  checkbox: 23,
} as const

export const messageFlags = { suppressEmbeds: 4, ephemeral: 64, loading: 128, componentsV2: 32768 }

export const messageTypes = {
  default: 0,
  threadCreated: 18,
  reply: 19,
  command: 20,
  starter: 21,
  contextCommand: 23,
}

/** Kinds of commands and of their options. */
export const commandTypes = { chatInput: 1, user: 2, message: 3 } as const
export const optionTypes = {
  subcommand: 1,
  group: 2,
  string: 3,
  integer: 4,
  boolean: 5,
  user: 6,
  channel: 7,
  role: 8,
  mentionable: 9,
  number: 10,
  attachment: 11,
} as const

/** Milliseconds since 1970 at which the id was made. */
export function timeOfId(id: string): number {
  return Number((BigInt(id) >> 22n) + 1_420_070_400_000n)
}

/** Whether `id` is newer than `other`; both are snowflakes. */
export function isNewer(id: string, other: string): boolean {
  return id.length === other.length ? id > other : id.length > other.length
}

export function isThread(channel: Channel): boolean {
  return (
    channel.type >= channelTypes.announcementThread && channel.type <= channelTypes.privateThread
  )
}

export function hasFlag(message: { flags?: number }, flag: number): boolean {
  return ((message.flags ?? 0) & flag) !== 0
}
