import { addFiles } from '../src/bot/class-files/add.ts'
import { messageMenu } from '../src/bot/command-definition.ts'
import type { MessageCommand } from '../src/bot/command.ts'

/** In the menu of a message: the files that came with it become class files. */
export default {
  data: messageMenu(({ files }) => files.addMessage),

  async execute(interaction, deps) {
    const attachments = [...interaction.targetMessage.attachments.values()]
    await addFiles(interaction, deps, { attachments, title: null })
  },
} satisfies MessageCommand
