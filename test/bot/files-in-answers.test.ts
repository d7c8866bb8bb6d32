import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { APIMessage } from 'discord-api-types/v10'
import type { ButtonInteraction } from 'discord.js'

import { findPressedRun } from '../../src/bot/pressed-run.ts'
import { pdfFile, pdfLines } from '../assistants/indexing/pdf-file.ts'
import { startBotBench, type BotBench } from '../helpers/bot-bench.ts'
import type { File } from '../helpers/local-discord.ts'
import type { ChatBody, Reply } from '../helpers/model-server.ts'

const notes: File = {
  name: 'notes.pdf',
  data: pdfFile([
    pdfLines(['Lecture one is about vectors.']),
    pdfLines(['The exam takes place in room 204.']),
  ]),
}

const python = `import struct, zlib
def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
png = (b'\\x89PNG\\r\\n\\x1a\\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 1, 1, 8, 0, 0, 0, 0))
       + chunk(b'IDAT', zlib.compress(b'\\x00\\x80')) + chunk(b'IEND', b''))
open('/mnt/data/plot.png', 'wb').write(png)
rows = open('/mnt/data/grades.csv').read().splitlines()[1:]
mean = sum(int(row.split(',')[1]) for row in rows) / len(rows)
open('/mnt/data/mean.csv', 'w').write(f'mean\\n{mean}\\n')
print('the mean is', mean, '\`\`\` @everyone')`

describe('files of a conversation', () => {
  let bench: BotBench
  before(async () => {
    bench = await startBotBench({ python: true })
  })
  after(() => bench.close())

  interface AskFiles {
    text?: string
    channelId?: string
    until?: RegExp
  }

  /** Sends files with a mention, and waits for the whole answer. */
  async function send(attachments: File[], { text = '', channelId, until }: AskFiles = {}) {
    const { alex } = bench.discord.users
    const place = channelId ?? bench.newChannel()
    const asked = await alex.say(place, text, { mentionBot: true, attachments })
    return alex.waitForMessage(
      place,
      ({ message_reference: reference, content }) =>
        reference?.message_id === asked.id &&
        (until ?? /./).test(content) &&
        !content.endsWith('…'),
    )
  }

  const lastOf = ({ messages }: ChatBody): { role: string; text: string } => {
    const last = messages.at(-1)
    return { role: last?.role ?? '', text: typeof last?.content === 'string' ? last.content : '' }
  }

  /** The model searches, and then says something of the markers that it was shown. */
  function searchAndSay(query: string, say: (markers: string[]) => Reply): void {
    bench.model.respond((body) => {
      const { role, text } = lastOf(body)
      if (role !== 'tool') {
        const queries = [query]
        return { toolCalls: [{ name: 'file_search', arguments: JSON.stringify({ queries }) }] }
      }
      return say(text.match(/【\d+:\d+†[^】]+】/g) ?? [])
    })
  }

  const offered = ({ tools = [] }: ChatBody): string[] =>
    tools.map((tool) => (tool.type === 'function' ? tool.function.name : tool.type))

  function customIdOf(message: APIMessage, name: string): string {
    const [found] = new RegExp(`${name}:\\w+:\\w+`).exec(JSON.stringify(message.components)) ?? []
    assert.ok(found, `no button ${name} below ${message.content}`)
    return found
  }

  async function press(message: APIMessage, name: string, user = bench.discord.users.alex) {
    return (await user.click(message, customIdOf(message, name))).reply()
  }

  it('are searched, cited by page, and shown again after a restart', async () => {
    searchAndSay('exam room', ([first = '', second = '']) => ({
      text: ['In room 204', ...first.split(''), ', I am ', `sure${first}${second}【7:7†x】.`],
    }))
    const first = bench.model.requests.length
    const grades = { name: 'grades.csv', data: 'name,grade\nAlex,90\n' }
    const answer = await send([notes, grades], { text: 'where is the exam?', until: /-# \[1\]/ })
    assert.match(
      answer.content,
      /^In room 204\[1\], I am sure\[1\](?:\[2\])?\.\n-# \[1\] notes\.pdf p\. [12]\b/,
    )
    const [asked] = bench.conversationOf(first)
    assert.equal(asked, '[from Alex]\nwhere is the exam?\n[attached: "notes.pdf", "grades.csv"]')
    assert.deepEqual(offered(bench.model.requests[first]?.body as ChatBody).toSorted(), [
      'ask_database',
      'file_search',
      'python',
    ])

    await bench.restart()
    const shown = await press(answer, 'sources')
    assert.ok(((shown.flags ?? 0) & 64) !== 0)
    assert.match(shown.content, /^\*\*\[1\]\*\* notes\.pdf p\. \d\n> “.*(room 204|vectors)/)
    assert.match((await press(answer, 'sources', bench.discord.users.liLei)).content, /第 \d 页/)

    const elsewhere = { channelId: '1', user: { id: '2' } } as ButtonInteraction
    const rest = customIdOf(answer, 'sources').split(':').slice(1).join(':')
    assert.equal(await findPressedRun(bench.openai.beta, { interaction: elsewhere, rest }), null)
    const [threadId = ''] = rest.split(':')
    await bench.openai.beta.threads.delete(threadId)
    assert.match((await press(answer, 'sources')).content, /is not kept any more/)
  })

  it('can still be searched by the next question, and only in their conversation', async () => {
    const channelId = bench.newChannel()
    searchAndSay('光合作用', ([first = '没有']) => `见讲义${first}。`)
    const data = '# 第一章 向量\n\n光合作用在叶绿体中进行。\n'
    const answer = await send([{ name: '讲义.md', data }], {
      text: '课程讲什么？',
      channelId,
      until: /-# \[1\]/,
    })
    assert.match(answer.content, /^见讲义\[1\]。\n-# \[1\] 讲义\.md，“第一章 向量”$/)
    const { content: shown } = await press(answer, 'sources')
    assert.match(shown, /\n> “第一章 向量 光合作用在叶绿体中进行。”$/)
    const again = await bench.ask('光合作用在哪里？', { channelId, until: /-# \[1\]/ })
    assert.match(again.content, /^见讲义\[1\]。/)
    const first = bench.model.requests.length
    bench.model.respond(() => 'no files')
    await bench.ask('and here?', { channelId: bench.newChannel() })
    assert.ok(!offered(bench.model.requests[first]?.body as ChatBody).includes('file_search'))
  })

  it('have one number for one passage, though two of them hold it', async () => {
    searchAndSay('zebra', (markers) => `${markers.length}: ${markers.join(' ')}.`)
    const twice = { name: 'animals.md', data: 'A zebra has stripes.' }
    const answer = await send([twice, twice], { text: 'what has stripes?', until: /-# \[1\]/ })
    assert.equal(answer.content, '2: [1] [1].\n-# [1] animals.md')
  })

  it('cost questions without any no request beyond their run', async () => {
    const channelId = bench.newChannel()
    bench.model.respond(() => 'fine')
    const asksFor = async (text: string): Promise<string[]> => {
      const before = bench.asked.length
      await bench.ask(text, { channelId, until: /fine/ })
      return bench.asked.slice(before).map((line) => line.replace(/thread_\w+/, '…'))
    }
    const run = 'POST /v1/threads/…/runs'
    assert.deepEqual(await asksFor('first'), ['POST /v1/threads', run])
    assert.deepEqual(await asksFor('second'), [run])
    await bench.restart()
    await asksFor('after a restart')
    assert.deepEqual(await asksFor('and again'), [run])

    await send([{ name: 'a.md', data: 'words' }], { text: 'with one', channelId })
    const first = bench.model.requests.length
    assert.ok((await asksFor('still with one')).includes('GET /v1/threads/…'))
    assert.ok(offered(bench.model.requests[first]?.body as ChatBody).includes('file_search'))
  })

  it('are worked on by Python, whose pictures and files come back', async () => {
    const channelId = bench.newChannel()
    bench.model.script(
      { toolCalls: [{ name: 'python', arguments: JSON.stringify({ code: python }) }] },
      '![plot](sandbox:/mnt/data/plot.png)\nThe mean is 80: [mean](sandbox:/mnt/data/mean.csv), [gone](sandbox:/mnt/data/gone.csv).',
    )
    const grades = { name: 'grades.csv', data: 'name,grade\n王卓然,90\n李雷,70\n' }
    const answer = await send([grades], { text: 'the mean?', channelId, until: /Not attached/ })
    assert.equal(
      answer.content,
      '📎 plot\nThe mean is 80: 📎 mean, 📎 gone.\n-# Not attached: gone.csv. The file is not there.',
    )
    assert.deepEqual(
      answer.attachments.map(({ filename, description }) => [filename, description]),
      [
        ['plot.png', 'Picture made by Python: plot.png'],
        ['mean.csv', undefined],
      ],
    )
    const [picture, table] = await Promise.all(
      answer.attachments.map(async ({ url }) =>
        Buffer.from(await (await fetch(url)).arrayBuffer()),
      ),
    )
    assert.equal(picture?.subarray(1, 4).toString(), 'PNG')
    assert.equal(table?.toString(), 'mean\n80.0\n')

    const shown = await press(answer, 'code')
    assert.match(shown.content, /^```py\nimport struct, zlib\n/)
    assert.match(
      shown.content,
      /```\nOutput:\n```\nthe mean is 80\.0 `\u200b`\u200b` @everyone\n```/,
    )
    assert.equal(shown.content.match(/```/g)?.length, 4)
    assert.equal(shown.mention_everyone, false)
  })

  it('say what is being done with them', async () => {
    const { alex } = bench.discord.users
    const channelId = bench.newChannel()
    const gate = Promise.withResolvers<void>()
    bench.model.script(
      { toolCalls: [{ name: 'python', arguments: '{"code":"print(1)"}' }] },
      { toolCalls: [{ name: 'file_search', arguments: '{"queries":["x"]}' }], hold: gate.promise },
      { text: '完成。', hold: gate.promise },
    )
    const files = [{ name: 'a.txt', data: 'x' }]
    await alex.say(channelId, '算一下', { mentionBot: true, attachments: files })
    await alex.waitForMessage(channelId, ({ content }) => content === '-# 正在运行 Python…')
    gate.resolve()
    await alex.waitForMessage(channelId, ({ content }) => content === '完成。')
  })

  it('that are too large for Discord are not sent, with a word', async () => {
    const code = "open('/mnt/data/big.bin', 'wb').write(b'x' * 11 * 2**20)"
    bench.model.script(
      { toolCalls: [{ name: 'python', arguments: JSON.stringify({ code }) }] },
      '[big](sandbox:/mnt/data/big.bin)',
    )
    const answer = await bench.ask('make it big', {
      channelId: bench.newChannel(),
      until: /-# Not/,
    })
    assert.equal(
      answer.content,
      '📎 big\n-# Not attached: big.bin. It is larger than Discord takes here.',
    )
    assert.deepEqual(answer.attachments, [])
  })

  it('of an unknown type are left out with a word, and the model is not asked', async () => {
    const before = bench.model.requests.length
    const answer = await send([{ name: 'film.mp4', data: 'x' }])
    assert.equal(answer.content, '-# 没有读取：film.mp4。我处理不了这种类型的文件。')
    assert.equal(bench.model.requests.length, before)
  })

  it('that are all of a question are a question', async () => {
    const first = bench.model.requests.length
    bench.model.script('A text.')
    await send([
      { name: 'a.txt', data: 'text' },
      { name: 'b.mp3', data: 'x' },
    ])
    assert.deepEqual(bench.conversationOf(first), [
      '[from Alex]\n附件里是什么内容？\n[attached: "a.txt"]\n[could not be read: "b.mp3"]',
    ])
  })

  it('that cannot be indexed are named, with the reason', async () => {
    bench.model.script('I see.')
    const scanned = { name: '扫描_件.pdf', data: pdfFile([[]]) }
    const answer = await send([scanned], { text: '这是什么？', until: /-# 无法/ })
    assert.match(answer.content, /^I see\.\n-# 无法检索：扫描\\_件\.pdf。它像是扫描件/)
  })

  it('stay with their messages when several are answered together', async () => {
    const { model, discord } = bench
    const channelId = bench.newChannel()
    const { alex } = discord.users
    const first = model.requests.length
    const gate = Promise.withResolvers<void>()
    model.script({ text: 'One.', hold: gate.promise }, 'Both.')
    await alex.say(channelId, 'one', { mentionBot: true })
    await model.request(first)
    for (const name of ['a.csv', 'b.csv']) {
      await alex.say(channelId, name, { mentionBot: true, attachments: [{ name, data: 'x,y\n' }] })
    }
    gate.resolve()
    await alex.waitForMessage(channelId, ({ content }) => content === 'Both.')
    assert.deepEqual(bench.conversationOf(first + 1).slice(-2), [
      '[from Alex]\na.csv\n[attached: "a.csv"]',
      '[from Alex]\nb.csv\n[attached: "b.csv"]',
    ])
    const fileIds = new Set<string>()
    for await (const { filename, id, expires_at } of bench.openai.files.list()) {
      if (filename !== 'a.csv' && filename !== 'b.csv') continue
      fileIds.add(id)
      assert.ok(expires_at !== undefined)
    }
    assert.equal(fileIds.size, 2)
  })

  it('of a long conversation make room for new ones', async () => {
    const channelId = bench.newChannel()
    bench.model.respond(() => 'Noted.')
    for (let round = 0; round < 3; round += 1) {
      const files = Array.from({ length: 8 }, (_, n) => ({ name: `${round}-${n}.csv`, data: 'x' }))
      const answer = await send(files, { text: 'more', channelId })
      assert.equal(answer.content, 'Noted.')
    }
    const { threadId } = (await bench.keyv.get(`conversation:channel:${channelId}`)) as {
      threadId: string
    }
    const thread = await bench.openai.beta.threads.retrieve(threadId)
    assert.equal(thread.tool_resources?.code_interpreter?.file_ids?.length, 20)
  })

  it('do not keep a conversation from going on when their store is gone', async () => {
    const channelId = bench.newChannel()
    bench.model.respond(() => 'Go on.')
    const words = { name: 'a.md', data: 'words' }
    await send([words], { text: 'read', channelId, until: /Go on/ })
    const { threadId } = (await bench.keyv.get(`conversation:channel:${channelId}`)) as {
      threadId: string
    }
    const { threads } = bench.openai.beta
    const storeOf = async (): Promise<string | undefined> =>
      (await threads.retrieve(threadId)).tool_resources?.file_search?.vector_store_ids?.[0]
    const gone = await storeOf()
    assert.ok(gone)
    await bench.openai.vectorStores.delete(gone)

    const first = bench.model.requests.length
    await bench.ask('and now?', { channelId, until: /Go on/ })
    assert.ok(!offered(bench.model.requests[first]?.body as ChatBody).includes('file_search'))
    await send([words], { text: 'read again', channelId, until: /Go on/ })
    assert.ok(offered(bench.model.requests.at(-1)?.body as ChatBody).includes('file_search'))
    assert.notEqual(await storeOf(), gone)
  })

  it('can come with /ask', async () => {
    const first = bench.model.requests.length
    bench.model.respond(() => 'Seen.')
    const asked = await bench.discord.users.alex.command(bench.newChannel(), 'ask', {
      question: 'what is it?',
      file: { name: 'a.py', data: 'print(1)' },
    })
    await asked.reply(({ content }) => content === 'Seen.')
    assert.match(bench.conversationOf(first)[0] ?? '', /what is it\?\n\[attached: "a\.py"\]$/)
  })
})
