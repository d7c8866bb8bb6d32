import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { APIMessage } from 'discord-api-types/v10'
import { NotFoundError } from 'openai'

import { undoMs } from '../../src/bot/conversations.ts'
import { createManualClock, type ManualClock } from '../bot/manual-clock.ts'
import { startBotBench, type BotBench } from '../helpers/bot-bench.ts'

describe('/reset', () => {
  let bench: BotBench
  let clock: ManualClock
  before(async () => {
    clock = createManualClock(Date.now())
    bench = await startBotBench({ bot: { clock } })
  })
  after(() => bench.close())

  /** The custom id of a message's only button. */
  function buttonOf({ components }: APIMessage): string {
    const id = /"custom_id":"([^"]+)"/.exec(JSON.stringify(components))?.[1]
    assert.ok(id !== undefined && id.length <= 100)
    return id
  }

  async function threadOf(channelId: string): Promise<string> {
    const stored: unknown = await bench.keyv.get(`conversation:channel:${channelId}`)
    assert.ok(typeof stored === 'object' && stored !== null && 'threadId' in stored)
    return String(stored.threadId)
  }

  async function remember(channelId: string): Promise<void> {
    bench.model.script('Noted.')
    await bench.ask('my number is 42', { channelId })
  }

  async function reset(channelId: string, user = bench.discord.users.alex): Promise<APIMessage> {
    return (await user.command(channelId, 'reset')).reply()
  }

  /** What the model is told of the conversation when something is asked now. */
  async function conversationAt(channelId: string): Promise<string[]> {
    const next = bench.model.requests.length
    bench.model.script('Hm.')
    await bench.ask('which number?', { channelId })
    return bench.conversationOf(next)
  }

  it('lets the next message start a fresh thread', async () => {
    const channelId = bench.newChannel()
    await remember(channelId)
    const answer = await reset(channelId)
    assert.match(answer.content, /^Done: the next message starts a new conversation\./)
    assert.deepEqual(await conversationAt(channelId), ['[from Alex]\nwhich number?'])
  })

  it('speaks Chinese to whom it should', async () => {
    const { liLei } = bench.discord.users
    const channelId = bench.newChannel()
    const nothing = await (await liLei.command(channelId, '重置')).reply()
    assert.equal(nothing.content, '这里还没有对话，没有什么要忘掉的。')
    await remember(channelId)
    assert.match((await reset(channelId, liLei)).content, /^好的，/)
  })

  it('can be undone, also after a restart', async () => {
    const channelId = bench.newChannel()
    const { alex } = bench.discord.users
    await remember(channelId)
    const answer = await reset(channelId)
    await bench.restart({ clock })
    await (await alex.click(answer, buttonOf(answer))).succeeded()
    const undone = await alex.waitForMessage(
      channelId,
      ({ content }) => content === 'The earlier conversation is back.',
    )
    assert.deepEqual(undone.components, [])
    assert.deepEqual(await conversationAt(channelId), [
      '[from Alex]\nmy number is 42',
      'Noted.',
      '[from Alex]\nwhich number?',
    ])
  })

  it('deletes the old thread after ten minutes, and then it is too late', async () => {
    const channelId = bench.newChannel()
    const { liLei } = bench.discord.users
    await remember(channelId)
    const threadId = await threadOf(channelId)
    const answer = await reset(channelId)
    await clock.advance(undoMs - 60_000)
    assert.equal((await bench.openai.beta.threads.retrieve(threadId)).id, threadId)
    await clock.advance(120_000)
    await isDeleted(threadId)
    await (await liLei.click(answer, buttonOf(answer))).succeeded()
    await liLei.waitForMessage(channelId, ({ content }) => content.startsWith('太晚了'))
  })

  it('stops the answer that is being written', async () => {
    const channelId = bench.newChannel()
    const { model, discord } = bench
    await remember(channelId)
    const next = model.requests.length
    model.script({ text: 'never', hold: new Promise(() => {}) })
    await discord.users.alex.say(channelId, 'go on', { mentionBot: true })
    await model.request(next)
    await reset(channelId)
    await discord.users.alex.waitForMessage(channelId, ({ content }) => content === '-# Stopped.')
    assert.deepEqual(await conversationAt(channelId), ['[from Alex]\nwhich number?'])
  })

  async function isDeleted(threadId: string): Promise<void> {
    for (;;) {
      try {
        await bench.openai.beta.threads.retrieve(threadId)
      } catch (error) {
        assert.ok(error instanceof NotFoundError)
        return
      }
    }
  }
})
