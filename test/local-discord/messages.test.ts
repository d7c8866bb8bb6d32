import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import {
  AttachmentBuilder,
  ComponentType,
  ContainerBuilder,
  DiscordAPIError,
  Events,
  FileBuilder,
  MediaGalleryBuilder,
  MessageFlags,
  TextDisplayBuilder,
  type Client,
  type TextChannel,
} from 'discord.js'

import { createTestClock, RestError, startLocalDiscord } from '../helpers/local-discord.ts'
import { once, startBot } from './bot.ts'

async function textChannel(bot: Client, id: string): Promise<TextChannel> {
  const channel = await bot.channels.fetch(id)
  assert.ok(channel?.isTextBased() && channel.isSendable() && !channel.isDMBased())
  // The seed's channels are text channels.
  return channel as TextChannel
}

/** What Discord answers to a wrong request. */
const rejectsWith = (code: number) => (error: unknown) => {
  assert.ok(error instanceof DiscordAPIError, String(error))
  assert.equal(error.code, code)
  return true
}

const errorAt = async (work: Promise<unknown>, path: readonly string[]) => {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof DiscordAPIError, String(error))
  assert.equal(error.code, 50035)
  // Discord nests field errors by name and index.
  let node = (error.rawError as { errors: Record<string, unknown> }).errors
  for (const key of path) node = node[key] as Record<string, unknown>
  return (node['_errors'] as { code: string; message: string }[])[0]
}

describe('messages: sending and reading', () => {
  it('carries a message to the bot and its reply back', async (t) => {
    const discord = await startLocalDiscord(t)
    const bot = await startBot(discord)
    const { liLei, alex } = discord.users
    bot.on(Events.MessageCreate, (message) => {
      if (!message.author.bot) void message.reply(`re: ${message.content}`)
    })
    const question = await liLei.say(discord.channels.random, '你好', { nonce: 'n1' })
    const echo = await liLei.waitForEvent<{ nonce?: string }>('MESSAGE_CREATE')
    assert.equal(echo.nonce, 'n1')
    const answer = await alex.waitForMessage(
      discord.channels.random,
      ({ content }) => content === 're: 你好',
    )
    assert.equal(answer.referenced_message?.id, question.id)
    assert.deepEqual(alex.seen.get(answer.id)?.pings, [liLei.id])
  })

  it('pages through the history', async (t) => {
    const discord = await startLocalDiscord(t, { messagesPerChannel: 50 })
    const bot = await startBot(discord)
    const ids: string[] = []
    for (let count = 0; count < 60; count += 1)
      ids.push((await discord.users.liLei.say(discord.channels.random, `m${count}`)).id)
    const channel = await textChannel(bot, discord.channels.random)
    const page = async (options: object) =>
      [...(await channel.messages.fetch(options)).values()].map(({ content }) => content)
    assert.deepEqual(await page({ limit: 2 }), ['m59', 'm58'])
    assert.deepEqual(await page({ limit: 2, before: ids[30] }), ['m29', 'm28'])
    assert.deepEqual(await page({ limit: 2, after: ids[30] }), ['m32', 'm31'])
    assert.deepEqual(await page({ limit: 3, around: ids[30] }), ['m31', 'm30', 'm29'])
    const oldest = await page({ limit: 1, after: '0' })
    assert.deepEqual(oldest, ['m7'], 'the oldest have left, some at a time')
  })

  it('edits, keeping every state apart, and deletes', async (t) => {
    const discord = await startLocalDiscord(t)
    const bot = await startBot(discord)
    const { liLei } = discord.users
    const channel = await textChannel(bot, discord.channels.random)
    const sent = await channel.send('a')
    await sent.edit('ab')
    await sent.edit({ content: 'abc', embeds: [{ title: 'T' }] })
    const edited = await liLei.waitForMessage(channel.id, ({ content }) => content === 'abc')
    assert.ok(edited.edited_timestamp)
    assert.equal(edited.embeds[0]?.title, 'T')
    assert.deepEqual(liLei.seen.get(sent.id)?.contents, ['a', 'ab', 'abc'])
    await sent.delete()
    await liLei.waitFor('deletion', () => liLei.seen.get(sent.id)?.isDeleted)
    await assert.rejects(channel.messages.fetch(sent.id), rejectsWith(10008))
    await assert.rejects(sent.edit('late'), rejectsWith(10008))
  })

  it('lets only the author edit, and managers delete', async (t) => {
    const discord = await startLocalDiscord(t)
    const bot = await startBot(discord)
    const { liLei, hanMeimei, alex } = discord.users
    const message = await liLei.say(discord.channels.random, 'mine')
    const channel = await textChannel(bot, discord.channels.random)
    const fetched = await channel.messages.fetch(message.id)
    await assert.rejects(fetched.edit('yours'), rejectsWith(50005))
    await assert.rejects(fetched.delete(), rejectsWith(50013))
    await assert.rejects(alex.delete(message), RestError)
    await hanMeimei.delete(message)
  })

  it('deletes in bulk', async (t) => {
    const discord = await startLocalDiscord(t)
    await startBot(discord)
    const { liLei, wangZhuoran } = discord.users
    const messages = [
      await liLei.say(discord.channels.random, 'a'),
      await liLei.say(discord.channels.random, 'b'),
    ]
    const path = `/channels/${discord.channels.random}/messages/bulk-delete`
    const ids = messages.map(({ id }) => id)
    await assert.rejects(liLei.rest('POST', path, { messages: ids }), /50013/)
    await assert.rejects(wangZhuoran.rest('POST', path, { messages: ids.slice(1) }), /50016/)
    await wangZhuoran.rest('POST', path, { messages: ids })
    await liLei.waitFor('deletion', () => ids.every((id) => liLei.seen.get(id)?.isDeleted))
  })

  it('answers a nonce that was used already with its first message', async (t) => {
    const clock = createTestClock(Date.now())
    const discord = await startLocalDiscord(t, { clock })
    const bot = await startBot(discord)
    const channel = await textChannel(bot, discord.channels.random)
    const send = (content: string) => channel.send({ content, nonce: 'same', enforceNonce: true })
    const first = await send('first')
    const second = await send('second')
    assert.equal(second.id, first.id)
    assert.equal(second.content, 'first')
    clock.advance(6 * 60_000)
    assert.notEqual((await send('third')).id, first.id)
  })

  it('carries typing, both ways', async (t) => {
    const discord = await startLocalDiscord(t)
    const bot = await startBot(discord)
    const { liLei } = discord.users
    const typing = once(bot, Events.TypingStart)
    await liLei.rest('POST', `/channels/${discord.channels.random}/typing`)
    assert.equal((await typing)[0].user.id, liLei.id)
    await (await textChannel(bot, discord.channels.random)).sendTyping()
    await liLei.waitForTyping(discord.channels.random)
  })

  it('carries direct messages', async (t) => {
    const discord = await startLocalDiscord(t)
    const bot = await startBot(discord)
    const { liLei, alex } = discord.users
    bot.on(Events.MessageCreate, (message) => {
      if (!message.author.bot && message.channel.isDMBased())
        void message.channel.send(`private: ${message.content}`)
    })
    const dm = await liLei.dm()
    assert.equal(await liLei.dm(), dm)
    await liLei.say(dm, 'psst')
    await liLei.waitForMessage(dm, ({ content }) => content === 'private: psst')
    await assert.rejects(alex.say(dm, 'me too'), /50001/)
    const fromBot = await (await bot.users.fetch(alex.id)).send('hello')
    const created = await alex.waitForEvent<{ id: string }>('CHANNEL_CREATE')
    assert.equal(created.id, fromBot.channelId)
    await alex.waitForMessage(fromBot.channelId, ({ content }) => content === 'hello')
  })
})

describe('messages: mentions', () => {
  it('notifies whom allowed_mentions lets through', async (t) => {
    const discord = await startLocalDiscord(t)
    const bot = await startBot(discord)
    const { liLei, alex } = discord.users
    const channel = await textChannel(bot, discord.channels.random)
    const text = `<@${liLei.id}> <@${alex.id}> <@&${discord.ids.roles.teacher}> @everyone`
    const pings = async (options: object) => {
      const sent = await channel.send({ content: text, ...options })
      await liLei.waitForMessage(channel.id, ({ id }) => id === sent.id)
      return liLei.seen.get(sent.id)?.pings
    }
    const everybody = [liLei.id, alex.id, discord.ids.roles.teacher]
    assert.deepEqual(await pings({}), everybody, '@everyone needs a permission')
    assert.deepEqual(await pings({ allowedMentions: { parse: [] } }), [])
    assert.deepEqual(await pings({ allowedMentions: { users: [alex.id] } }), [alex.id])
    assert.deepEqual(await pings({ allowedMentions: { parse: ['users'] } }), [liLei.id, alex.id])
    assert.deepEqual(await pings({ content: `\`<@${liLei.id}>\`` }), [], 'code notifies nobody')
  })

  it('lets a teacher notify everybody', async (t) => {
    const discord = await startLocalDiscord(t)
    const { wangZhuoran, liLei } = discord.users
    const sent = await wangZhuoran.say(discord.channels.random, '@everyone 上课')
    await liLei.waitForMessage(discord.channels.random)
    assert.deepEqual(liLei.seen.get(sent.id)?.pings, ['everyone'])
    const quiet = await wangZhuoran.say(discord.channels.random, '@here', {
      allowedMentions: { parse: [] },
    })
    assert.equal(quiet.mention_everyone, false)
  })

  it('notifies the author of a message that is replied to, unless told not to', async (t) => {
    const discord = await startLocalDiscord(t)
    const bot = await startBot(discord)
    const { liLei } = discord.users
    const channel = await textChannel(bot, discord.channels.random)
    const question = await channel.messages.fetch((await liLei.say(channel.id, '?')).id)
    assert.ok((await question.reply('!')).mentions.users.has(liLei.id))
    const quiet = await question.reply({ content: '!', allowedMentions: { repliedUser: false } })
    assert.equal(quiet.mentions.users.size, 0)
  })

  it('shows the bot the members that a message mentions', async (t) => {
    const discord = await startLocalDiscord(t)
    const bot = await startBot(discord)
    const { liLei, hanMeimei } = discord.users
    const arriving = once(bot, Events.MessageCreate)
    await liLei.say(discord.channels.random, `<@${hanMeimei.id}> hi`)
    const [message] = await arriving
    assert.equal(message.mentions.members?.first()?.displayName, '韩梅梅')
  })

  it('parses mentions anew on every edit', async (t) => {
    const discord = await startLocalDiscord(t)
    const bot = await startBot(discord)
    const { liLei } = discord.users
    const channel = await textChannel(bot, discord.channels.random)
    const sent = await channel.send({ content: 'hi', allowedMentions: { parse: [] } })
    await sent.edit(`<@${liLei.id}>`)
    await liLei.waitForMessage(channel.id, ({ mentions }) => mentions.length === 1)
    await sent.edit({ content: `<@${liLei.id}>!`, allowedMentions: { parse: [] } })
    await liLei.waitForMessage(channel.id, ({ content }) => content.endsWith('!'))
    assert.deepEqual(liLei.seen.get(sent.id)?.mentions, [[], [liLei.id], []])
    assert.deepEqual(liLei.seen.get(sent.id)?.pings, [])
  })
})

describe('messages: what Discord refuses', () => {
  it('names the field and the limit', async (t) => {
    const discord = await startLocalDiscord(t)
    const bot = await startBot(discord)
    const channel = await textChannel(bot, discord.channels.random)
    const tooLong = { code: 'BASE_TYPE_MAX_LENGTH', message: 'Must be 2000 or fewer in length.' }
    const sending = (options: object) => channel.send(options as { content: string })
    assert.deepEqual(await errorAt(sending({ content: 'x'.repeat(2001) }), ['content']), tooLong)
    assert.deepEqual(await errorAt(sending({ content: '😀'.repeat(1001) }), ['content']), tooLong)
    await sending({ content: '😀'.repeat(1000) })

    const embed = { description: 'x'.repeat(4096) }
    const many = Array.from({ length: 11 }, () => ({ title: 'x' }))
    assert.equal(
      (await errorAt(sending({ embeds: many }), ['embeds']))?.code,
      'BASE_TYPE_MAX_LENGTH',
    )
    const size = await errorAt(sending({ embeds: [embed, embed] }), ['embeds', '1'])
    assert.equal(size?.code, 'MAX_EMBED_SIZE_EXCEEDED')
    const title = await errorAt(sending({ embeds: [{ title: 'x'.repeat(257) }] }), [
      'embeds',
      '0',
      'title',
    ])
    assert.equal(title?.message, 'Must be 256 or fewer in length.')
    await errorAt(sending({ content: 'x', nonce: 'x'.repeat(26) }), ['nonce'])
    await errorAt(sending({ content: 'x', reply: { messageReference: '1100000000000009999' } }), [
      'message_reference',
    ])
  })

  it('checks components', async (t) => {
    const discord = await startLocalDiscord(t)
    const bot = await startBot(discord)
    const channel = await textChannel(bot, discord.channels.random)
    const button = (custom_id: string, label = 'x') => ({ type: 2, style: 1, custom_id, label })
    const row = (...components: object[]) => ({ type: 1, components })
    const sending = (...components: object[]) =>
      channel.send({ content: 'x', components } as Parameters<TextChannel['send']>[0])
    const code = async (components: object[], path: string[]) =>
      (await errorAt(sending(...components), ['components', ...path]))?.code
    const ids = ['a', 'b', 'c', 'd', 'e', 'f']
    const inner = ['0', 'components']
    assert.equal(
      await code([row(button('a', 'x'.repeat(81)))], [...inner, '0', 'label']),
      'BASE_TYPE_MAX_LENGTH',
    )
    assert.equal(
      await code([row(button('x'.repeat(101)))], [...inner, '0', 'custom_id']),
      'BASE_TYPE_BAD_LENGTH',
    )
    assert.equal(await code([row(...ids.map((id) => button(id)))], inner), 'BASE_TYPE_BAD_LENGTH')
    assert.equal(
      await code(
        ids.map((id) => row(button(id))),
        [],
      ),
      'BASE_TYPE_MAX_LENGTH',
    )
    assert.equal(
      await code([row(button('a'), button('a'))], [...inner, '1', 'custom_id']),
      'COMPONENT_CUSTOM_ID_DUPLICATED',
    )
    const good = await sending(
      ...ids.slice(0, 5).map((id) => row(...ids.slice(0, 5).map((other) => button(id + other)))),
    )
    assert.equal(good.components.length, 5)
  })

  it('refuses empty messages, also as the outcome of an edit', async (t) => {
    const discord = await startLocalDiscord(t)
    const bot = await startBot(discord)
    const channel = await textChannel(bot, discord.channels.random)
    await assert.rejects(channel.send({ content: '  \n ' }), rejectsWith(50006))
    const sent = await channel.send('x')
    await assert.rejects(sent.edit({ content: '' }), rejectsWith(50006))
  })

  it('refuses a page of more than 100 messages', async (t) => {
    const discord = await startLocalDiscord(t)
    const bot = await startBot(discord)
    const channel = await textChannel(bot, discord.channels.random)
    assert.deepEqual(await errorAt(channel.messages.fetch({ limit: 101 }), ['limit']), {
      code: 'NUMBER_TYPE_MAX',
      message: 'int value should be less than or equal to 100.',
    })
  })

  it('keeps to permissions: 50001 where one sees nothing, 50013 where one may not', async (t) => {
    const discord = await startLocalDiscord(t)
    const bot = await startBot(discord)
    const announcements = await textChannel(bot, discord.channels.announcements)
    await assert.rejects(announcements.send('x'), rejectsWith(50013))
    await assert.rejects(announcements.sendTyping(), rejectsWith(50013))
    const secret = `/channels/${discord.channels.teachers}/messages` as const
    await assert.rejects(bot.rest.get(secret), rejectsWith(50001))
    await assert.rejects(bot.rest.get('/channels/1100000000000009999'), rejectsWith(10003))
    const random = await textChannel(bot, discord.channels.random)
    const permissions = `/channels/${random.id}/permissions/${discord.applicationId}`
    await discord.users.wangZhuoran.rest('PUT', permissions, { type: 1, deny: String(1 << 15) })
    await random.send('text is allowed')
    await assert.rejects(
      random.send({ files: [new AttachmentBuilder(Buffer.from('x'), { name: 'a.txt' })] }),
      rejectsWith(50013),
    )
  })

  it('limits edits of old messages (30046)', async (t) => {
    const clock = createTestClock(Date.now())
    const discord = await startLocalDiscord(t, {
      clock,
      rateLimits: { oldEdits: { limit: 2, windowMs: 60_000 } },
    })
    const bot = await startBot(discord, { rest: { retries: 0 } })
    const sent = await (await textChannel(bot, discord.channels.random)).send('x')
    clock.advance(3_700_000)
    await sent.edit('1')
    await sent.edit('2')
    const path = `${discord.api}/v10/channels/${discord.channels.random}/messages/${sent.id}`
    const refused = await fetch(path, {
      method: 'PATCH',
      headers: { authorization: `Bot ${discord.botToken}`, 'content-type': 'application/json' },
      body: '{"content":"3"}',
    })
    assert.equal(refused.status, 429)
    assert.equal(((await refused.json()) as { code: number }).code, 30046)
  })

  it('answers broken JSON, no token and unknown routes as Discord does', async (t) => {
    const discord = await startLocalDiscord(t)
    const ask = async (path: string, init: RequestInit) => {
      const response = await fetch(`${discord.api}/v10${path}`, init)
      return { status: response.status, body: (await response.json()) as { code: number } }
    }
    const authorization = `Bot ${discord.botToken}`
    const path = `/channels/${discord.channels.random}/messages`
    const broken = await ask(path, { method: 'POST', headers: { authorization }, body: '{' })
    assert.deepEqual([broken.status, broken.body.code], [400, 50109])
    assert.equal((await ask(path, {})).status, 401)
    const nowhere = await ask('/nowhere', { headers: { authorization } })
    assert.deepEqual(nowhere, { status: 404, body: { message: '404: Not Found', code: 0 } })
  })
})

describe('messages: attachments', () => {
  it('go up and down, both ways, at signed URLs that expire', async (t) => {
    const clock = createTestClock(Date.now())
    const discord = await startLocalDiscord(t, { clock })
    const bot = await startBot(discord)
    const { liLei } = discord.users
    const arrived = once(bot, Events.MessageCreate)
    await liLei.say(discord.channels.random, '', {
      attachments: [{ name: '笔记 1.txt', data: '第一课' }],
    })
    const [message] = await arrived
    const attachment = message.attachments.first()
    assert.ok(attachment)
    assert.equal(attachment.name, '笔记_1.txt')
    assert.equal(attachment.contentType, 'text/plain; charset=utf-8')
    assert.equal(attachment.size, Buffer.byteLength('第一课'))
    assert.equal(await (await fetch(attachment.url)).text(), '第一课')
    assert.equal((await fetch(attachment.url.replace('hm=', 'hm=0'))).status, 404)

    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    )
    const sent = await message.reply({
      files: [new AttachmentBuilder(png, { name: 'dot.png', description: 'a dot' })],
      embeds: [{ image: { url: 'attachment://dot.png' } }],
    })
    assert.deepEqual(
      sent.attachments.map(({ width, height, description }) => [width, height, description]),
      [[1, 1, 'a dot']],
    )
    assert.equal(sent.embeds[0]?.image?.url, sent.attachments.first()?.url)

    clock.advance(25 * 3_600_000)
    assert.equal((await fetch(attachment.url)).status, 404)
    const renewed = await message.fetch(true)
    assert.equal(await (await fetch(renewed.attachments.first()?.url ?? '')).text(), '第一课')
  })

  it('are kept or dropped by an edit, and are at most ten', async (t) => {
    const discord = await startLocalDiscord(t)
    const bot = await startBot(discord)
    const channel = await textChannel(bot, discord.channels.random)
    const file = (name: string) => new AttachmentBuilder(Buffer.from(name), { name })
    const sent = await channel.send({ content: 'x', files: [file('a.txt'), file('b.txt')] })
    const kept = await sent.edit({
      attachments: [...sent.attachments.values()].slice(1),
      files: [file('c.txt')],
    })
    assert.deepEqual(
      kept.attachments.map(({ name }) => name),
      ['b.txt', 'c.txt'],
    )
    const many = Array.from({ length: 11 }, (_, index) => file(`${index}.txt`))
    await assert.rejects(channel.send({ files: many }), DiscordAPIError)
  })

  it('leave when there are too many of them', async (t) => {
    const discord = await startLocalDiscord(t, { maxAttachmentBytes: 10 })
    const { liLei } = discord.users
    const say = async (data: string) => {
      const attachments = [{ name: 'a.txt', data }]
      const sent = await liLei.say(discord.channels.random, '', { attachments })
      return sent.attachments[0]?.url ?? ''
    }
    const first = await say('12345678')
    const second = await say('abcdefgh')
    assert.equal((await fetch(first)).status, 404)
    assert.equal((await fetch(second)).status, 200)
  })
})

describe('messages: reactions and layout', () => {
  it('carries reactions both ways', async (t) => {
    const discord = await startLocalDiscord(t)
    const bot = await startBot(discord)
    const { liLei } = discord.users
    const sent = await (await textChannel(bot, discord.channels.random)).send('x')
    const added = once(bot, Events.MessageReactionAdd)
    await liLei.react({ id: sent.id, channel_id: sent.channelId }, '👍')
    const [reaction, user] = await added
    assert.equal(reaction.emoji.name, '👍')
    assert.equal(user.id, liLei.id)
    await sent.react('👀')
    await liLei.waitForEvent<{ emoji: { name: string } }>(
      'MESSAGE_REACTION_ADD',
      ({ emoji }) => emoji.name === '👀',
    )
    const fetched = await sent.fetch(true)
    assert.deepEqual(
      fetched.reactions.cache.map(({ count, me }) => [count, me]),
      [
        [1, false],
        [1, true],
      ],
    )
    assert.deepEqual([...(await reaction.users.fetch()).keys()], [liLei.id])
    await fetched.reactions.cache.get('👀')?.users.remove()
    await liLei.waitForEvent('MESSAGE_REACTION_REMOVE')
    await assert.rejects(sent.react('nonsense'), rejectsWith(10014))
    await assert.rejects(sent.reactions.removeAll(), rejectsWith(50013))
  })

  it('takes components v2, without content and within 4000 characters', async (t) => {
    const discord = await startLocalDiscord(t)
    const bot = await startBot(discord)
    const channel = await textChannel(bot, discord.channels.random)
    const layout = (text: string) => ({
      flags: MessageFlags.IsComponentsV2 as const,
      components: [
        new ContainerBuilder().addTextDisplayComponents(new TextDisplayBuilder().setContent(text)),
      ],
    })
    const sent = await channel.send(layout('# 课程表'))
    assert.ok(sent.flags.has(MessageFlags.IsComponentsV2))
    assert.equal(sent.components[0]?.type, 17)
    await sent.edit({ components: layout('edited').components })
    const legacy = await errorAt(channel.send({ ...layout('x'), content: 'both' }), ['content'])
    assert.equal(legacy?.code, 'MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2')
    const two = [...layout('x'.repeat(2500)).components, ...layout('x'.repeat(2500)).components]
    const long = await errorAt(channel.send({ ...layout('x'), components: two }), ['components'])
    assert.equal(long?.code, 'COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED')
  })

  it('turns attachment:// into the address of the file, also in components v2', async (t) => {
    const discord = await startLocalDiscord(t)
    const bot = await startBot(discord)
    const channel = await textChannel(bot, discord.channels.random)
    const sent = await channel.send({
      flags: MessageFlags.IsComponentsV2,
      files: [
        new AttachmentBuilder(Buffer.from('{}'), { name: 'thread.json' }),
        new AttachmentBuilder(Buffer.from('png'), { name: 'chart.png' }),
      ],
      components: [
        new MediaGalleryBuilder().addItems((item) => item.setURL('attachment://chart.png')),
        new FileBuilder().setURL('attachment://thread.json'),
      ],
    })
    const [gallery, file] = sent.components
    assert.ok(gallery?.type === ComponentType.MediaGallery && file?.type === ComponentType.File)
    assert.equal(gallery.items[0]?.media.url, sent.attachments.at(1)?.url)
    assert.equal(await (await fetch(file.file.url)).text(), '{}')
    assert.deepEqual((file.toJSON() as { name?: string; size?: number }).name, 'thread.json')
  })
})
