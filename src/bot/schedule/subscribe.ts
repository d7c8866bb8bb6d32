import { ApplicationCommandOptionType, MessageFlags, time, TimestampStyles } from 'discord.js'

import { toLocale, type Translate } from '../../i18n.ts'
import { readCalendarFailure } from '../../schedule/import/calendar-failure.ts'
import { endSubscription } from '../../schedule/import/end-subscription.ts'
import { CalendarFetchError, toCalendarUrl } from '../../schedule/import/fetch-calendar.ts'
import type { Subscription } from '../../schedule/store/schedule-store.ts'
import { asWritten } from '../as-written.ts'
import { named } from '../command-definition.ts'
import type { CommandDeps } from '../command.ts'
import { textMessage } from './answer-text.ts'
import { refusalText, undoRow } from './change.ts'
import { textOption } from './class-fields.ts'
import { calendarFailureText } from './failure-text.ts'
import { isLike, shorten } from './inputs.ts'
import { guildOfTeacher, isTeacher } from './permission.ts'
import type { Subcommand } from './subcommand.ts'

const group = 'subscribe'

/** `/schedule subscribe add`: follows a calendar on the web, and reads it at once. */
const addSubscription: Subcommand = {
  group,
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ schedule }) => schedule.subscribe.add),
    options: [
      textOption(({ schedule }) => schedule.subscribe.url, { required: true, max_length: 2000 }),
    ],
  },

  async execute(interaction, deps) {
    const t = deps.translations(toLocale(interaction.locale))
    const guildId = await guildOfTeacher(interaction, t)
    if (guildId === null) return
    await interaction.deferReply({ flags: MessageFlags.Ephemeral })
    try {
      const url = toCalendarUrl(interaction.options.getString('url', true))
      const known = await deps.timetables.listSubscriptions(guildId)
      const added = await deps.timetables.addSubscription(guildId, url, interaction.user.id)
      const checked = await checkNow(added, deps)
      const isNew = !known.some(({ id }) => id === added.id)
      // One that never worked is a mistake.
      if (isNew && checked.result === 'failed') {
        await deps.timetables.removeSubscription(guildId, added.id)
      }
      const [newest] = await deps.timetables.listRevisions(guildId, 1)
      const isUndoable = checked.result === 'changed' && newest?.kind === 'subscription'
      await interaction.editReply({
        ...textMessage(checkedText(checked, t), t),
        components: isUndoable ? [undoRow(newest, t)] : [],
      })
    } catch (error) {
      const isAddress = error instanceof CalendarFetchError
      const content = isAddress ? t('commands.schedule.subscribe.badUrl') : refusalText(error, t)
      await interaction.editReply({ content })
    }
  },
}

/** A check that is under way may have begun before this one was added. */
async function checkNow(
  added: Subscription,
  { timetables, refreshCalendars }: CommandDeps,
): Promise<Subscription> {
  for (let attempts = 0; attempts < 2; attempts += 1) {
    await refreshCalendars()
    const all = await timetables.listSubscriptions(added.guildId)
    const found = all.find(({ id }) => id === added.id)
    if (found && found.checkedAt !== null) return found
  }
  return added
}

function checkedText({ result, error, url }: Subscription, t: Translate): string {
  const host = asWritten(hostOf(url))
  if (result === 'failed') {
    return t('commands.schedule.subscribe.failed', { host, reason: reasonOf(error, t) })
  }
  return t(`commands.schedule.subscribe.${result === 'changed' ? 'added' : 'unchanged'}`, { host })
}

function reasonOf(error: Subscription['error'], t: Translate): string {
  return calendarFailureText(readCalendarFailure(error ?? ''), t)
}

/** `/schedule subscribe list` */
const listSubscriptions: Subcommand = {
  group,
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ schedule }) => schedule.subscribe.list),
  },

  async execute(interaction, { timetables, translations }) {
    const t = translations(toLocale(interaction.locale))
    const guildId = await guildOfTeacher(interaction, t)
    if (guildId === null) return
    const all = await timetables.listSubscriptions(guildId)
    const lines = all.map((each) => line(each, t))
    const text = lines.length === 0 ? t('commands.schedule.subscribe.none') : lines.join('\n')
    await interaction.reply({ ...textMessage(text, t), flags: MessageFlags.Ephemeral })
  },
}

function line({ url, by, checkedAt, result, error }: Subscription, t: Translate): string {
  const at = checkedAt === null ? null : Math.floor(checkedAt / 1000)
  const when = at === null ? '' : ` ${time(at, TimestampStyles.RelativeTime)}`
  const what = result === null ? '' : ` ${t(`commands.schedule.subscribe.results.${result}`)}`
  const line = `- <${url}> <@${by}>${when}${what}`
  if (error === null) return line
  return t('scheduleImport.said', { what: line, value: reasonOf(error, t) })
}

/** `/schedule subscribe remove`: what is to come of it goes, unless it is kept. */
const removeSubscription: Subcommand = {
  group,
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ schedule }) => schedule.subscribe.remove),
    options: [
      textOption(({ schedule }) => schedule.subscribe.which, {
        required: true,
        autocomplete: true,
        max_length: 100,
      }),
      {
        type: ApplicationCommandOptionType.Boolean,
        ...named(({ schedule }) => schedule.subscribe.keep),
      },
    ],
  },

  async execute(interaction, { timetables, clock, translations }) {
    const t = translations(toLocale(interaction.locale))
    const guildId = await guildOfTeacher(interaction, t)
    if (guildId === null) return
    const which = interaction.options.getString('calendar', true)
    const ended = {
      guildId,
      id: /^\d{1,15}$/.test(which) ? Number(which) : -1,
      by: interaction.user.id,
      keep: interaction.options.getBoolean('keep') ?? false,
    }
    const flags = MessageFlags.Ephemeral
    try {
      const done = await endSubscription(ended, { store: timetables, now: () => clock.now() })
      await interaction.reply({
        content: endedText(done, t),
        components: done?.made ? [undoRow(done.made, t)] : [],
        flags,
      })
    } catch (error) {
      await interaction.reply({ content: refusalText(error, t), flags })
    }
  },

  async autocomplete(interaction, { timetables }) {
    const { guildId } = interaction
    // The addresses may be secrets.
    const mayKnow = guildId !== null && isTeacher(interaction)
    const all = mayKnow ? await timetables.listSubscriptions(guildId) : []
    const typed = interaction.options.getFocused()
    const choices = all
      .map(({ id, url }) => ({ name: shorten(url), value: `${id}` }))
      .filter(({ name }) => isLike(name, typed))
    await interaction.respond(choices)
  },
}

function endedText(done: Awaited<ReturnType<typeof endSubscription>>, t: Translate): string {
  if (!done) return t('commands.schedule.subscribe.noSuch')
  if (!done.made) return t('commands.schedule.subscribe.removed')
  const { removed: count } = done.made.counts
  return t('commands.schedule.subscribe.removedComing', { count })
}

function hostOf(url: string): string {
  return URL.parse(url)?.hostname ?? url
}

/** The group `/schedule subscribe`. */
export const subscribe = [addSubscription, listSubscriptions, removeSubscription]
