import {
  type APIChannel,
  type APIMessage,
  ButtonStyle,
  type Client,
  ComponentType,
  DiscordAPIError,
  MessageFlags,
  type RESTPostAPIChannelMessageJSONBody,
  RESTJSONErrorCodes,
  Routes,
  SnowflakeUtil,
} from 'discord.js'

import { toLocale, type Translations } from '../../i18n.ts'
import type { Logger } from '../../log.ts'
import type { Target } from '../../schedule/reminders/reminder-store.ts'
import type { PauseReason } from '../../schedule/reminders/reminder-tables.ts'
import type { Courier, ReminderMessage, Sent } from '../../schedule/reminders/reminders.ts'
import { reminderText } from './message-text.ts'

export interface CourierDeps {
  client: Client
  translations: Translations
  now: () => number
  log: Logger
}

const memberForMs = 6 * 60 * 60 * 1000
const maxKept = 10_000
/** Discord's clock and ours may differ. */
const slackMs = 5 * 60 * 1000
const pageSize = 100

const reasons: ReadonlyMap<number | string, PauseReason> = new Map<number, PauseReason>([
  [RESTJSONErrorCodes.CannotSendMessagesToThisUser, 'closed'],
  [RESTJSONErrorCodes.CannotSendMessagesToThisUserDueToHavingNoMutualGuilds, 'closed'],
  [RESTJSONErrorCodes.UnknownMember, 'left'],
  [RESTJSONErrorCodes.UnknownUser, 'left'],
  [RESTJSONErrorCodes.UnknownChannel, 'gone'],
  [RESTJSONErrorCodes.UnknownGuild, 'gone'],
  [RESTJSONErrorCodes.MissingAccess, 'forbidden'],
  [RESTJSONErrorCodes.MissingPermissions, 'forbidden'],
  [RESTJSONErrorCodes.CannotSendMessagesInNonTextChannel, 'forbidden'],
  [RESTJSONErrorCodes.ThreadLocked, 'forbidden'],
])

/** The `custom_id` by which a reminder is stopped, and known again. */
function stopId(deliveryId: number): string {
  return `remind:stop:${deliveryId}`
}

/** Brings reminders into channels and direct messages. discord.js waits where Discord sets the pace. */
export function createCourier({ client, translations, now, log }: CourierDeps): Courier {
  const { rest } = client
  const members = new Map<string, number>()
  const dms = new Map<string, string>()

  /** The timetable of a server is nothing for those who have left it. */
  async function assertMember({ guildId, id }: Target): Promise<void> {
    const key = `${guildId} ${id}`
    const seenAt = members.get(key)
    if (seenAt !== undefined && Math.abs(now() - seenAt) < memberForMs) return
    await rest.get(Routes.guildMember(guildId, id))
    keep(members, key, now())
  }

  async function channelOf({ type, id }: Target): Promise<string> {
    if (type === 'channel') return id
    const known = dms.get(id)
    if (known !== undefined) return known
    const body = { recipient_id: id }
    const channel = (await rest.post(Routes.userChannels(), { body })) as APIChannel // its answer
    keep(dms, id, channel.id)
    return channel.id
  }

  async function post({ id, target, locale, events }: ReminderMessage): Promise<void> {
    const guild = client.guilds.cache.get(target.guildId)
    const t = translations(toLocale(locale))
    const server = target.type === 'user' ? (guild?.name ?? '') : null
    const stop = {
      type: ComponentType.Button as const,
      style: ButtonStyle.Secondary as const,
      label: t('reminder.stop'),
      custom_id: stopId(id),
    }
    const body = {
      content: reminderText(events, { t, server }),
      flags: MessageFlags.SuppressEmbeds,
      allowed_mentions: { parse: [] },
      components: [{ type: ComponentType.ActionRow, components: [stop] }],
      nonce: `reminder-${id}`,
      enforce_nonce: true,
    } satisfies RESTPostAPIChannelMessageJSONBody
    await rest.post(Routes.channelMessages(await channelOf(target)), { body })
  }

  function outcomeOf(error: unknown, { id }: Pick<ReminderMessage, 'id'>): Sent {
    if (!(error instanceof DiscordAPIError)) {
      log.warn({ err: error, delivery: id }, 'a reminder could not be sent yet')
      return 'later'
    }
    const paused = reasons.get(error.code)
    if (paused !== undefined) return { paused }
    log.warn({ err: error, delivery: id }, 'Discord did not take a reminder')
    const isTooFast = error.code === RESTJSONErrorCodes.OpeningDirectMessagesTooFast
    return isTooFast || error.status === 401 || error.status === 408 || error.status === 429
      ? 'later'
      : 'refused'
  }

  return {
    async send(message) {
      try {
        const { target } = message
        // The bot has just left; it may come back, and its reminders rest until then.
        if (!client.guilds.cache.has(target.guildId)) return 'later'
        if (target.type === 'user') await assertMember(target)
        await post(message)
        return 'sent'
      } catch (error) {
        return outcomeOf(error, message)
      }
    },

    async wasSent({ id, target, claimedAt }) {
      try {
        const after = SnowflakeUtil.generate({ timestamp: claimedAt - slackMs }).toString()
        const query = new URLSearchParams({ after, limit: `${pageSize}` })
        const route = Routes.channelMessages(await channelOf(target))
        const messages = (await rest.get(route, { query })) as APIMessage[] // its answer
        if (messages.some((message) => holds(message, stopId(id)))) return true
        return messages.length < pageSize ? false : null
      } catch (err) {
        log.warn({ err, delivery: id }, 'whether a reminder was sent is not known')
        return null
      }
    },
  }

  function holds({ author, components = [] }: APIMessage, customId: string): boolean {
    if (author.id !== client.user?.id) return false
    return components.some(
      (row) =>
        row.type === ComponentType.ActionRow &&
        row.components.some((each) => 'custom_id' in each && each.custom_id === customId),
    )
  }
}

/** Remembers so much, and then forgets the oldest. */
function keep<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > maxKept && oldest !== undefined) map.delete(oldest)
}
