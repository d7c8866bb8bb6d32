import { Events } from 'discord.js'
import { pino } from 'pino'

import { createClient } from '../../../src/bot/client.ts'
import { createCourier } from '../../../src/bot/reminders/courier.ts'
import { createTranslations } from '../../../src/i18n.ts'
import { type Courier, createReminders } from '../../../src/schedule/reminders/reminders.ts'
import { createReminderStore } from '../../../src/schedule/reminders/sql-reminder-store.ts'
import { createSchedules } from '../../../src/schedule/schedules.ts'
import { openScheduleDatabase } from '../../../src/schedule/store/open-database.ts'
import { createScheduleStore } from '../../../src/schedule/store/sql-schedule-store.ts'
import { startTimer } from '../../../src/timer.ts'

interface SenderOptions {
  path: string
  api: string
  token: string
  /** Stands between the reminders and Discord. */
  around?: (courier: Courier) => Courier
}

/** The reminders of a file, sent by a bot that does nothing else. */
export async function startSender({ path, api, token, around = (same) => same }: SenderOptions) {
  const log = pino({ level: 'silent' })
  const client = createClient({ apiUrl: api })
  const ready = new Promise((resolve) => client.once(Events.ClientReady, resolve))
  await client.login(token)
  await ready
  const db = await openScheduleDatabase(path)
  const timetables = createScheduleStore({ db, now: Date.now, timeZone: 'UTC' })
  const schedules = createSchedules({ now: Date.now, timeZone: 'UTC', store: timetables, log })
  const translations = createTranslations()
  const reminders = createReminders({
    store: createReminderStore(db),
    schedules,
    courier: around(createCourier({ client, translations, now: Date.now, log })),
    now: Date.now,
    startTimer,
    log,
  })
  await reminders.start()
  return {
    reminders,
    async close() {
      await reminders.close()
      await schedules.close()
      await timetables.close()
      await client.destroy()
    },
  }
}
