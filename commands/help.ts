import { MessageFlags } from 'discord.js'

import { chatInput } from '../src/bot/command-definition.ts'
import { type Command, isChatInput } from '../src/bot/command.ts'
import { isDirectMessage } from '../src/bot/interaction-place.ts'
import { type Locale, toLocale } from '../src/i18n.ts'

export default {
  data: chatInput('help'),

  async execute(interaction, { classFiles, commands, toolNames, translations }) {
    const locale = toLocale(interaction.locale)
    const t = translations(locale)
    const tools = await toolNames(interaction.guildId)
    const lines = [
      isDirectMessage(interaction) ? t('commands.help.introDirect') : t('commands.help.intro'),
      `- ${t('commands.help.memory')}`,
      ...(classFiles.isAvailable ? [`- ${t('commands.help.files')}`] : []),
      ...(tools.includes('ask_database') ? [`- ${t('commands.help.schedule')}`] : []),
      '',
      t('commands.help.commands'),
      ...commands.filter(isChatInput).map(({ data }) => commandLine(data, locale)),
    ]
    await interaction.reply({ content: lines.join('\n'), flags: MessageFlags.Ephemeral })
  },
} satisfies Command

function commandLine(data: Command['data'], locale: Locale): string {
  const name = data.name_localizations?.[localeKeys[locale]] ?? data.name
  const description = data.description_localizations?.[localeKeys[locale]] ?? data.description
  return `- \`/${name}\` ${description}`
}

const localeKeys = { en: 'en-US', 'zh-CN': 'zh-CN' } as const
