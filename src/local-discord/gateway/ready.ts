import {
  ApplicationFlags,
  GatewayIntentBits,
  PresenceUpdateStatus,
  type APIGuildMember,
} from 'discord-api-types/v10'

import type { Permissions } from '../permissions.ts'
import { toChannel, toGuild, toPublicUser } from '../wire.ts'
import type { Channel, Guild, World } from '../world.ts'
import type { Hub } from './hub.ts'
import type { Session } from './session.ts'

export interface ReadyDeps {
  world: World
  hub: Hub
  permissions: Permissions
}

/** The first dispatches of a new session: READY, and for a bot one GUILD_CREATE per guild of its shard. */
export function greet(session: Session, gatewayUrl: string, deps: ReadyDeps): void {
  if (session.bot) greetBot(session, gatewayUrl, deps)
  else greetUser(session, gatewayUrl, deps)
}

function greetBot(session: Session, gatewayUrl: string, deps: ReadyDeps): void {
  const { world } = deps
  const [shardId, shardCount] = session.shard
  const guilds = [...world.guilds.values()].filter(
    ({ id, members }) =>
      members.has(session.userId) && Number((BigInt(id) >> 22n) % BigInt(shardCount)) === shardId,
  )
  const ready = {
    v: 10,
    user: {
      ...toPublicUser(world.user(session.userId)),
      verified: true,
      mfa_enabled: false,
      email: null,
    },
    guilds: guilds.map(({ id }) => ({ id, unavailable: true })),
    session_id: session.id,
    resume_gateway_url: gatewayUrl,
    shard: session.shard,
    application: {
      id: session.userId,
      flags:
        ApplicationFlags.GatewayMessageContentLimited | ApplicationFlags.GatewayGuildMembersLimited,
    },
  }
  session.dispatch('READY', JSON.stringify(ready))
  if (!(session.intents & GatewayIntentBits.Guilds)) return
  for (const guild of guilds)
    session.dispatch('GUILD_CREATE', JSON.stringify(guildCreate(guild, session, deps)))
}

function greetUser(session: Session, gatewayUrl: string, deps: ReadyDeps): void {
  const { world, hub } = deps
  const dms = [...world.channels.values()].filter(
    (channel) => channel.kind === 'dm' && channel.recipients.includes(session.userId),
  )
  const accounts = [...world.accounts.values()]
  const ready = {
    v: 10,
    user: world.user(session.userId),
    session_id: session.id,
    resume_gateway_url: gatewayUrl,
    guilds: [...world.guilds.values()]
      .filter(({ members }) => members.has(session.userId))
      .map((guild) => guildCreate(guild, session, deps)),
    private_channels: dms.map((dm) => toChannel(dm, session.userId, world)),
    users: accounts.map(({ user }) => toPublicUser(user)),
    presences: accounts.map(({ user }) => toPresence(user.id, null, hub)),
  }
  session.dispatch('READY', JSON.stringify(ready))
}

function guildCreate(guild: Guild, session: Session, { world, hub, permissions }: ReadyDeps) {
  const isVisible = (channel: Channel) =>
    !session.bot ? permissions.canView(channel, session.userId) : true
  const isWhole = !session.bot || (session.intents & GatewayIntentBits.GuildPresences) !== 0
  const members = [...guild.members.values()].filter(
    ({ user }) => isWhole || user.id === session.userId,
  )
  const threads = world
    .threadsOf(guild.id)
    .filter(
      (thread) =>
        !thread.data.thread_metadata.archived && permissions.canView(thread, session.userId),
    )
  return {
    ...toGuild(guild),
    joined_at: guild.members.get(session.userId)?.joined_at ?? guild.joinedAt,
    large: false,
    unavailable: false,
    member_count: guild.members.size,
    voice_states: [],
    members,
    channels: world
      .channelsOf(guild.id)
      .filter(isVisible)
      .map(({ data }) => data),
    threads: threads.map((thread) => toChannel(thread, session.userId, world)),
    presences: isWhole ? presencesOf(members, guild.id, hub) : [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
  }
}

const presencesOf = (members: readonly APIGuildMember[], guildId: string, hub: Hub) =>
  members
    .filter(({ user }) => hub.isOnline(user.id))
    .map(({ user }) => toPresence(user.id, guildId, hub))

/** PRESENCE_UPDATE's `d`. */
export function toPresence(userId: string, guildId: string | null, hub: Pick<Hub, 'isOnline'>) {
  const status = hub.isOnline(userId) ? PresenceUpdateStatus.Online : PresenceUpdateStatus.Offline
  return {
    user: { id: userId },
    ...(guildId !== null && { guild_id: guildId }),
    status,
    activities: [],
    client_status: status === PresenceUpdateStatus.Online ? { web: status } : {},
  }
}
