import { MessageFlags, type REST, type RESTPostAPIChannelMessageJSONBody, Routes } from 'discord.js'
import type { Keyv } from 'keyv'
import { z } from 'zod'

import type { Locale, Translations } from '../../i18n.ts'
import type { Logger } from '../../log.ts'
import type { Schedules } from '../../schedule/schedule.ts'
import { isNothing, mergeDifferences } from '../../schedule/store/difference.ts'
import type { Difference, ScheduleStore } from '../../schedule/store/schedule-store.ts'
import type { Clock } from '../clock.ts'
import { isPlaceLost } from '../discord-failure.ts'
import { createKeyedMutex } from '../mutex.ts'
import { textMessage } from './answer-text.ts'
import { differenceText } from './difference-text.ts'

/** Tells a channel what has changed in its guild's timetable. */
export interface Notices {
  channelOf(guildId: string): Promise<string | null>
  /** Null: no channel is told any more. Changes made before are not told. */
  setChannel(guildId: string, channelId: string | null): Promise<void>
  /** Tells what is to be told by now. */
  sweep(): Promise<void>
}

export interface NoticesDeps {
  keyv: Keyv
  timetables: Pick<ScheduleStore, 'listRevisions' | 'getDifference'>
  schedules: Pick<Schedules, 'forGuild'>
  rest: Pick<REST, 'post'>
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
  z.object({ channelId: z.string(), revision: z.number().int() }),
)
type Told = z.infer<typeof toldSchema>

/**
 * What was told already is kept with the channel, so nothing is lost or told again over a restart,
 * whoever made the change: a command, a file that was imported by hand, a calendar.
 */
export function createNotices(deps: NoticesDeps): Notices {
  const { keyv, timetables, schedules, rest, localeOf, translations, clock, log } = deps
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
    if (!isNothing(difference)) {
      const message = await toMessage(guildId, difference)
      await post(guildId, told, { ...message, revision: last.revision }).catch((err: unknown) => {
        if (!isPlaceLost(err)) throw err
        log.warn({ err, guildId, channelId: told.channelId }, 'a notice was not allowed')
      })
    }
    await mutex.run(key, async () => {
      const all = await readTold()
      // Another channel may have been chosen in the meantime.
      const current = all[guildId]
      if (current) {
        await keyv.set(key, { ...all, [guildId]: { ...current, revision: last.revision } })
      }
    })
  }

  return {
    channelOf: async (guildId) => (await readTold())[guildId]?.channelId ?? null,

    async setChannel(guildId, channelId) {
      const [newest] = await timetables.listRevisions(guildId, 1)
      const revision = newest?.revision ?? 0
      await change(guildId, channelId === null ? null : { channelId, revision })
    },

    async sweep() {
      for (const [guildId, told] of Object.entries(await readTold())) {
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
