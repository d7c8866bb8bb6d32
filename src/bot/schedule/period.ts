import { ApplicationCommandOptionType } from 'discord.js'

import { mondayOf } from '../../schedule/term-week.ts'
import { choice, named } from '../command-definition.ts'

export type SchedulePeriod = 'today' | 'tomorrow' | 'thisWeek' | 'nextWeek'

const periods: ReadonlySet<string> = new Set<SchedulePeriod>([
  'today',
  'tomorrow',
  'thisWeek',
  'nextWeek',
])

/** `today` for whatever is no period. */
export function toPeriod(value: string | null): SchedulePeriod {
  return value !== null && periods.has(value) ? (value as SchedulePeriod) : 'today' // looked up
}

/** The first and last calendar date of a stretch of days, `YYYY-MM-DD`, both included. */
export interface Days {
  from: string
  to: string
}

/** The days of a period in the zone of the schedule. A week begins on Monday. */
export function periodDays(period: SchedulePeriod, today: Temporal.PlainDate): Days {
  const days = (from: Temporal.PlainDate, count: number): Days => ({
    from: from.toString(),
    to: from.add({ days: count - 1 }).toString(),
  })
  switch (period) {
    case 'today':
      return days(today, 1)
    case 'tomorrow':
      return days(today.add({ days: 1 }), 1)
    case 'thisWeek':
      return days(mondayOf(today), 7)
    case 'nextWeek':
      return days(mondayOf(today).add({ days: 7 }), 7)
    default:
      return period satisfies never
  }
}

/** The option that chooses a period. */
export function whenOption() {
  return {
    type: ApplicationCommandOptionType.String as const,
    ...named(({ schedule }) => schedule.when),
    choices: [
      choice('today', ({ schedule }) => schedule.today),
      choice('tomorrow', ({ schedule }) => schedule.tomorrow),
      choice('thisWeek', ({ schedule }) => schedule.thisWeek),
      choice('nextWeek', ({ schedule }) => schedule.nextWeek),
    ],
  }
}
