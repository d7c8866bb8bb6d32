import {
  ChannelType,
  MessageType,
  PermissionFlagsBits,
  ThreadMemberFlags,
  type APIMessage,
} from 'discord-api-types/v10'

import { toTimestamp, type Clock } from './clock.ts'
import { DiscordError } from './discord-error.ts'
import type { StoredMessage } from './message-log.ts'
import { announce, announceMessage, type AnnounceDeps } from './messages/announce.ts'
import type { NextSnowflake } from './snowflake.ts'
import type { Channel, GuildChannel, Thread } from './world.ts'

export interface NewThread {
  parent: GuildChannel
  ownerId: string
  name: string
  autoArchiveMinutes: number
  isPrivate: boolean
  /** The message it grows from; its id becomes the thread's. */
  from: StoredMessage | null
}

export interface Threads {
  /** @throws DiscordError 160004 when the message has a thread */
  create(thread: NewThread): Thread
  addMember(thread: Thread, userId: string): void
  removeMember(thread: Thread, userId: string): void
  update(thread: Thread, change: ThreadChange): void
  /**
   * What sending does to a thread before: an archived one is reopened.
   * @throws DiscordError 160005 when it is locked
   */
  prepareToSend(channel: Channel, authorId: string): void
  /** What sending does to it after: the author joins, the counters rise. */
  sent(channel: Channel, message: APIMessage): void
}

export interface ThreadChange {
  name?: string | undefined
  archived?: boolean | undefined
  locked?: boolean | undefined
  auto_archive_duration?: number | undefined
  rate_limit_per_user?: number | undefined
  invitable?: boolean | undefined
}

export interface ThreadsDeps extends AnnounceDeps {
  clock: Clock
  nextId: NextSnowflake
}

export function createThreads(deps: ThreadsDeps): Threads {
  const { world, hub, permissions, clock, nextId } = deps

  const announceUpdate = (thread: Thread) =>
    announce(deps, thread, { event: 'THREAD_UPDATE', data: thread.data })

  const join = (thread: Thread, userId: string) => {
    const member = {
      id: thread.id,
      user_id: userId,
      join_timestamp: toTimestamp(clock.now()),
      flags: ThreadMemberFlags.AllMessages,
    }
    thread.members.set(userId, member)
    thread.data.member_count = Math.min(thread.members.size, 50)
    return member
  }

  const setArchived = (thread: Thread, archived: boolean) => {
    if (thread.data.thread_metadata.archived === archived) return
    thread.data.thread_metadata.archived = archived
    thread.data.thread_metadata.archive_timestamp = toTimestamp(clock.now())
  }

  const threads: Threads = {
    create({ parent, ownerId, name, autoArchiveMinutes, isPrivate, from }) {
      if (from && world.channels.has(from.id)) throw new DiscordError(160004)
      const created = toTimestamp(clock.now())
      const thread = world.addThread({
        id: from?.id ?? nextId(),
        guild_id: parent.guildId,
        parent_id: parent.id,
        owner_id: ownerId,
        type: threadType(parent, isPrivate),
        name,
        rate_limit_per_user: 0,
        last_message_id: null,
        message_count: 0,
        total_message_sent: 0,
        member_count: 1,
        thread_metadata: {
          archived: false,
          auto_archive_duration: autoArchiveMinutes,
          archive_timestamp: created,
          locked: false,
          create_timestamp: created,
        },
        flags: 0,
      })
      const owner = join(thread, ownerId)
      hub.publish({
        event: 'THREAD_CREATE',
        data: { ...thread.data, newly_created: true, member: owner },
        guildId: thread.guildId,
        isFor: (userId) => permissions.canView(thread, userId),
      })
      if (from) {
        from.wire.thread = { ...thread.data }
        from.wire.flags = (from.wire.flags ?? 0) | 32
        announceMessage(deps, { event: 'MESSAGE_UPDATE', stored: from })
      }
      return thread
    },
    addMember(thread, userId) {
      if (thread.members.has(userId)) return
      const member = join(thread, userId)
      announce(deps, thread, {
        event: 'THREAD_MEMBERS_UPDATE',
        data: {
          id: thread.id,
          member_count: thread.data.member_count,
          added_members: [{ ...member, member: world.guildOf(thread)?.members.get(userId) }],
        },
      })
    },
    removeMember(thread, userId) {
      if (!thread.members.delete(userId)) return
      thread.data.member_count = thread.members.size
      announce(deps, thread, {
        event: 'THREAD_MEMBERS_UPDATE',
        data: { id: thread.id, member_count: thread.members.size, removed_member_ids: [userId] },
      })
    },
    update(thread, change) {
      const { name, archived, locked, auto_archive_duration, rate_limit_per_user, invitable } =
        change
      const metadata = thread.data.thread_metadata
      if (name !== undefined) thread.data.name = name
      if (rate_limit_per_user !== undefined) thread.data.rate_limit_per_user = rate_limit_per_user
      if (auto_archive_duration !== undefined)
        metadata.auto_archive_duration = auto_archive_duration
      if (locked !== undefined) metadata.locked = locked
      if (invitable !== undefined) metadata.invitable = invitable
      if (archived !== undefined) setArchived(thread, archived)
      announceUpdate(thread)
    },
    prepareToSend(channel, authorId) {
      if (channel.kind !== 'thread') return
      const { locked, archived } = channel.data.thread_metadata
      const isRefused =
        locked && !permissions.can(channel, authorId, PermissionFlagsBits.ManageThreads)
      if (isRefused) throw new DiscordError(160005)
      if (!archived) return
      setArchived(channel, false)
      announceUpdate(channel)
    },
    sent(channel, message) {
      if (channel.kind !== 'thread') return
      const joining = [message.author.id, ...message.mentions.map(({ id }) => id)]
      for (const userId of joining)
        if (permissions.canView(channel, userId)) threads.addMember(channel, userId)
      const isCounted = message.type !== MessageType.ThreadStarterMessage
      if (!isCounted) return
      channel.data.message_count += 1
      channel.data.total_message_sent += 1
    },
  }
  return threads
}

function threadType(parent: GuildChannel, isPrivate: boolean): Thread['data']['type'] {
  if (parent.data.type === ChannelType.GuildAnnouncement) return ChannelType.AnnouncementThread
  return isPrivate ? ChannelType.PrivateThread : ChannelType.PublicThread
}
