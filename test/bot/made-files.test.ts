import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { DiscordAPIError } from 'discord.js'
import { pino } from 'pino'

import type { Outgoing } from '../../src/bot/surface.ts'
import { createTurns } from '../../src/bot/turns.ts'
import { createTranslations } from '../../src/i18n.ts'
import { createManualClock } from './manual-clock.ts'

const log = pino({ level: 'silent' })

describe('files that Discord does not take', () => {
  it('do not keep the answer from being shown', async () => {
    const sent: Outgoing[] = []
    const surface = {
      async send(message: Outgoing) {
        if (message.files?.length) throw tooLarge()
        sent.push(message)
        return '1'
      },
      async edit() {},
      async typing() {},
      maxFileBytes: 10,
      pace: () => 0,
    }
    const turns = createTurns({
      answer: async () => ({
        text: 'Here it is.',
        sources: [],
        pictures: ['file-1'],
        links: [],
        calledTools: new Set(['code_interpreter']),
        isNewThread: false,
        end: { type: 'completed' },
        runId: 'run_1',
        threadId: 'thread_1',
      }),
      attachments: { bring: async () => [], unread: async () => [] },
      readMadeFiles: async () => ({
        files: [{ name: 'plot.png', data: Buffer.from('x'), isPicture: true }],
        withheld: [],
      }),
      translations: createTranslations(),
      clock: createManualClock(),
      log,
    })
    turns.ask({
      place: { key: 'dm:1', guildId: null, channelId: '1', isShared: false },
      surface,
      locale: 'en',
      text: 'draw',
      attachments: [],
      author: { id: '1', name: 'Alex' },
      sourceId: '1',
      isCollectable: true,
    })
    await turns.close({ graceMs: 1_000 })
    const [answer] = sent
    assert.equal(answer?.content, 'Here it is.\n-# Discord did not take the files of this answer.')
    assert.deepEqual(
      answer?.buttons?.map(({ customId }) => customId),
      ['code:thread_1:run_1'],
    )
  })
})

function tooLarge(): DiscordAPIError {
  const answer = { code: 40_005, message: 'Request entity too large' }
  return new DiscordAPIError(answer, 40_005, 413, 'POST', 'https://discord.test', {
    files: [],
    body: {},
  })
}
