import {
  type ActionRowData,
  type ButtonComponentData,
  ButtonStyle,
  ComponentType,
} from 'discord.js'

import type { Translate } from '../../i18n.ts'
import { messageLimit, pageContent, split } from '../splitting.ts'

const maxFileBytes = 8 * 1024 * 1024

/** A message of one text: whatever does not fit into it is all in a file. */
export function textMessage(text: string, t: Translate) {
  const allowedMentions = { parse: [] }
  if (text.length <= messageLimit) return { content: text, files: [], allowedMentions }
  const note = `\n-# ${t('commands.schedule.inFile')}`
  const [first] = split(text, messageLimit - note.length)
  const attachment = Buffer.from(text, 'utf8').subarray(0, maxFileBytes)
  return {
    content: (first ? pageContent(first).trimEnd() : '') + note,
    files: [{ name: 'schedule.md', attachment }],
    allowedMentions,
  }
}

interface Button {
  label: string
  /** What follows `schedule:`. */
  id: string
  style?: ButtonStyle.Primary | ButtonStyle.Secondary | ButtonStyle.Danger
}

/** One row of buttons of this command. */
export function buttonRow(...buttons: Button[]): ActionRowData<ButtonComponentData> {
  return {
    type: ComponentType.ActionRow,
    components: buttons.map(({ label, id, style = ButtonStyle.Secondary }) => ({
      type: ComponentType.Button,
      style,
      label,
      customId: `schedule:${id}`,
    })),
  }
}
