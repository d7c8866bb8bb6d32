import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { Keyv } from 'keyv'

import { createConversations, placeOf, undoMs } from '../../src/bot/conversations.ts'
import { createLogger } from '../../src/log.ts'
import { createManualClock } from './manual-clock.ts'

const key = 'channel:1'
const log = createLogger({ level: 'silent', pretty: false })

function setUp(keyv = new Keyv(), clock = createManualClock(1_000_000)) {
  const deleted: string[] = []
  const deleteThread = async (threadId: string) => void deleted.push(threadId)
  return {
    keyv,
    clock,
    deleted,
    conversations: createConversations({ keyv, clock, log, deleteThread }),
  }
}

describe('placeOf', () => {
  const asked = { guildId: '9', channelId: '1', userId: '2', isDirect: false, isPrivate: false }

  it('is a channel in guilds, a user in direct messages, a user within a channel if private', () => {
    assert.equal(placeOf(asked).key, 'channel:1')
    assert.equal(placeOf({ ...asked, guildId: null, isDirect: true }).key, 'dm:2')
    assert.equal(placeOf({ ...asked, isPrivate: true }).key, 'channel:1:user:2')
    assert.deepEqual(
      [placeOf(asked).isShared, placeOf({ ...asked, isPrivate: true }).isShared],
      [true, false],
    )
  })
})

describe('conversations', () => {
  it('make one thread, also when asked twice at once', async () => {
    const { conversations } = setUp()
    let made = 0
    const create = async () => `thread_${(made += 1)}`
    const ids = await Promise.all([
      conversations.threadOf(key, create),
      conversations.threadOf(key, create),
    ])
    assert.deepEqual(ids, ['thread_1', 'thread_1'])
  })

  it('take what is stored but not readable as nothing', async () => {
    const { keyv, conversations } = setUp()
    await keyv.set(`conversation:${key}`, { thread: 7 })
    assert.equal(await conversations.find(key), null)
  })

  it('lose a thread only while it is still theirs', async () => {
    const { conversations } = setUp()
    await conversations.threadOf(key, async () => 'thread_2')
    await conversations.lose(key, 'thread_1')
    assert.equal((await conversations.find(key))?.threadId, 'thread_2')
    await conversations.lose(key, 'thread_2')
    assert.equal(await conversations.find(key), null)
  })

  it('bring a thread back within ten minutes and delete the one that came after it', async () => {
    const { conversations, deleted } = setUp()
    await conversations.threadOf(key, async () => 'thread_old')
    await conversations.reset(key)
    await conversations.threadOf(key, async () => 'thread_new')
    assert.equal(await conversations.restore(key, 'thread_old'), true)
    assert.equal((await conversations.find(key))?.threadId, 'thread_old')
    await conversations.sweep()
    assert.deepEqual(deleted, ['thread_new'])
  })

  it('delete a parted thread after ten minutes, also after a restart', async () => {
    const before = setUp()
    await before.conversations.threadOf(key, async () => 'thread_old')
    await before.conversations.reset(key)
    const { conversations, clock, deleted } = setUp(before.keyv, before.clock)
    await clock.advance(undoMs - 1)
    await conversations.sweep()
    assert.deepEqual(deleted, [])
    await clock.advance(1)
    await conversations.sweep()
    assert.deepEqual(deleted, ['thread_old'])
    assert.equal(await conversations.restore(key, 'thread_old'), false)
  })

  it('bring nothing back that belongs to another conversation', async () => {
    const { conversations } = setUp()
    await conversations.threadOf('channel:2', async () => 'thread_theirs')
    await conversations.reset('channel:2')
    assert.equal(await conversations.restore(key, 'thread_theirs'), false)
  })

  it('keep a thread that is still bound, as after a kill between two writes', async () => {
    const { keyv, clock, conversations, deleted } = setUp()
    await conversations.threadOf(key, async () => 'thread_1')
    await keyv.set('discarded-threads', [{ key, threadId: 'thread_1', deleteAt: clock.now() }])
    await conversations.sweep()
    assert.deepEqual(deleted, [])
    assert.deepEqual(await keyv.get('discarded-threads'), [])
  })

  it('try again later to delete what could not be deleted', async () => {
    const keyv = new Keyv()
    const clock = createManualClock()
    let isDown = true
    const conversations = createConversations({
      keyv,
      clock,
      log,
      deleteThread: async (threadId) => {
        if (isDown && threadId === 'thread_1') throw new Error('down')
        deleted.push(threadId)
      },
    })
    const deleted: string[] = []
    await conversations.threadOf(key, async () => 'thread_1')
    await conversations.reset(key)
    await conversations.threadOf('channel:2', async () => 'thread_2')
    await conversations.reset('channel:2')
    await clock.advance(undoMs)
    await assert.rejects(conversations.sweep())
    assert.deepEqual(deleted, ['thread_2'])
    isDown = false
    await conversations.sweep()
    assert.deepEqual(deleted, ['thread_2', 'thread_1'])
    assert.deepEqual(await keyv.get('discarded-threads'), [])
  })
})
