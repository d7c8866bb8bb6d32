import {
  ApplicationCommandOptionType,
  ChannelType,
  type ChatInputCommandInteraction,
  GuildChannel,
  MessageFlags,
  PermissionFlagsBits,
  type PermissionsBitField,
} from 'discord.js'

import { toLocale, type Translate } from '../../i18n.ts'
import { named } from '../command-definition.ts'
import { isTeacher } from '../schedule/permission.ts'
import type { Subcommand } from '../schedule/subcommand.ts'
import { setUp, suggestCourses, whatOptions } from './set-up.ts'

/** `/remind channel`: for teachers. */
export const channel: Subcommand = {
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ remind }) => remind.channel),
    options: [
      ...whatOptions(),
      {
        type: ApplicationCommandOptionType.Channel,
        ...named(({ remind }) => remind.where),
        channel_types: [ChannelType.GuildText, ChannelType.GuildAnnouncement],
      },
    ],
  },

  async execute(interaction, deps) {
    const t = deps.translations(toLocale(interaction.locale))
    const { guildId, guildLocale, locale } = interaction
    const id = interaction.options.getChannel('channel')?.id ?? interaction.channelId
    const refused = refusal(interaction, { t, id })
    if (guildId === null || refused !== null) {
      const content = refused ?? t('commands.remind.onlyInServers')
      await interaction.reply({ content, flags: MessageFlags.Ephemeral })
      return
    }
    await setUp(interaction, deps, {
      target: { guildId, type: 'channel', id },
      locale: guildLocale ?? locale,
      done: t('commands.remind.doneChannel', { channel: `<#${id}>` }),
    })
  },

  autocomplete: suggestCourses,
}

/** Why nothing can be set up in a channel; null: it can. */
function refusal(
  interaction: ChatInputCommandInteraction,
  { t, id }: { t: Translate; id: string },
): string | null {
  if (interaction.guildId === null) return t('commands.remind.onlyInServers')
  if (interaction.guild === null) return t('commands.remind.notHere')
  if (!isTeacher(interaction)) return t('commands.remind.onlyTeachers')
  const may = permissionsIn(interaction, id)
  const isThread = id === interaction.channelId && interaction.channel?.isThread() === true
  const { ViewChannel, SendMessages, SendMessagesInThreads } = PermissionFlagsBits
  const needed = [ViewChannel, isThread ? SendMessagesInThreads : SendMessages]
  return may?.has(needed) === true ? null : t('commands.remind.mute', { channel: `<#${id}>` })
}

/** The bot's own. */
function permissionsIn(
  interaction: ChatInputCommandInteraction,
  id: string,
): Readonly<PermissionsBitField> | null {
  if (id === interaction.channelId) return interaction.appPermissions
  const found = interaction.guild?.channels.cache.get(id)
  return found instanceof GuildChannel ? found.permissionsFor(interaction.client.user) : null
}
