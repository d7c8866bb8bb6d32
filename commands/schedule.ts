import { ApplicationCommandOptionType } from 'discord.js'

import { chatInput, choice, named } from '../src/bot/command-definition.ts'
import type { Command } from '../src/bot/command.ts'
import { isSchedulePeriod, periodRange, timetable } from '../src/bot/timetable.ts'
import { toLocale } from '../src/i18n.ts'

export default {
  data: {
    ...chatInput('schedule'),
    options: [
      {
        type: ApplicationCommandOptionType.String,
        ...named(({ schedule }) => schedule.when),
        choices: [
          choice('today', ({ schedule }) => schedule.today),
          choice('tomorrow', ({ schedule }) => schedule.tomorrow),
          choice('thisWeek', ({ schedule }) => schedule.thisWeek),
          choice('nextWeek', ({ schedule }) => schedule.nextWeek),
        ],
      },
    ],
  },

  async execute(interaction, { schedules, clock, translations }) {
    const locale = toLocale(interaction.locale)
    const t = translations(locale)
    const chosen = interaction.options.getString('when')
    const period = isSchedulePeriod(chosen) ? chosen : 'today'
    const schedule = await schedules.forGuild(interaction.guildId)
    const { from, to } = periodRange(period, clock.now(), schedule.timeZone)
    const courses = await schedule.between(from, to)
    const when = t(`commands.schedule.${period}`)
    const zone = `-# ${t('commands.schedule.zone', { timeZone: schedule.timeZone })}`
    const [first, ...more] = timetable(courses, {
      locale,
      title: t('commands.schedule.title', { when }),
      empty: t('commands.schedule.empty', { when }),
      footer: zone,
    })
    const allowedMentions = { parse: [] }
    await interaction.reply({ content: first ?? '', allowedMentions })
    for (const content of more) await interaction.followUp({ content, allowedMentions })
  },
} satisfies Command
