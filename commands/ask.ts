import { ApplicationCommandOptionType } from 'discord.js'

import { toAttachedFile } from '../src/bot/attached-file.ts'
import { createChannelSurface } from '../src/bot/channel-surface.ts'
import { chatInput, named, privateOption } from '../src/bot/command-definition.ts'
import type { Command } from '../src/bot/command.ts'
import { placeOfInteraction } from '../src/bot/interaction-place.ts'
import { createInteractionSurface } from '../src/bot/interaction-surface.ts'
import { readableText } from '../src/bot/prompt.ts'
import { toLocale } from '../src/i18n.ts'

export default {
  data: {
    ...chatInput('ask'),
    options: [
      {
        type: ApplicationCommandOptionType.String,
        ...named(({ ask }) => ask.question),
        required: true,
        min_length: 1,
        max_length: 2000,
      },
      { type: ApplicationCommandOptionType.Attachment, ...named(({ ask }) => ask.file) },
      privateOption(({ ask }) => ask.private),
    ],
  },

  async execute(interaction, { turns, clock, translations }) {
    const { channelId, client, guild, member, user } = interaction
    const isPrivate = interaction.options.getBoolean('private') ?? false
    const locale = toLocale(interaction.locale)
    const surface = createInteractionSurface({
      interaction,
      clock,
      isPrivate,
      fallback: isPrivate
        ? null
        : createChannelSurface({
            rest: client.rest,
            channelId,
            maxFileBytes: interaction.attachmentSizeLimit,
          }),
    })
    const names = {
      user: (id: string) => client.users.cache.get(id)?.displayName ?? null,
      role: (id: string) => guild?.roles.cache.get(id)?.name ?? null,
      channel: (id: string) => guild?.channels.cache.get(id)?.name ?? null,
    }
    const file = interaction.options.getAttachment('file')
    const content = interaction.options.getString('question', true)
    const text = readableText(content, { botId: client.user.id, names })
    const t = translations(locale)
    if (text === '') {
      await surface.send({
        content: t('hint.emptyMention', { mention: `@${client.user.displayName}` }),
      })
      return
    }
    const nickname = member && 'displayName' in member ? member.displayName : null
    const isTaken = turns.ask({
      place: placeOfInteraction(interaction, isPrivate),
      surface,
      locale,
      text,
      attachments: file ? [toAttachedFile(file)] : [],
      author: { id: user.id, name: nickname ?? user.displayName },
      sourceId: interaction.id,
      isCollectable: false,
    })
    if (!isTaken) await surface.send({ content: t('hint.busy') })
  },
} satisfies Command
