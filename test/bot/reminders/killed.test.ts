import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

import { seedIds } from '../../../src/local-discord/seed.ts'
import { createReminderStore } from '../../../src/schedule/reminders/sql-reminder-store.ts'
import { openScheduleDatabase } from '../../../src/schedule/store/open-database.ts'
import { createScheduleStore } from '../../../src/schedule/store/sql-schedule-store.ts'
import { startLocalDiscord } from '../../helpers/local-discord.ts'
import { startSender } from './sender.ts'

const guildId = seedIds.guild
const channelId = seedIds.channels.questions

/** An assignment is due in half an hour, and a channel is to be reminded an hour before. */
async function fill(path: string): Promise<void> {
  const db = await openScheduleDatabase(path)
  const timetables = createScheduleStore({ db, now: Date.now, timeZone: 'UTC' })
  const due = Temporal.Now.zonedDateTimeISO('UTC').add({ minutes: 30 })
  await timetables.change({
    guildId,
    origin: { by: 'teacher', kind: 'edit', note: null },
    edits: {
      assignments: {
        add: [
          {
            title: 'Rings',
            course_name: null,
            due_date: due.toPlainDate().toString(),
            due_time: due.toPlainTime().toString({ smallestUnit: 'second' }),
            url: null,
            notes: null,
            source_id: null,
          },
        ],
      },
    },
  })
  const target = { guildId, type: 'channel', id: channelId } as const
  const what = { about: 'assignments', course: null, leads: [60], since: 0 } as const
  await createReminderStore(db).put([{ target, locale: 'en', ...what }])
  await timetables.close()
}

describe('a reminder', () => {
  for (const moment of ['before', 'after']) {
    it(`comes once when the process is killed ${moment} it is sent`, async (t) => {
      const discord = await startLocalDiscord(t)
      const folder = await mkdtemp(join(tmpdir(), 'guagua-killed-'))
      t.after(() => rm(folder, { recursive: true, force: true }))
      const path = join(folder, 'schedules.sqlite')
      await fill(path)
      const script = fileURLToPath(new URL('killed-sender.ts', import.meta.url))
      const args = [script, path, discord.api, discord.botToken, moment]
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      discord.beforeClose(() => child.kill('SIGKILL'))
      await once(child.stdout, 'data')
      child.kill('SIGKILL')
      await once(child, 'exit')

      const sender = await startSender({ path, api: discord.api, token: discord.botToken })
      discord.beforeClose(() => sender.close())
      await sender.reminders.settled()
      const { alex } = discord.users
      const isIt = ({ author }: { author: { id: string } }) => author.id === discord.applicationId
      await alex.waitForMessage(channelId, isIt)
      const tries = discord.botRequests({ method: 'POST', route: '/channels/:id/messages' })
      assert.equal(tries.length, moment === 'before' ? 1 : 2)
      const messages = await alex.rest('GET', `/channels/${channelId}/messages?limit=100`)
      assert.equal((messages as { author: { id: string } }[]).filter(isIt).length, 1)
    })
  }
})
