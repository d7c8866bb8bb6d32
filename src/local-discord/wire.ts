import {
  ChannelType,
  GuildDefaultMessageNotifications,
  GuildExplicitContentFilter,
  GuildMFALevel,
  GuildNSFWLevel,
  GuildPremiumTier,
  GuildSystemChannelFlags,
  GuildVerificationLevel,
  type APIUser,
} from 'discord-api-types/v10'

import type { LocalUser } from './protocol.ts'
import type { Channel, Guild, World } from './world.ts'

/** What is kept → Discord's objects. */

/** A user as others see him. */
export function toPublicUser(user: LocalUser): APIUser {
  const { locale: _locale, ...rest } = user
  return rest
}

/** A channel as one of its members sees it. */
export function toChannel(channel: Channel, userId: string, world: Pick<World, 'user'>): object {
  if (channel.kind === 'guild') return channel.data
  if (channel.kind === 'thread') {
    const member = channel.members.get(userId)
    return member ? { ...channel.data, member } : channel.data
  }
  const others = channel.recipients.filter((id) => id !== userId)
  return {
    ...channel.data,
    type: ChannelType.DM,
    recipients: others.map((id) => toPublicUser(world.user(id))),
  }
}

/** A guild without its members and channels. */
export function toGuild(guild: Guild): object {
  return {
    id: guild.id,
    name: guild.name,
    icon: guild.icon,
    splash: null,
    discovery_splash: null,
    banner: null,
    description: null,
    owner_id: guild.ownerId,
    region: 'local',
    afk_channel_id: null,
    afk_timeout: 300,
    system_channel_id: null,
    system_channel_flags: GuildSystemChannelFlags.SuppressJoinNotifications,
    rules_channel_id: null,
    public_updates_channel_id: null,
    safety_alerts_channel_id: null,
    verification_level: GuildVerificationLevel.None,
    default_message_notifications: GuildDefaultMessageNotifications.OnlyMentions,
    explicit_content_filter: GuildExplicitContentFilter.Disabled,
    mfa_level: GuildMFALevel.None,
    nsfw_level: GuildNSFWLevel.Default,
    premium_tier: GuildPremiumTier.None,
    premium_subscription_count: 0,
    premium_progress_bar_enabled: false,
    preferred_locale: guild.preferredLocale,
    vanity_url_code: null,
    application_id: null,
    features: [],
    hub_type: null,
    roles: [...guild.roles.values()],
    emojis: [],
    stickers: [],
  }
}
