import {
  ApplicationCommandOptionType,
  type AutocompleteInteraction,
  type ChatInputCommandInteraction,
  MessageFlags,
} from 'discord.js'

import { toLocale } from '../../i18n.ts'
import {
  type ReminderRequest,
  type Target,
  TooManyRemindersError,
} from '../../schedule/reminders/reminder-store.ts'
import type { About } from '../../schedule/reminders/reminder-tables.ts'
import type { Schedule } from '../../schedule/schedule.ts'
import { choice, named } from '../command-definition.ts'
import type { CommandDeps } from '../command.ts'
import { quoted, textOption } from '../schedule/class-fields.ts'
import { namesOf } from '../schedule/find.ts'
import { toSuggestions } from '../schedule/inputs.ts'
import { parseLeads } from './leads.ts'
import { reminderLine } from './lines.ts'

const defaults: Record<About, number[]> = { classes: [15], assignments: [24 * 60, 2 * 60] }

/** What both ways to set reminders up ask for. */
export function whatOptions() {
  return [
    {
      type: ApplicationCommandOptionType.String as const,
      ...named(({ remind }) => remind.about),
      choices: [
        choice('classes', ({ remind }) => remind.classes),
        choice('assignments', ({ remind }) => remind.assignments),
      ],
    },
    textOption(({ remind }) => remind.before, { max_length: 100 }),
    textOption(({ remind }) => remind.course, { autocomplete: true }),
  ]
}

export async function suggestCourses(
  interaction: AutocompleteInteraction,
  { schedules }: CommandDeps,
): Promise<void> {
  const schedule = await schedules.forGuild(interaction.guildId)
  const typed = interaction.options.getFocused()
  await interaction.respond(toSuggestions(await namesOf(schedule, 'course'), typed))
}

/** Sets up what the options say, and answers that it is so, or why it cannot be. */
export async function setUp(
  interaction: ChatInputCommandInteraction,
  deps: CommandDeps,
  { target, locale, done }: Pick<ReminderRequest, 'target' | 'locale'> & { done: string },
): Promise<void> {
  const said = await trySetUp(interaction, deps, { target, locale })
  const content = typeof said === 'string' ? said : [done, ...said.lines].join('\n')
  await interaction.reply({
    content,
    flags: MessageFlags.Ephemeral,
    allowedMentions: { parse: [] },
  })
}

async function trySetUp(
  { options, locale: ownLocale }: ChatInputCommandInteraction,
  { reminders, schedules, translations, clock }: CommandDeps,
  { target, locale }: { target: Target; locale: string },
): Promise<string | { lines: string[] }> {
  const t = translations(toLocale(ownLocale))
  const before = options.getString('before')
  const leads = before === null ? null : parseLeads(before)
  if (before !== null && leads === null) {
    return t('commands.remind.badLeads', { text: quoted(before) })
  }
  const typed = options.getString('course')
  const course =
    typed === null ? null : await findCourse(await schedules.forGuild(target.guildId), typed)
  if (typed !== null && course === null) {
    return t('commands.remind.badCourse', { text: quoted(typed) })
  }
  const requests = toAbouts(options.getString('about')).map((about) => ({
    target,
    locale,
    about,
    course,
    leads: leads ?? defaults[about],
    since: clock.now(),
  }))
  try {
    await reminders.store.put(requests)
  } catch (error) {
    if (!(error instanceof TooManyRemindersError)) throw error
    return t(error.of === 'guild' ? 'commands.remind.tooManyInServer' : 'commands.remind.tooMany')
  }
  reminders.refresh(target.guildId)
  return { lines: requests.map((request) => reminderLine(request, t)) }
}

function toAbouts(chosen: string | null): About[] {
  if (chosen === 'classes' || chosen === 'assignments') return [chosen]
  return ['classes', 'assignments']
}

async function findCourse(
  schedule: Pick<Schedule, 'between'>,
  typed: string,
): Promise<string | null> {
  const wanted = typed.trim().toLowerCase()
  const names = await namesOf(schedule, 'course')
  return (
    names.find((name) => name === typed.trim()) ??
    names.find((name) => name.toLowerCase() === wanted) ??
    null
  )
}
