/** One message as the bot wants it shown. */
export interface Outgoing {
  content: string
  files?: readonly OutgoingFile[]
  /** Below the message, in one row; at most five. */
  buttons?: readonly MessageButton[]
}

export interface OutgoingFile {
  name: string
  data: string | Uint8Array
  /** What a picture shows, for those who cannot see it. */
  description?: string
}

export interface MessageButton {
  label: string
  customId: string
}

/** Where an answer appears: a reply in a channel, or the response to an interaction. */
export interface Surface {
  /** Shows a new message below the earlier ones of this answer; answers its id. */
  send(message: Outgoing): Promise<string>
  edit(id: string, message: Outgoing): Promise<void>
  /** Shows that an answer is being worked on. */
  typing(): Promise<void>
  /** The largest file that Discord takes here, in bytes. */
  readonly maxFileBytes: number
  /** How long to wait before the next edit, in milliseconds. */
  pace(): number
}
