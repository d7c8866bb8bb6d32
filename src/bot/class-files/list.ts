import {
  ApplicationCommandOptionType,
  type BaseMessageOptions,
  ButtonStyle,
  MessageFlags,
  time,
  TimestampStyles,
} from 'discord.js'

import { type Locale, toLocale } from '../../i18n.ts'
import { asWritten } from '../as-written.ts'
import { named } from '../command-definition.ts'
import type { CommandDeps } from '../command.ts'
import type { Subcommand } from '../schedule/subcommand.ts'
import type { ClassFile } from './class-file.ts'
import { boldName, fileButtons, sizeText } from './file-text.ts'
import { guildOfFiles } from './permission.ts'

const mostPerPage = 10
const mostCharacters = 1_700

/** `/files list`, the newest first. */
export const list: Subcommand = {
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ files }) => files.list),
  },

  async execute(interaction, deps) {
    const guildId = await guildOfFiles(interaction, deps, { isForTeachers: false })
    if (guildId === null) return
    await interaction.deferReply({ flags: MessageFlags.Ephemeral })
    const locale = toLocale(interaction.locale)
    await interaction.editReply(await pageOf({ guildId, locale, number: 1 }, deps))
  },

  async press({ interaction, rest }, deps) {
    const guildId = await guildOfFiles(interaction, deps, { isForTeachers: false })
    if (guildId === null) return
    await interaction.deferUpdate()
    const locale = toLocale(interaction.locale)
    const number = /^\d{1,3}$/.test(rest) ? Number(rest) : 1
    await interaction.editReply(await pageOf({ guildId, locale, number }, deps))
  },
}

interface Wanted {
  guildId: string
  locale: Locale
  /** From 1; one that is not there is the nearest. */
  number: number
}

async function pageOf(
  { guildId, locale, number }: Wanted,
  { classFiles, translations }: CommandDeps,
): Promise<BaseMessageOptions> {
  const t = translations(locale)
  const files = await classFiles.list(guildId)
  const allowedMentions = { parse: [] }
  if (files.length === 0) {
    return { content: t('commands.files.none'), components: [], allowedMentions }
  }
  const pages = toPages(files.map((file) => entryOf(file, { locale, translations })))
  const current = Math.min(Math.max(number, 1), pages.length)
  const title = `### ${t('commands.files.listTitle', { count: files.length })}`
  const lines = [title, ...(pages[current - 1] ?? [])]
  if (pages.length === 1) return { content: lines.join('\n'), components: [], allowedMentions }
  lines.push(`-# ${t('commands.files.page', { page: current, pages: pages.length })}`)
  const style = ButtonStyle.Secondary
  const row = fileButtons(
    { label: '◀', id: `list:${current - 1}`, style, disabled: current === 1 },
    { label: '▶', id: `list:${current + 1}`, style, disabled: current === pages.length },
  )
  return { content: lines.join('\n'), components: [row], allowedMentions }
}

function entryOf(
  file: ClassFile,
  { locale, translations }: { locale: Locale } & Pick<CommandDeps, 'translations'>,
): string {
  const t = translations(locale)
  const { name, title, bytes, status, reason, addedBy, addedAt } = file
  const facts = [
    ...(status === 'reading' ? [t('commands.files.isReading')] : []),
    ...(title === null ? [] : [asWritten(title)]),
    ...(bytes === null ? [] : [sizeText(bytes, locale)]),
    ...(addedBy === null ? [] : [`<@${addedBy}>`]),
    time(addedAt, TimestampStyles.RelativeTime),
  ]
  const line = `${signs[status]} ${boldName(name)} · ${facts.join(' · ')}`
  if (reason === null) return line
  return `${line}\n-# ${t(`attached.unread.${reason}`, { names: boldName(name) })}`
}

const signs = { reading: '⏳', ready: '✅', failed: '⚠️' } as const

/** As many on each as there is room for. */
function toPages(entries: readonly string[]): string[][] {
  const pages: string[][] = [[]]
  let room = mostCharacters
  for (const entry of entries) {
    const last = pages.at(-1)
    if (last && last.length < mostPerPage && entry.length < room) last.push(entry)
    else {
      pages.push([entry])
      room = mostCharacters
    }
    room -= entry.length + 1
  }
  return pages.filter((page) => page.length > 0)
}
