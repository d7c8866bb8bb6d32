import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import type { APIMessage } from 'discord-api-types/v10'
import { Keyv } from 'keyv'
import { pino } from 'pino'

import { createClassFiles } from '../../src/bot/class-files/class-files.ts'
import { createClassStores } from '../../src/bot/class-files/class-stores.ts'
import { systemClock } from '../../src/bot/clock.ts'
import { pdfFile } from '../assistants/indexing/pdf-file.ts'
import { startBotBench, type BotBench } from '../helpers/bot-bench.ts'
import type { File, OptionValues, TestUser } from '../helpers/local-discord.ts'

const guildId = '1100000000000000000'
const otherGuildId = '1100000000000000900'

const line = (text: string) => ({ text, x: 72, y: 700, size: 12 })
const lecture: File = {
  name: 'lecture3.pdf',
  data: pdfFile([[line('The exam takes place in room B207 and counts 40 percent.')]]),
  type: 'application/pdf',
}
const notes: File = {
  name: '第四讲.md',
  data: '# 第四讲\n\n## 注意力机制\n\n注意力分数要除以根号 d_k，否则 softmax 的梯度会太小。\n',
  type: 'text/markdown',
}
const scanned: File = { name: 'scan.pdf', data: pdfFile([[]]), type: 'application/pdf' }

describe('/files', () => {
  let bench: BotBench
  before(async () => {
    bench = await startBotBench()
  })
  after(() => bench.close())

  const teacher = () => bench.discord.users.hanMeimei
  const administrator = () => bench.discord.users.wangZhuoran

  async function use(
    files: OptionValues,
    user: TestUser = bench.discord.users.alex,
    says = /./,
  ): Promise<APIMessage> {
    const used = await user.command(bench.discord.channels.questions, 'files', files)
    const first = await used.reply()
    return user.waitForMessage(
      first.channel_id,
      ({ id, content }) => id === first.id && says.test(content),
    )
  }

  const add = (files: Record<string, File | string>, says: RegExp, user = teacher()) =>
    use({ add: files }, user, says)

  /** Presses a button of a message, and waits until it says what it should. */
  async function press(message: APIMessage, wanted: RegExp, options: PressOptions) {
    const { says, user = teacher() } = options
    const id = wanted.exec(JSON.stringify(message.components))?.[0]
    assert.ok(id !== undefined, JSON.stringify(message.components))
    await (await user.click(message, id)).succeeded()
    return user.waitForMessage(
      message.channel_id,
      (seen) => seen.id === message.id && says.test(seen.content),
    )
  }

  interface PressOptions {
    says: RegExp
    user?: TestUser
  }

  /** What the model was offered and told in the runs from a request on. */
  const offered = (request: number): string[] =>
    (bench.model.requests[request]?.body.tools ?? []).map((tool) =>
      tool.type === 'function' ? tool.function.name : tool.type,
    )

  /** Has the model search, and then say whatever the first passage says with its marker. */
  function answerFromFiles(query: string): void {
    bench.model.script({
      toolCalls: [{ name: 'file_search', arguments: JSON.stringify({ queries: [query] }) }],
    })
    bench.model.respond((body) => {
      const { content } = body.messages.at(-1) ?? {}
      const told = typeof content === 'string' ? content : ''
      const [, marker, text] = /(【\d+:\d+†[^】]+】)[^\n]*\n([^]*?)\n【end】/.exec(told) ?? []
      return marker === undefined ? 'NOTHING' : `FOUND ${text?.replaceAll('\n', ' ')}${marker}`
    })
  }

  async function stored(): Promise<string[]> {
    const stores = await bench.openai.vectorStores.list()
    const files = []
    for (const { id } of stores.data) {
      for await (const file of bench.openai.vectorStores.files.list(id)) {
        files.push(`${String(file.attributes?.['name'])} ${file.status}`)
      }
    }
    return files.toSorted()
  }

  it('is for teachers, where it changes something', async () => {
    const { alex, liLei } = bench.discord.users
    assert.match((await add({ file: notes }, /./, alex)).content, /^Only teachers/)
    assert.match((await use({ remove: { file: 'x' } }, liLei)).content, /^只有老师/)
    const suggested = await alex.autocomplete(bench.discord.channels.questions, 'files', {
      options: { remove: { file: '' } },
      focused: 'file',
    })
    assert.deepEqual(suggested, [])
    assert.deepEqual(await stored(), [])
    assert.deepEqual((await bench.openai.vectorStores.list()).data, [])
  })

  it('says what there is while there is nothing', async () => {
    assert.match((await use({ list: {} })).content, /^There are no class files yet/)
    assert.match(
      (await use({ search: { query: 'exam' } })).content,
      /^There are no class files yet/,
    )
    const { alex } = bench.discord.users
    const direct = await alex.command(await alex.dm(), 'files', { list: {} })
    assert.match((await direct.reply()).content, /in a server only/)
  })

  it('offers no search of files before there are any', async () => {
    const first = bench.model.requests.length
    await bench.ask('hello', { channelId: bench.newChannel() })
    assert.deepEqual(offered(first), ['ask_database'])
  })

  it('adds files, and says what could not be read and why', async () => {
    const bad: File = { name: 'song.mp3', data: 'la', type: 'audio/mpeg' }
    const done = await add(
      { file: lecture, file2: notes, file3: scanned, file4: bad, title: '第三讲' },
      /已添加/,
    )
    assert.equal((done.flags ?? 0) & 64, 64)
    assert.match(done.content, /^✅ \*\*lecture3\.pdf\*\*\n✅ \*\*第四讲\.md\*\*\n/)
    assert.match(done.content, /⚠️ 无法检索：\*\*scan\.pdf\*\*。它像是扫描件/)
    assert.match(done.content, /⚠️ 没有读取：\*\*song\.mp3\*\*。我处理不了/)
    const shown = teacher().seen.get(done.id)?.contents ?? []
    assert.match(shown.join('\n'), /已完成 \d\/4/)
    assert.deepEqual(await stored(), [
      'lecture3.pdf completed',
      'scan.pdf failed',
      '第四讲.md completed',
    ])
  })

  it('lists them with whoever added them, in both languages', async () => {
    const english = (await use({ list: {} })).content
    assert.match(english, /^### Class files \(3\)\n/)
    assert.match(
      english,
      new RegExp(
        `✅ \\*\\*lecture3\\.pdf\\*\\* · 第三讲 · [\\d.]+ kB · <@${teacher().id}> · <t:\\d+:R>`,
      ),
    )
    assert.match(english, /⚠️ \*\*scan\.pdf\*\*.*\n-# Could not be searched: .*looks scanned/)
    assert.match((await use({ list: {} }, bench.discord.users.liLei)).content, /^### 课程资料（3）/)
  })

  it('answers a student in any channel from them, and says from which', async () => {
    const first = bench.model.requests.length
    answerFromFiles('exam room')
    const answer = await bench.ask('Where is the exam?', {
      channelId: bench.newChannel(),
      until: /FOUND/,
    })
    assert.match(answer.content, /room B207.*\[1\]/)
    assert.match(answer.content, /\n-# \[1\] lecture3\.pdf p\. 1/)
    assert.deepEqual(offered(first), ['ask_database', 'file_search'])
    const told = JSON.stringify(bench.model.requests[first + 1]?.body.messages.at(-1))
    assert.match(told, /†lecture3\.pdf】, page 1/)
  })

  it('finds passages without a model, with page and heading', async () => {
    const english = (await use({ search: { query: 'exam room' } })).content
    assert.match(english, /^\*\*1\.\*\* lecture3\.pdf p\. 1\n> .*room B207/)
    const asked = bench.model.requests.length
    const chinese = await use({ search: { query: '注意力分数' } }, bench.discord.users.liLei)
    assert.match(chinese.content, /第四讲\.md，第四讲\n> .*根号 d\\_k/)
    assert.deepEqual(chinese.attachments, [])
    assert.equal(bench.model.requests.length, asked)
    assert.match((await use({ search: { query: 'zzzz' } })).content, /^I found nothing/)
  })

  it('shows nothing of them in direct messages and other servers', async () => {
    const { alex } = bench.discord.users
    const first = bench.model.requests.length
    bench.model.respond(() => 'Sorry.')
    const dm = await alex.dm()
    await alex.say(dm, 'Where is the exam?')
    await alex.waitForMessage(dm, ({ content }) => content.includes('Sorry.'))
    assert.deepEqual(offered(first), ['ask_database'])

    const channelId = bench.newChannel()
    const { controls, applicationId } = bench.discord
    controls.dispatch(applicationId, 'MESSAGE_CREATE', {
      ...(await alex.say(channelId, 'only a template')),
      id: '1100000000000009001',
      guild_id: otherGuildId,
      content: `<@${applicationId}> Where is the exam?`,
      mentions: [{ id: applicationId, username: 'guagua', discriminator: '0', bot: true }],
    })
    const request = await bench.model.request(first + 1)
    assert.match(JSON.stringify(request.body.messages), /Where is the exam/)
    assert.deepEqual(offered(first + 1), ['ask_database'])
    await alex.waitForMessage(channelId, ({ content }) => content.includes('Sorry.'))
  })

  it('knows them after a restart, and has neither a second store nor a second assistant', async () => {
    await bench.restart()
    const first = bench.model.requests.length
    answerFromFiles('注意力')
    const answer = await bench.ask('注意力分数为什么要缩放？', {
      channelId: bench.newChannel(),
      until: /FOUND/,
    })
    assert.match(answer.content, /根号 d_k/)
    assert.deepEqual(offered(first), ['ask_database', 'file_search'])
    assert.equal((await bench.openai.vectorStores.list()).data.length, 1)
    assert.equal((await bench.openai.beta.assistants.list()).data.length, 2)
  })

  it('finds what a process made that died before it could write that down', async () => {
    const [store] = (await bench.openai.vectorStores.list()).data
    await bench.keyv.set('class-files', {
      [guildId]: { storeId: null, hasFiles: false, isWorking: false },
    })
    await bench.keyv.delete(`assistant:${guildId}`)
    await bench.restart()
    const done = await add({ file: notes }, /已添加/)
    assert.match(done.content, /已替换同名的旧文件/)
    assert.deepEqual(
      (await bench.openai.vectorStores.list()).data.map(({ id }) => id),
      [store?.id],
    )
    assert.equal((await bench.openai.beta.assistants.list()).data.length, 2)
  })

  it('takes a newer file of the same name in place of the older one, once it is ready', async () => {
    const newer = { ...lecture, data: pdfFile([[line('The exam was moved to room C5.')]]) }
    const done = await add({ file: newer }, /已添加/, administrator())
    assert.match(done.content, /lecture3\.pdf 已替换同名的旧文件/)
    const { content } = await use({ search: { query: 'exam room' } })
    assert.match(content, /room C5/)
    assert.doesNotMatch(content, /B207/)
    assert.equal((await bench.openai.files.list()).data.length, 3)
  })

  it('removes what an earlier process could not, and goes on with what it read', async () => {
    const [store] = (await bench.openai.vectorStores.list()).data
    const storeId = store?.id ?? ''
    const blob = new File([new TextEncoder().encode('# New\n\nAttention is all.')], '第四讲.md')
    const { id } = await bench.openai.files.create({ file: blob, purpose: 'assistants' })
    await bench.openai.vectorStores.files.createAndPoll(storeId, {
      file_id: id,
      attributes: { name: '第四讲.md', bytes: 5, added_by: teacher().id, added_at: 1 },
    })
    const known = await bench.keyv.get('class-files')
    await bench.keyv.set('class-files', {
      ...known,
      [guildId]: { ...known[guildId], isWorking: true },
    })
    assert.equal((await stored()).length, 4)
    await bench.restart()
    for (const tooLate = AbortSignal.timeout(10_000); (await stored()).length > 3;) {
      tooLate.throwIfAborted()
      await sleep(20)
    }
    assert.equal((await bench.openai.files.list()).data.length, 3)
  })

  it('adds the files of a message, from its menu', async () => {
    const { alex } = bench.discord.users
    const channelId = bench.newChannel()
    const code = { name: 'solution.py', data: 'def secant(): return 42', type: 'text/x-python' }
    const sent = await alex.say(channelId, 'my solution', { attachments: [code] })
    const refused = await alex.menu(channelId, 'Add to class files', sent.id)
    assert.match((await refused.reply()).content, /^Only teachers/)
    const used = await teacher().menu(channelId, '添加到课程资料', sent.id)
    await used.reply(({ content }) => content.includes('已添加'))
    assert.ok((await stored()).includes('solution.py completed'))
    const bare = await alex.say(channelId, 'nothing with it')
    const none = await teacher().menu(channelId, 'Add to class files', bare.id)
    assert.match((await none.reply()).content, /没有文件/)
  })

  it('calls files as their owners do, though Discord takes signs out of names', async () => {
    const name = '第五讲 @everyone (终稿).md'
    const done = await add({ file: { name, data: '# 复习\n\n带上铅笔。' } }, /已添加/)
    assert.match(done.content, /^✅ \*\*第五讲 @everyone \(终稿\)\.md\*\*\n/)
    assert.equal(done.mention_everyone, false)
    assert.match((await use({ list: {} })).content, /\*\*第五讲 @everyone \(终稿\)\.md\*\*/)
    const [suggested] = await teacher().autocomplete(bench.discord.channels.questions, 'files', {
      options: { remove: { file: '终稿' } },
      focused: 'file',
    })
    assert.equal(suggested?.name, name)
    const asked = await use({ remove: { file: name } }, teacher(), /移除/)
    await press(asked, /files:remove:[^"]+/, { says: /已从课程资料中移除/ })
  })

  it('takes files from a form when the command names none', async () => {
    const used = await teacher().command(bench.discord.channels.questions, 'files', { add: {} })
    const modal = await teacher().waitForModal(used)
    const file = { name: 'form.txt', data: 'Bring a pencil to the quiz.', type: 'text/plain' }
    const sent = await teacher().submitModal(modal, { files: file, title: 'Quiz' })
    await sent.reply(({ content }) => content.includes('已添加'))
    assert.match((await use({ list: {} })).content, /✅ \*\*form\.txt\*\* · Quiz · 27 B/)
  })

  it('has passages that are long in a file as a whole', async () => {
    const text = `${'Before it come other matters. '.repeat(20)}The deadline is Friday. ${'More follows. '.repeat(30)}`
    await add({ file: { name: 'long.txt', data: text, type: 'text/plain' } }, /已添加/)
    const { content, attachments } = await use({ search: { query: 'deadline Friday' } })
    assert.match(content, /^\*\*1\.\*\* long\.txt\n> ….*The deadline is Friday\..*…\n/)
    assert.match(content, /-# The passages are in the file as a whole\.$/)
    const whole = await (await fetch(attachments[0]?.url ?? '')).text()
    assert.ok(whole.includes(text.trim()))
  })

  it('removes one after asking, and answers nothing from it any more', async () => {
    const suggested = await teacher().autocomplete(bench.discord.channels.questions, 'files', {
      options: { remove: { file: 'LECTURE' } },
      focused: 'file',
    })
    assert.deepEqual(
      suggested.map(({ name }) => name),
      ['lecture3.pdf'],
    )
    const file = String(suggested[0]?.value)
    const asked = await use({ remove: { file } }, teacher(), /移除 \*\*lecture3\.pdf\*\*？/)
    const kept = await press(asked, /files:remove:(?=")/, { says: /没有移除/ })
    assert.deepEqual(kept.components, [])
    const again = await use({ remove: { file } }, teacher(), /移除/)
    await bench.restart()
    await press(again, /files:remove:[^"]+/, { says: /\*\*lecture3\.pdf\*\* 已从课程资料中移除/ })
    assert.doesNotMatch((await use({ search: { query: 'exam room' } })).content, /C5/)
    answerFromFiles('exam room')
    const answer = await bench.ask('Where is the exam?', {
      channelId: bench.newChannel(),
      until: /FOUND|NOTHING/,
    })
    assert.doesNotMatch(answer.content, /C5|B207/)
    assert.match((await use({ remove: { file } }, teacher())).content, /没有这个文件/)
  })

  it('pages a long list', async () => {
    const [store] = (await bench.openai.vectorStores.list()).data
    for (let number = 0; number < 12; number += 1) {
      const file = new File([new TextEncoder().encode(`Note ${number}`)], `n${number}.txt`)
      const { id } = await bench.openai.files.create({ file, purpose: 'assistants' })
      const attributes = { name: `@everyone [n${number}](https://example.com)` }
      await bench.openai.vectorStores.files.create(store?.id ?? '', { file_id: id, attributes })
    }
    const { alex } = bench.discord.users
    const first = await use({ list: {} }, alex, /Page 1 of 2/)
    // Names are anybody's.
    assert.doesNotMatch(first.content, /(?<!\\)\[n/)
    assert.equal(first.mention_everyone, false)
    const second = await press(first, /files:list:2/, { says: /Page 2 of 2/, user: alex })
    assert.match(second.content, /form\.txt/)
    await press(second, /files:list:1/, { says: /Page 1 of 2/, user: alex })
  })

  it('refuses more than a server may have, in words', async () => {
    const [store] = (await bench.openai.vectorStores.list()).data
    const ids: string[] = []
    for (let index = 0; index < 200; index += 1) {
      const file = new File([`Small ${index}`], `s${index}.txt`)
      ids.push((await bench.openai.files.create({ file, purpose: 'assistants' })).id)
    }
    await bench.openai.vectorStores.fileBatches.create(store?.id ?? '', { file_ids: ids })
    const { content } = await add({ file: lecture }, /⚠️/)
    assert.match(content, /^⚠️ 没有添加：\*\*lecture3\.pdf\*\*。课程资料最多 200 份/)
  })

  it('is explained where the assistant is somebody else’s', async () => {
    const { id } = await bench.openai.beta.assistants.create({ model: 'scripted' })
    await bench.restart({ assistantId: id })
    assert.match((await use({ list: {} })).content, /^Class files need my built-in assistant/)
    assert.match((await add({ file: notes }, /./)).content, /^课程资料需要我自带的助手/)
    const help = await bench.discord.users.alex.command(bench.newChannel(), 'help')
    assert.doesNotMatch((await help.reply()).content, /I read files/)
    await bench.restart()
  })

  it('has a store made anew when somebody deleted it, and answers meanwhile', async () => {
    const [store] = (await bench.openai.vectorStores.list()).data
    await bench.openai.vectorStores.delete(store?.id ?? '')
    bench.model.respond(() => 'Fine.')
    await bench.ask('hello', { channelId: bench.newChannel(), until: /Fine/ })
    assert.match((await use({ list: {} })).content, /^There are no class files yet/)
    await add({ file: notes }, /已添加/)
    answerFromFiles('注意力')
    await bench.ask('注意力？', { channelId: bench.newChannel(), until: /FOUND/ })
  })

  it('are followed to their end though the assistant cannot be made ready', async () => {
    const stores = createClassStores({ openai: bench.openai, keyv: new Keyv() })
    const classFiles = createClassFiles({
      openai: bench.openai,
      stores,
      assistant: { id: () => Promise.reject(new Error('not now')), forget: async () => {} },
      ownsAssistant: true,
      clock: systemClock,
      log: pino({ level: 'silent' }),
    })
    const added = await classFiles.add({
      guildId: otherGuildId,
      guildName: 'Another',
      uploads: [{ name: 'a.md', url: 'data:text/plain,words', size: 5 }],
      title: null,
      userId: teacher().id,
      onProgress() {},
    })
    assert.deepEqual(added, [{ name: 'a.md', state: 'ready', replaced: false }])
    assert.deepEqual(await stores.working(), [])
    await classFiles.close()
  })
})
