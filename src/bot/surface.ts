/** One message as the bot wants it shown. */
export interface Outgoing {
  content: string
  file?: { name: string; text: string }
  /** Below the message. */
  button?: MessageButton
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
  /** How long to wait before the next edit, in milliseconds. */
  pace(): number
}
