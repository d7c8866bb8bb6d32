import { ApplicationCommandOptionType } from 'discord.js'

import { toLocale } from '../../i18n.ts'
import { named } from '../command-definition.ts'
import type { CommandDeps } from '../command.ts'
import { textMessage } from './answer-text.ts'
import { dayList } from './day-list.ts'
import { localNow } from './local-time.ts'
import { periodDays, toPeriod, whenOption } from './period.ts'
import type { Subcommand } from './subcommand.ts'

/** `/schedule show`: the classes of a day or a week. */
export const show: Subcommand = {
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ schedule }) => schedule.show),
    options: [whenOption()],
  },

  async execute(interaction, deps: CommandDeps) {
    const locale = toLocale(interaction.locale)
    const t = deps.translations(locale)
    const period = toPeriod(interaction.options.getString('when'))
    const schedule = await deps.schedules.forGuild(interaction.guildId)
    const today = localNow(deps.clock.now(), schedule.timeZone).toPlainDate()
    const days = periodDays(period, today)
    const when = t(`commands.schedule.${period}`)
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
    await interaction.reply(textMessage(text, t))
  },
}
