import { ApplicationCommandOptionType, ButtonStyle, MessageFlags } from 'discord.js'

import { toLocale } from '../../i18n.ts'
import { named } from '../command-definition.ts'
import { isLike, shorten } from '../schedule/inputs.ts'
import type { Subcommand } from '../schedule/subcommand.ts'
import { boldName, fileButtons } from './file-text.ts'
import { guildOfFiles, guildToSuggestFrom } from './permission.ts'

/** `/files remove`: asks first, since it cannot be taken back. */
export const remove: Subcommand = {
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ files }) => files.remove),
    options: [
      {
        type: ApplicationCommandOptionType.String,
        ...named(({ files }) => files.which),
        required: true,
        autocomplete: true,
        max_length: 100,
      },
    ],
  },

  async execute(interaction, deps) {
    const guildId = await guildOfFiles(interaction, deps, { isForTeachers: true })
    if (guildId === null) return
    await interaction.deferReply({ flags: MessageFlags.Ephemeral })
    const t = deps.translations(toLocale(interaction.locale))
    const wanted = interaction.options.getString('file', true).trim()
    const files = await deps.classFiles.list(guildId)
    const file = files.find(({ id }) => id === wanted) ?? files.find(({ name }) => name === wanted)
    const id = `remove:${file?.id ?? ''}`
    if (!file || `files:${id}`.length > 100) {
      await interaction.editReply({ content: t('commands.files.noSuch') })
      return
    }
    await interaction.editReply({
      content: t('commands.files.confirm', { name: boldName(file.name) }),
      components: [
        fileButtons(
          { label: t('commands.files.removeButton'), id, style: ButtonStyle.Danger },
          { label: t('commands.files.keepButton'), id: 'remove:', style: ButtonStyle.Secondary },
        ),
      ],
    })
  },

  /** Without a file: it is kept. */
  async press({ interaction, rest: fileId }, deps) {
    const guildId = await guildOfFiles(interaction, deps, { isForTeachers: true })
    if (guildId === null) return
    const t = deps.translations(toLocale(interaction.locale))
    if (fileId === '') {
      await interaction.update({ content: t('commands.files.kept'), components: [] })
      return
    }
    await interaction.deferUpdate()
    const removed = await deps.classFiles.remove(guildId, fileId)
    const content = removed
      ? t('commands.files.removed', { name: boldName(removed.name) })
      : t('commands.files.noSuch')
    await interaction.editReply({ content, components: [] })
  },

  async autocomplete(interaction, deps) {
    const guildId = guildToSuggestFrom(interaction, deps)
    const files = guildId === null ? [] : await deps.classFiles.list(guildId)
    const typed = interaction.options.getFocused()
    const choices = files
      .map(({ id, name, title }) => ({
        name: shorten(title === null ? name : `${name} · ${title}`),
        value: id,
      }))
      .filter(({ name }) => isLike(name, typed))
      .slice(0, 25)
    await interaction.respond(choices)
  },
}
