import {
  type ButtonInteraction,
  ChannelType,
  type ChatInputCommandInteraction,
  InteractionContextType,
} from 'discord.js'

import { placeOf, type Place } from './conversations.ts'

type AnyInteraction = ChatInputCommandInteraction | ButtonInteraction

/** The conversation that an interaction is about. */
export function placeOfInteraction(interaction: AnyInteraction, isPrivate: boolean): Place {
  return placeOf({
    guildId: interaction.guildId,
    channelId: interaction.channelId ?? '',
    userId: interaction.user.id,
    isDirect: isDirectMessage(interaction),
    isPrivate,
  })
}

/** A direct message with the bot itself; one with somebody else is a place like any other. */
export function isDirectMessage({ context, channel, guildId }: AnyInteraction): boolean {
  if (context !== null) return context === InteractionContextType.BotDM
  return guildId === null && channel?.type === ChannelType.DM
}
