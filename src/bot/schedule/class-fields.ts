import { ApplicationCommandOptionType, type AutocompleteInteraction } from 'discord.js'

import { toLocale, type Translate } from '../../i18n.ts'
import type { Schedule } from '../../schedule/schedule.ts'
import { named } from '../command-definition.ts'
import type { CommandDeps } from '../command.ts'
import { namesOf } from './find.ts'
import { isLike, toDate, toSuggestions, toTime } from './inputs.ts'
import { dayName, localNow } from './local-time.ts'

type OptionTexts = Parameters<typeof named>[0]

/** An option for one line of text. */
export function textOption(
  select: OptionTexts,
  extra: { required?: boolean; autocomplete?: boolean; max_length?: number } = {},
) {
  return {
    type: ApplicationCommandOptionType.String as const,
    ...named(select),
    max_length: 255,
    ...extra,
  }
}

/** An option for an IANA name, date or class is read further on; these suggest what may stand there. */
export async function suggestFields(
  interaction: AutocompleteInteraction,
  { schedules, clock }: CommandDeps,
): Promise<void> {
  const { name, value } = interaction.options.getFocused(true)
  const schedule = await schedules.forGuild(interaction.guildId)
  if (name === 'teacher' || name === 'course') {
    await interaction.respond(toSuggestions(await namesOf(schedule, name), value))
    return
  }
  const today = localNow(clock.now(), schedule.timeZone).toPlainDate()
  const locale = toLocale(interaction.locale)
  const typed = value.trim() === '' ? null : toDate(value, today)
  const days = Array.from({ length: 21 }, (_each, index) => today.add({ days: index }).toString())
  const choices = (typed === null ? days : [typed])
    .map((date) => ({ name: `${dayName(date, locale)} (${date})`, value: date }))
    .filter((choice) => typed !== null || isLike(choice.name, value))
  await interaction.respond(choices)
}

/** Reads options of a class; what cannot be read is said in the language of the asker. */
export interface FieldReader {
  date(text: string): string
  time(text: string): string
  url(text: string): string
}

/** An option cannot be used; the message is for the one who wrote it. */
export class OptionError extends Error {
  override readonly name = 'OptionError'
}

export interface FieldReaderOptions {
  schedule: Pick<Schedule, 'timeZone'>
  now: number
  t: Translate
}

export function createFieldReader({ schedule, now, t }: FieldReaderOptions): FieldReader {
  const today = localNow(now, schedule.timeZone).toPlainDate()
  const orRefuse = (value: string | null, refusal: string): string => {
    if (value === null) throw new OptionError(refusal)
    return value
  }
  return {
    date: (text) =>
      orRefuse(toDate(text, today), t('commands.schedule.badDate', { text: quoted(text) })),
    time: (text) => orRefuse(toTime(text), t('commands.schedule.badTime', { text: quoted(text) })),
    url: (text) => orRefuse(toWebAddress(text), t('commands.schedule.badUrl')),
  }
}

export function quoted(text: string): string {
  return `\`${text.slice(0, 60).replaceAll('`', 'ˋ')}\``
}

/** Of the web, or null. */
function toWebAddress(text: string): string | null {
  const url = URL.parse(text.trim())
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:') ? url.href : null
}
