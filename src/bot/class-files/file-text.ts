import {
  type ActionRowData,
  type ButtonComponentData,
  type ButtonStyle,
  ComponentType,
} from 'discord.js'

import type { Locale, Translate } from '../../i18n.ts'
import { asWritten } from '../as-written.ts'
import { shorten } from '../schedule/inputs.ts'
import type { FoundPassage } from './class-files.ts'

const longestName = 80

/** A file's name as it is shown in a line. */
export function boldName(name: string): string {
  return `**${plainName(name)}**`
}

export function plainName(name: string): string {
  return asWritten(shorten(name, longestName))
}

const units = ['B', 'kB', 'MB'] as const

/** `1.2 MB`, with the signs of the language. */
export function sizeText(bytes: number, locale: Locale): string {
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  const format = new Intl.NumberFormat(locale, { maximumFractionDigits: power === 2 ? 1 : 0 })
  return `${format.format(bytes / 1000 ** power)} ${units[power]}`
}

/** Where a passage stands: `notes.pdf p. 12`. */
export function placeText({ fileName, page, heading }: FoundPassage, t: Translate): string {
  const name = plainName(fileName)
  const where = page === null ? name : t('sources.page', { name, page })
  return heading === null
    ? where
    : t('sources.heading', { name: where, heading: asWritten(shorten(heading, longestName)) })
}

interface Button {
  label: string
  /** What follows `files:`. */
  id: string
  style: ButtonStyle.Secondary | ButtonStyle.Danger
  disabled?: boolean
}

/** One row of buttons of `/files`. */
export function fileButtons(...buttons: Button[]): ActionRowData<ButtonComponentData> {
  return {
    type: ComponentType.ActionRow,
    components: buttons.map(({ id, ...button }) => ({
      type: ComponentType.Button,
      customId: `files:${id}`,
      ...button,
    })),
  }
}
