import { ApplicationCommandOptionType, type BaseMessageOptions, MessageFlags } from 'discord.js'

import { toLocale, type Translate } from '../../i18n.ts'
import { asWritten } from '../as-written.ts'
import { named } from '../command-definition.ts'
import type { Subcommand } from '../schedule/subcommand.ts'
import type { FoundPassage } from './class-files.ts'
import { extractOf } from './extract.ts'
import { placeText } from './file-text.ts'
import { guildOfFiles } from './permission.ts'

const extractLength = 220

/** `/files search`: the passages themselves, for whoever asks, without any model. */
export const search: Subcommand = {
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ files }) => files.search),
    options: [
      {
        type: ApplicationCommandOptionType.String,
        ...named(({ files }) => files.query),
        required: true,
        max_length: 300,
      },
    ],
  },

  async execute(interaction, deps) {
    const guildId = await guildOfFiles(interaction, deps, { isForTeachers: false })
    if (guildId === null) return
    await interaction.deferReply({ flags: MessageFlags.Ephemeral })
    const t = deps.translations(toLocale(interaction.locale))
    const query = interaction.options.getString('query', true)
    const found = query.trim() === '' ? [] : await deps.classFiles.search(guildId, query)
    if (found.length > 0) {
      await interaction.editReply(toMessage(found, query, t))
      return
    }
    const files = await deps.classFiles.list(guildId)
    const content = t(`commands.files.${files.length === 0 ? 'none' : 'nothingFound'}`)
    await interaction.editReply({ content })
  },
}

function toMessage(
  found: readonly FoundPassage[],
  query: string,
  t: Translate,
): BaseMessageOptions {
  const extracts = found.map(({ text }) => extractOf(text, query, extractLength))
  const blocks = found.map(
    (passage, index) =>
      `**${index + 1}.** ${placeText(passage, t)}\n> ${asWritten(extracts[index] ?? '')}`,
  )
  const allowedMentions = { parse: [] }
  const isWhole = !extracts.some((extract) => /^…|…$/.test(extract))
  const content = blocks.join('\n')
  if (isWhole && content.length <= mostCharacters) return { content, allowedMentions }
  const whole = found.map(
    (passage, index) => `## ${index + 1}. ${placeText(passage, t)}\n\n${passage.text}`,
  )
  return {
    content: withinLimit([...blocks, `-# ${t('commands.files.inFile')}`]),
    files: [{ name: 'passages.md', attachment: Buffer.from(whole.join('\n\n'), 'utf8') }],
    allowedMentions,
  }
}

const mostCharacters = 2_000

/** Leaves out the last passages where signs that had to be escaped made them too long. */
function withinLimit(lines: readonly string[]): string {
  const text = lines.join('\n')
  return text.length <= mostCharacters ? text : withinLimit(lines.toSpliced(-2, 1))
}
