import {
  ApplicationCommandOptionType,
  type AutocompleteInteraction,
  ChannelType,
  type ChatInputCommandInteraction,
  GuildChannel,
  MessageFlags,
  PermissionFlagsBits,
} from 'discord.js'

import { toLocale } from '../../i18n.ts'
import { timeZoneSchema } from '../../schedule/timetable-rows.ts'
import { named } from '../command-definition.ts'
import type { CommandDeps } from '../command.ts'
import { textMessage } from './answer-text.ts'
import { changeTimetable } from './change.ts'
import { OptionError, quoted, suggestFields, textOption } from './class-fields.ts'
import { holidayText, termText } from './difference-text.ts'
import { editingCommand } from './editing.ts'
import { isLike, shorten, toSuggestions } from './inputs.ts'
import { guildOfTeacher } from './permission.ts'
import type { Subcommand } from './subcommand.ts'

const group = 'settings'

/** `/schedule settings show` */
const showSettings: Subcommand = {
  group,
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ schedule }) => schedule.settings.show),
  },

  async execute(interaction, { schedules, notices, translations }) {
    const locale = toLocale(interaction.locale)
    const t = translations(locale)
    const { guildId } = interaction
    const { own, timeZone, terms, holidays } = await schedules.forGuild(guildId)
    const channelId = guildId === null ? null : await notices.channelOf(guildId)
    const lines = [
      `🌐 ${timeZone}`,
      ...terms.map((term) => termText(term, { t, locale })),
      ...holidays.map((holiday) => `🎉 ${holidayText(holiday, locale)}`),
      channelId === null
        ? t('commands.schedule.settings.noChannel')
        : t('commands.schedule.settings.channelIs', { channel: `<#${channelId}>` }),
      own === null
        ? t('commands.schedule.settings.sample')
        : t('commands.schedule.settings.counts', {
            classes: own.classes,
            assignments: own.assignments,
          }),
    ]
    await interaction.reply({
      ...textMessage(lines.join('\n'), t),
      flags: MessageFlags.Ephemeral,
    })
  },
}

/** `/schedule settings zone` */
const setZone: Subcommand = {
  group,
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ schedule }) => schedule.settings.zone),
    options: [
      textOption(({ schedule }) => schedule.settings.zoneName, {
        required: true,
        autocomplete: true,
        max_length: 64,
      }),
    ],
  },

  execute: editingCommand(({ options, t }) => {
    const text = options.getString('zone', true).trim()
    const parsed = timeZoneSchema.safeParse(text)
    if (!parsed.success) {
      throw new OptionError(t('commands.schedule.settings.badZone', { text: quoted(text) }))
    }
    return { timeZone: parsed.data }
  }),

  async autocomplete(interaction) {
    const typed = interaction.options.getFocused().replaceAll(' ', '_')
    await interaction.respond(toSuggestions(['UTC', ...Intl.supportedValuesOf('timeZone')], typed))
  },
}

/** `/schedule settings term`: a new one, or another time for the one of that name. */
const setTerm: Subcommand = {
  group,
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ schedule }) => schedule.settings.term),
    options: [
      textOption(({ schedule }) => schedule.settings.nameOption, { required: true }),
      textOption(({ schedule }) => schedule.settings.first, {
        required: true,
        autocomplete: true,
      }),
      {
        type: ApplicationCommandOptionType.Integer,
        ...named(({ schedule }) => schedule.settings.weeks),
        required: true,
        min_value: 1,
        max_value: 60,
      },
    ],
  },

  async execute(interaction, deps) {
    const outline = await outlineOf(interaction, deps)
    const execute = editingCommand(({ options, read }) => {
      const name = options.getString('name', true).trim()
      const first_date = read.date(options.getString('first', true))
      const weeks = options.getInteger('weeks', true)
      const known = outline?.terms.find((term) => term.name === name)
      if (known) return { terms: { update: [{ id: known.id, first_date, weeks }] } }
      return { terms: { add: [{ name, first_date, weeks }] } }
    })
    await execute(interaction, deps)
  },

  autocomplete: suggestFields,
}

/** `/schedule settings holiday` */
const addHoliday: Subcommand = {
  group,
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ schedule }) => schedule.settings.holiday),
    options: [
      textOption(({ schedule }) => schedule.settings.nameOption, { required: true }),
      textOption(({ schedule }) => schedule.settings.first, {
        required: true,
        autocomplete: true,
      }),
      textOption(({ schedule }) => schedule.settings.last, { autocomplete: true }),
    ],
  },

  execute: editingCommand(({ options, read, t }) => {
    const last = options.getString('last')
    const first_date = read.date(options.getString('first', true))
    const last_date = last === null ? first_date : read.date(last)
    if (last_date < first_date) throw new OptionError(t('commands.schedule.settings.badLast'))
    const name = options.getString('name', true).trim()
    return { holidays: { add: [{ name, first_date, last_date }] } }
  }),

  autocomplete: suggestFields,
}

/** `/schedule settings remove`: a term or a holiday. */
const removeSetting: Subcommand = {
  group,
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ schedule }) => schedule.settings.remove),
    options: [
      textOption(({ schedule }) => schedule.settings.what, {
        required: true,
        autocomplete: true,
        max_length: 100,
      }),
    ],
  },

  async execute(interaction, deps) {
    const t = deps.translations(toLocale(interaction.locale))
    const guildId = await guildOfTeacher(interaction, t)
    if (guildId === null) return
    const outline = await deps.timetables.getOutline(guildId)
    const [kind, id] = interaction.options.getString('what', true).split(' ')
    const isIt = (row: { id: number }) => `${row.id}` === id
    const rows = (kind === 'term' ? outline?.terms : outline?.holidays) ?? []
    const found = rows.find(isIt)
    if (!found) {
      const content = t('commands.schedule.settings.none')
      await interaction.reply({ content, flags: MessageFlags.Ephemeral })
      return
    }
    const edit = { remove: [found.id] }
    const schedule = await deps.schedules.forGuild(guildId)
    const edits = kind === 'term' ? { terms: edit } : { holidays: edit }
    await changeTimetable(interaction, deps, { guildId, schedule, edits })
  },

  async autocomplete(interaction, deps) {
    const outline = await outlineOf(interaction, deps)
    const locale = toLocale(interaction.locale)
    const t = deps.translations(locale)
    const typed = interaction.options.getFocused()
    const choices = [
      ...(outline?.terms ?? []).map((term) => ({
        name: shorten(termText(term, { t, locale })),
        value: `term ${term.id}`,
      })),
      ...(outline?.holidays ?? []).map((holiday) => ({
        name: shorten(`🎉 ${holidayText(holiday, locale)}`),
        value: `holiday ${holiday.id}`,
      })),
    ]
    await interaction.respond(choices.filter(({ name }) => isLike(name, typed)).slice(0, 25))
  },
}

const needed = PermissionFlagsBits.ViewChannel | PermissionFlagsBits.SendMessages

/** `/schedule settings channel`: where changes are told. */
const setChannel: Subcommand = {
  group,
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ schedule }) => schedule.settings.channel),
    options: [
      {
        type: ApplicationCommandOptionType.Channel,
        ...named(({ schedule }) => schedule.settings.channelOption),
        channel_types: [ChannelType.GuildText, ChannelType.GuildAnnouncement],
      },
    ],
  },

  async execute(interaction, { notices, translations }) {
    const t = translations(toLocale(interaction.locale))
    const guildId = await guildOfTeacher(interaction, t)
    if (guildId === null) return
    const channel = interaction.options.getChannel('channel')
    const flags = MessageFlags.Ephemeral
    const isMute =
      channel instanceof GuildChannel &&
      channel.permissionsFor(interaction.client.user)?.has(needed) !== true
    if (channel && isMute) {
      const content = t('commands.schedule.settings.mute', { channel: `<#${channel.id}>` })
      await interaction.reply({ content, flags })
      return
    }
    await notices.setChannel(guildId, channel?.id ?? null)
    const content = channel
      ? t('commands.schedule.settings.channelIs', { channel: `<#${channel.id}>` })
      : t('commands.schedule.settings.noChannel')
    await interaction.reply({ content, flags })
  },
}

async function outlineOf(
  { guildId }: ChatInputCommandInteraction | AutocompleteInteraction,
  { timetables }: CommandDeps,
) {
  return guildId === null ? null : await timetables.getOutline(guildId)
}

/** The group `/schedule settings`. */
export const settings = [showSettings, setZone, setTerm, addHoliday, removeSetting, setChannel]
