import { ApplicationCommandOptionType, type BaseMessageOptions, MessageFlags } from 'discord.js'

import { type Locale, toLocale, type Translate } from '../../i18n.ts'
import { weekAltText } from '../../schedule/picture/alt-text.ts'
import type { Theme, Week } from '../../schedule/picture/week.ts'
import type { Schedule } from '../../schedule/schedule.ts'
import { mondayOf, termWeekFinder } from '../../schedule/term-week.ts'
import { named } from '../command-definition.ts'
import type { CommandDeps } from '../command.ts'
import { buttonRow, textMessage } from './answer-text.ts'
import { dayList, dayRange, sampleLine } from './day-list.ts'
import { namesOf } from './find.ts'
import { localNow } from './local-time.ts'
import { type Days, periodDays, toPeriod, whenOption } from './period.ts'
import type { Subcommand } from './subcommand.ts'

/** A week as a text, or as a picture in one of its themes. */
const looks = ['text', 'dark', 'light'] as const
type Look = (typeof looks)[number]

/** `/schedule show`: the classes of a day or a week. */
export const show: Subcommand = {
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ schedule }) => schedule.show),
    options: [
      whenOption(),
      {
        type: ApplicationCommandOptionType.Boolean,
        ...named(({ schedule }) => schedule.asPicture),
      },
    ],
  },

  async execute(interaction, deps) {
    const locale = toLocale(interaction.locale)
    const t = deps.translations(locale)
    const isPicture = interaction.options.getBoolean('picture') ?? false
    const period = toPeriod(interaction.options.getString('when'))
    const isWeek = period === 'thisWeek' || period === 'nextWeek'
    // A picture takes a while, the first one above all; below a week there is a button for it.
    if (isPicture || isWeek) deps.pictures.warm(isPicture ? 'sure' : 'likely')
    if (isPicture) await interaction.deferReply()
    const schedule = await deps.schedules.forGuild(interaction.guildId)
    const today = localNow(deps.clock.now(), schedule.timeZone).toPlainDate()
    const days = periodDays(period, today)
    const title = interaction.guild?.name ?? ''
    const view: View = { schedule, title, days, locale, t, when: t(`commands.schedule.${period}`) }
    if (isPicture) {
      const week = weekOf(Temporal.PlainDate.from(days.from))
      const whole = isWeek ? view : { ...view, days: week, when: dayRange(week, locale) }
      await interaction.editReply(await weekMessage(whole, 'dark', deps))
    } else {
      await interaction.reply(isWeek ? await weekMessage(view, 'text', deps) : await textOf(view))
    }
  },

  async press({ interaction, rest }, deps) {
    const [date = '', wanted] = rest.split(':')
    const monday = toMonday(date)
    const look = looks.find((each) => each === wanted)
    if (!monday || !look) return
    deps.pictures.warm(look === 'text' ? 'likely' : 'sure')
    // What somebody else asked for stays as it is.
    const isOwn = interaction.message.interactionMetadata?.user.id === interaction.user.id
    await (isOwn
      ? interaction.deferUpdate()
      : interaction.deferReply({ flags: MessageFlags.Ephemeral }))
    const locale = toLocale(interaction.locale)
    const t = deps.translations(locale)
    const schedule = await deps.schedules.forGuild(interaction.guildId)
    const days = weekOf(monday)
    const title = interaction.guild?.name ?? ''
    const view = { schedule, title, days, locale, t, when: dayRange(days, locale) }
    await interaction.editReply({ attachments: [], ...(await weekMessage(view, look, deps)) })
  },
}

interface View {
  schedule: Schedule
  /** The server's name; empty in direct messages. */
  title: string
  days: Days
  locale: Locale
  t: Translate
  /** The days in words. */
  when: string
}

async function textOf({ schedule, days, locale, t, when }: View) {
  const text = dayList(
    {
      schedule,
      days,
      courses: await schedule.between(days.from, days.to),
      assignments: await schedule.assignmentsBetween(days.from, days.to),
    },
    {
      locale,
      t,
      title: t('commands.schedule.title', { when }),
      empty: t('commands.schedule.empty', { when }),
    },
  )
  return textMessage(text, t)
}

async function weekMessage(view: View, look: Look, deps: CommandDeps): Promise<BaseMessageOptions> {
  const message = look === 'text' ? await textOf(view) : await pictureOf(view, look, deps)
  return { ...message, components: [weekButtons(view, look)] }
}

async function pictureOf(view: View, theme: Theme, { pictures, clock }: CommandDeps) {
  const { schedule, title, days, locale, t, when } = view
  const week: Week = {
    monday: days.from,
    title,
    weekLabel: weekLabel(view),
    timeZone: schedule.timeZone,
    now: clock.now(),
    locale,
    theme,
    classes: await schedule.between(days.from, days.to),
    assignments: await schedule.assignmentsBetween(days.from, days.to),
    holidays: schedule.holidays,
    courses: (await namesOf(schedule, 'course')).toSorted(),
  }
  const attachment = await pictures.drawWeek(week)
  return {
    content: [`### ${t('commands.schedule.title', { when })}`, ...sampleLine(schedule, t)].join(
      '\n',
    ),
    files: [{ name: `week-${days.from}.png`, attachment, description: weekAltText(week, t) }],
  }
}

function weekLabel({ schedule, days, t }: View): string | null {
  const found = termWeekFinder(schedule.terms)(days.to)
  return found && t('commands.schedule.termWeek', { ...found })
}

function weekButtons({ days, t }: View, look: Look) {
  const monday = Temporal.PlainDate.from(days.from)
  const id = (week: Temporal.PlainDate, as: Look) => `show:${week.toString()}:${as}`
  return buttonRow(
    { label: '◀', id: id(monday.subtract({ weeks: 1 }), look) },
    { label: '▶', id: id(monday.add({ weeks: 1 }), look) },
    ...looks
      .filter((each) => each !== look)
      .map((each) => ({ label: t(`commands.schedule.looks.${each}`), id: id(monday, each) })),
  )
}

function weekOf(date: Temporal.PlainDate): Days {
  const monday = mondayOf(date)
  return { from: monday.toString(), to: monday.add({ days: 6 }).toString() }
}

/** The Monday of the week of a date that anybody may have made up. */
function toMonday(text: string): Temporal.PlainDate | null {
  if (!/^(?:19|20|21)\d\d-\d\d-\d\d$/.test(text)) return null
  try {
    return mondayOf(Temporal.PlainDate.from(text, { overflow: 'reject' }))
  } catch {
    return null
  }
}
