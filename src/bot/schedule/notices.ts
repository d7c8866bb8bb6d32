import {
  type APIChannel,
  escapeMarkdown,
  MessageFlags,
  type REST,
  type RESTPostAPIChannelMessageJSONBody,
  Routes,
} from 'discord.js'
import type { Keyv } from 'keyv'
import { z } from 'zod'

import type { Locale, Translations } from '../../i18n.ts'
import type { Logger } from '../../log.ts'
import type { Schedules } from '../../schedule/schedule.ts'
import { isNothing, mergeDifferences } from '../../schedule/store/difference.ts'
import type { Difference, Revision, ScheduleStore } from '../../schedule/store/schedule-store.ts'
import type { Clock } from '../clock.ts'
import { isPlaceLost } from '../discord-failure.ts'
import { createKeyedMutex } from '../mutex.ts'
import { textMessage } from './answer-text.ts'
import { differenceText } from './difference-text.ts'
import { isPerson } from './people.ts'

/** Tells a channel what has changed in its guild's timetable. */
export interface Notices {
  channelOf(guildId: string): Promise<string | null>
  /** Null: no channel is told any more. Changes made before are not told. */
  setChannel(guildId: string, channelId: string | null): Promise<void>
  /** The guilds that have chosen a channel. */
  guilds(): Promise<string[]>
  forget(guildId: string): Promise<void>
  /** Tells what is to be told by now. */
  sweep(): Promise<void>
}

export interface NoticesDeps {
  keyv: Keyv
  timetables: Pick<ScheduleStore, 'listRevisions' | 'getDifference'>
  schedules: Pick<Schedules, 'forGuild'>
  rest: Pick<REST, 'post'>
  /** Guilds that are told nothing for now. */
  isResting: (guildId: string) => boolean
  nameOf: (guildId: string) => string
  localeOf: (guildId: string) => Locale
  translations: Translations
  clock: Clock
  log: Logger
}

/** Changes that follow each other within this time are told together … */
const quietMs = 60_000
/** … but none waits longer than this. */
const longestWaitMs = 10 * 60_000
const maxRevisions = 200
const mostLines = 15

const key = 'schedule-notices'
const toldSchema = z.record(
  z.string(),
  z.object({
    channelId: z.string(),
    revision: z.number().int(),
    /** The bot could not write there the last time, and somebody was told so. */
    lost: z.boolean().optional(),
  }),
)
type Told = z.infer<typeof toldSchema>

/**
 * What was told already is kept with the channel, so nothing is lost or told again over a restart,
 * whoever made the change: a command, a file that was imported by hand, a calendar. Where the channel is
 * gone or closed to the bot, whoever made the change hears of that by direct message, once; the channel
 * stays chosen, as it may be opened again.
 */
export function createNotices(deps: NoticesDeps): Notices {
  const {
    keyv,
    timetables,
    schedules,
    rest,
    isResting,
    nameOf,
    localeOf,
    translations,
    clock,
    log,
  } = deps
  const mutex = createKeyedMutex()

  async function readTold(): Promise<Told> {
    const parsed = toldSchema.safeParse((await keyv.get(key)) ?? {})
    return parsed.success ? parsed.data : {}
  }

  function change(guildId: string, entry: Told[string] | null): Promise<void> {
    return mutex.run(key, async () => {
      const { [guildId]: _before, ...others } = await readTold()
      await keyv.set(key, entry === null ? others : { ...others, [guildId]: entry })
    })
  }

  async function post(guildId: string, told: Told[string], message: Notice): Promise<void> {
    const { content, files, revision } = message
    const body = {
      content,
      allowed_mentions: { parse: [] },
      flags: MessageFlags.SuppressEmbeds,
      // Sent twice, as when the answer to it was lost, it is still one message.
      nonce: `notice-${guildId.slice(-8)}-${revision}`,
      enforce_nonce: true,
    } satisfies RESTPostAPIChannelMessageJSONBody
    await rest.post(Routes.channelMessages(told.channelId), {
      body,
      files: files.map(({ name, attachment }) => ({ name, data: attachment })),
    })
  }

  async function toMessage(guildId: string, difference: Difference) {
    const locale = localeOf(guildId)
    const t = translations(locale)
    const { timeZone } = await schedules.forGuild(guildId)
    const text = differenceText(difference, { locale, t, timeZone, most: mostLines })
    return textMessage(`### ${t('commands.schedule.noticeTitle')}\n${text}`, t)
  }

  async function tell(guildId: string, told: Told[string]): Promise<void> {
    const newest = await timetables.listRevisions(guildId, maxRevisions)
    const untold = newest.filter(({ revision }) => revision > told.revision)
    const [last] = untold
    const first = untold.at(-1)
    if (!last || !first) return
    const isQuiet = last.at <= clock.now() - quietMs
    if (!isQuiet && first.at > clock.now() - longestWaitMs) return
    const differences: Difference[] = []
    for (const { revision } of untold.toReversed()) {
      const difference = await timetables.getDifference(guildId, revision)
      if (difference) differences.push(difference)
    }
    const difference = mergeDifferences(differences)
    let lost = told.lost === true
    if (!isNothing(difference)) {
      const message = await toMessage(guildId, difference)
      lost = await post(guildId, told, { ...message, revision: last.revision }).then(
        () => false,
        (err: unknown) => {
          if (!isPlaceLost(err)) throw err
          log.warn({ err, guildId, channelId: told.channelId }, 'a notice was not allowed')
          return true
        },
      )
      if (lost && told.lost !== true) await tellLoss(guildId, told, untold)
    }
    await mutex.run(key, async () => {
      const all = await readTold()
      const current = all[guildId]
      if (!current) return
      const isSame = current.channelId === told.channelId
      // Another channel may have been chosen in the meantime, and said to be fine.
      const next = { ...current, revision: last.revision, lost: isSame ? lost : false }
      await keyv.set(key, { ...all, [guildId]: next })
    })
  }

  /** Tells whoever changed something last that nobody was told; once, until it works again. */
  async function tellLoss(
    guildId: string,
    { channelId }: Told[string],
    untold: readonly Revision[],
  ): Promise<void> {
    const person = untold.find(({ by }) => isPerson(by))
    if (!person) return
    const t = translations(localeOf(guildId))
    try {
      const body = { recipient_id: person.by }
      const dm = (await rest.post(Routes.userChannels(), { body })) as APIChannel // its answer
      await rest.post(Routes.channelMessages(dm.id), {
        body: {
          content: t('commands.schedule.noticeLost', {
            server: escapeMarkdown(nameOf(guildId)),
            channel: `<#${channelId}>`,
          }),
          allowed_mentions: { parse: [] },
          nonce: `lost-${guildId.slice(-8)}-${person.revision}`,
          enforce_nonce: true,
        },
      })
    } catch (err) {
      // Without an answer it is tried again with the notice; closed direct messages stay closed.
      if (!isPlaceLost(err)) throw err
      log.warn({ err, guildId }, 'nobody could be told that notices are not allowed')
    }
  }

  return {
    channelOf: async (guildId) => (await readTold())[guildId]?.channelId ?? null,

    async setChannel(guildId, channelId) {
      const [newest] = await timetables.listRevisions(guildId, 1)
      const revision = newest?.revision ?? 0
      await change(guildId, channelId === null ? null : { channelId, revision })
    },

    guilds: async () => Object.keys(await readTold()),
    forget: (guildId) => change(guildId, null),

    async sweep() {
      for (const [guildId, told] of Object.entries(await readTold())) {
        if (isResting(guildId)) continue
        await tell(guildId, told).catch((err: unknown) =>
          log.warn({ err, guildId }, 'a notice was not sent'),
        )
      }
    },
  }
}

interface Notice {
  content: string
  files: { name: string; attachment: Buffer }[]
  revision: number
}
