import { MessageFlags } from 'discord.js'

import { addFiles } from '../src/bot/class-files/add.ts'
import { messageMenu } from '../src/bot/command-definition.ts'
import type { MessageCommand } from '../src/bot/command.ts'
import { toLocale } from '../src/i18n.ts'

/** In the menu of a message: the files that came with it become class files. */
export default {
  data: messageMenu(({ files }) => files.addMessage),

  async execute(interaction, deps) {
    const attachments = [...interaction.targetMessage.attachments.values()]
    if (attachments.length > 0) {
      await addFiles(interaction, deps, { attachments, title: null })
      return
    }
    const t = deps.translations(toLocale(interaction.locale))
    const content = t('commands.files.noFiles')
    await interaction.reply({ content, flags: MessageFlags.Ephemeral })
  },
} satisfies MessageCommand
