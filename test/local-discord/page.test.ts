import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'

import type { TextChannel } from 'discord.js'
import type { Browser, BrowserContext, Page } from 'playwright-core'

import { systemClock } from '../../src/local-discord/clock.ts'
import { createPageApp } from '../../src/local-discord/page-server.ts'
import { seedIds } from '../../src/local-discord/seed.ts'
import { type ServedLocalDiscord, serveLocalDiscord } from '../../src/local-discord/serve.ts'
import { findBrowser, noBrowser, openBrowser } from '../helpers/browser.ts'
import { type PageBot, startPageBot } from './page-bot.ts'

const executable = findBrowser()
const botToken = 'page-test-token'
/** Until a test gives up; far more than anything here takes. */
const timeoutMs = 10_000
const { channels, users } = seedIds

describe('the page in a browser', { skip: executable === undefined && noBrowser }, () => {
  let local: ServedLocalDiscord
  let bot: PageBot
  let browser: Browser
  let context: BrowserContext
  let page: Page
  const problems: string[] = []
  /** What local Discord does when a bot has not answered in time; tests decide when that is. */
  const silences = new Set<() => void>()
  const clock = {
    now: () => systemClock.now(),
    after: (ms: number, task: () => void) => {
      if (ms !== 3000) return systemClock.after(ms, task)
      silences.add(task)
      return () => void silences.delete(task)
    },
  }
  const serve = (port = 0) =>
    serveLocalDiscord({ port, botToken, clock, rateLimits: false, page: createPageApp() })

  before(async () => {
    local = await serve()
    ;[bot, browser] = await Promise.all([startPageBot(local), openBrowser(executable ?? '')])
    context = await browser.newContext({
      colorScheme: 'dark',
      viewport: { width: 1280, height: 800 },
    })
    context.setDefaultTimeout(timeoutMs)
    // A new tab is a new visitor; reloading it is not.
    await context.addInitScript(() => {
      if (sessionStorage.getItem('visited') !== null) return
      sessionStorage.setItem('visited', '')
      localStorage.clear()
      localStorage.setItem('speaker', 'alex')
    })
  })

  beforeEach(async () => {
    page = await visit()
  })

  afterEach(() => page.close())

  after(async () => {
    await bot.close()
    await browser.close()
    await local.close()
    assert.deepEqual(problems, [], 'the pages had errors')
  })

  /** Opens the page as Alex, whose client is English. */
  async function visit(channelId: string = channels.random): Promise<Page> {
    const opened = await context.newPage()
    opened.on('pageerror', (error) => problems.push(String(error.stack)))
    opened.on('console', (line) => {
      if (line.type() === 'error' && !isNetwork(line.text())) problems.push(line.text())
    })
    opened.on('request', (request) => {
      const { protocol, host } = new URL(request.url())
      if (protocol.startsWith('http') && host !== new URL(local.origin).host) {
        problems.push(`asked ${request.url()}`)
      }
    })
    await opened.goto(`${local.origin}/#${channelId}`)
    await opened.locator('#composer').waitFor()
    return opened
  }

  const composer = () => page.locator('#composer')
  const message = (text: string | RegExp) => page.locator('discord-message', { hasText: text })
  const option = (name: string | RegExp) => page.getByRole('option', { name })

  async function say(text: string): Promise<void> {
    await composer().fill(text)
    await composer().press('Enter')
  }

  async function channel(id: string = channels.random): Promise<TextChannel> {
    const found = await bot.client.channels.fetch(id)
    assert.ok(found?.isTextBased() && 'threads' in found)
    return found as TextChannel // the seed's channels are text channels
  }

  it('turns a typed @瓜瓜 into a mention and shows the reply', async () => {
    await say('@瓜瓜 下周二有什么课？ mail me@guagua.example `@瓜瓜`')

    const reply = message('heard:')
    await reply.waitFor()
    const sent = (await (await channel()).messages.fetch({ limit: 2 })).last()
    assert.equal(
      sent?.content,
      `<@${seedIds.bot}> 下周二有什么课？ mail me@guagua.example \`@瓜瓜\``,
    )
    assert.equal(await reply.locator('ld-origin').count(), 1)
    assert.equal(await message('下周二').first().locator('discord-mention').innerText(), '瓜瓜')
  })

  it('completes a mention from the list with the keyboard', async () => {
    await composer().pressSequentially('quiet @gua')
    await option('@guagua').waitFor()
    await composer().press('Tab')
    await composer().press('Enter')

    await message('quiet').waitFor()
    const sent = (await (await channel()).messages.fetch({ limit: 1 })).first()
    assert.equal(sent?.content, `quiet <@${seedIds.bot}>`)
  })

  it('streams edits in place, after a typing sign', async () => {
    const room = await channel()
    await room.sendTyping()
    await page.getByText('瓜瓜 is typing…').waitFor()

    const draft = await room.send('-# 查询课程表…')
    const shown = page.locator(`#message-${draft.id}`)
    await shown.locator('discord-subscript', { hasText: '查询课程表…' }).waitFor()
    await shown.evaluate((element) => element.setAttribute('data-same', ''))
    await draft.edit('-# 查询课程表…\n下周二有 **两节课**')
    await shown.getByText('两节课').waitFor()
    await draft.edit('下周二有 **两节课**：\n- RAG 实战\n- Agent 开发\n```sql\nSELECT 1\n```')

    await shown.locator('discord-list-item', { hasText: 'Agent 开发' }).waitFor()
    await shown.getByText('(edited)').waitFor()
    assert.equal(await shown.getAttribute('data-same'), '', 'the message was drawn anew')
    assert.equal(await shown.locator('discord-code[multiline]').innerText(), 'SELECT 1')
    await draft.delete()
    await shown.waitFor({ state: 'detached' })
  })

  it('stays at the bottom, or where one scrolled to, while messages grow', async () => {
    const room = await channel(channels.homework)
    for (let index = 0; index < 60; index++) await room.send(`line ${index}`)
    await page.locator(`[data-channel-id="${channels.homework}"]`).click()
    await message('line 59').waitFor()
    const scroller = page.locator('.scroller')
    const untilAtBottom = async () =>
      page.waitForFunction(
        (box) => box !== null && box.scrollHeight - box.scrollTop - box.clientHeight < 2,
        await scroller.elementHandle(),
      )
    const draft = await room.send('grows')
    await message('grows').waitFor()
    await draft.edit(`grows\n${'more\n'.repeat(20)}end`)
    await message('end').waitFor()
    await untilAtBottom()

    await scroller.evaluate((box) => (box.scrollTop -= 600))
    await page.getByRole('button', { name: 'Jump to present' }).waitFor()
    const top = await scroller.evaluate((box) => box.scrollTop)
    await draft.edit(`grows\n${'more\n'.repeat(30)}the end`)
    await message('the end').waitFor()
    assert.equal(await scroller.evaluate((box) => box.scrollTop), top)
    await page.getByRole('button', { name: 'Jump to present' }).click()
    await untilAtBottom()
    await scroller.evaluate((box) => (box.scrollTop = 0))
    await page.getByText('line 0', { exact: true }).waitFor()
    await say('my own words')
    await untilAtBottom()
  })

  it('runs a slash command with autocomplete and choices by keyboard alone', async () => {
    await composer().pressSequentially('/loo')
    await option(/lookup/).waitFor()
    await composer().press('Enter')
    const course = page.getByRole('combobox', { name: 'Option course' })
    await course.press('Enter')
    await page.getByText('This field is required').waitFor()
    await course.pressSequentially('rag')
    await option('RAG 实战').waitFor()
    await course.press('ArrowDown')
    await course.press('Enter')
    await page.getByRole('button', { name: 'More options: day' }).press('Enter')
    const day = page.getByRole('combobox', { name: 'Option day' })
    await day.press('ArrowDown')
    await day.press('ArrowDown')
    await day.press('Enter')
    await day.press('Enter')

    const answer = message('course=id:RAG 实战 day=d1')
    await answer.waitFor()
    const origin = answer.locator('ld-origin', { hasText: 'used /lookup' })
    assert.equal(await origin.getAttribute('author'), 'Alex')
    await composer().waitFor()
    assert.equal(await page.evaluate('document.activeElement.id'), 'composer')
  })

  it('operates buttons, select menus and modals', async () => {
    await say('/panel')
    await page.locator('ld-command-form').press('Enter')
    const panel = message('a panel')
    await panel.getByRole('combobox', { name: 'Which week' }).press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await message('chosen: w1').waitFor()

    await panel.getByRole('button', { name: 'Form' }).click()
    const dialog = page.getByRole('dialog', { name: 'A reason' })
    await dialog.getByRole('button', { name: 'Submit' }).click()
    assert.ok(await dialog.isVisible(), 'a required field was empty')
    await dialog.getByLabel('Why?').fill('because <b>so</b>')
    await dialog.getByRole('button', { name: 'Submit' }).click()
    await message('form: because <b>so</b>').waitFor()
    await dialog.waitFor({ state: 'detached' })

    assert.equal(
      await panel.getByRole('link', { name: 'Site' }).getAttribute('href'),
      'https://example.com/',
    )
    await panel.getByRole('button', { name: 'Count' }).click()
    await message('counted').waitFor()
  })

  it('shows ephemeral, deferred and missing answers', async () => {
    await say('/secret')
    await page.keyboard.press('Enter')
    const secret = message('psst')
    await secret.getByText('Only you can see this').waitFor()
    await secret.click({ button: 'right' })
    assert.deepEqual(await page.getByRole('menuitem').allInnerTexts(), [
      'Copy text',
      'Dismiss message',
    ])
    await page.keyboard.press('Escape')
    await secret.getByRole('button', { name: 'Dismiss message' }).click()
    await secret.waitFor({ state: 'detached' })

    await say('/slow')
    await page.keyboard.press('Enter')
    await page.getByText('瓜瓜 is thinking…').waitFor()
    bot.finishSlow()
    await message('thought about it').waitFor()
    await page.getByText('瓜瓜 is thinking…').waitFor({ state: 'detached' })
    assert.equal(await message('thought about it').last().getByText('(edited)').count(), 0)

    await say('/silent')
    await Promise.all([page.waitForResponse('**/interactions'), page.keyboard.press('Enter')])
    await page.getByText('Sending command…').waitFor()
    for (const silence of silences) silence()
    await page.getByText('The application did not respond').waitFor()
  })

  it('keeps a form open until the bot has answered it', async () => {
    await say('/panel')
    await page.locator('ld-command-form').press('Enter')
    await message('a panel').getByRole('button', { name: 'Form' }).click()
    const dialog = page.getByRole('dialog', { name: 'A reason' })
    await dialog.getByLabel('Why?').fill('ignore me')
    await Promise.all([
      page.waitForResponse('**/interactions'),
      dialog.getByRole('button', { name: 'Submit' }).click(),
    ])
    for (const silence of silences) silence()
    await dialog.getByRole('alert').waitFor()
    await dialog.getByLabel('Why?').fill('better')
    await dialog.getByRole('button', { name: 'Submit' }).click()
    await message('form: better').waitFor()
    await dialog.waitFor({ state: 'hidden' })
  })

  it('runs message and user commands from context menus', async () => {
    await say('quotable')
    await message('quotable').first().click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Quote' }).click()
    await page.locator('discord-quote', { hasText: 'quotable' }).waitFor()

    await page.getByRole('button', { name: '李雷: actions' }).press('Enter')
    await page.getByRole('menuitem', { name: 'Wave' }).press('Enter')
    await message('waves at lilei').waitFor()
  })

  it('replies, reacts, edits and deletes by keyboard', async () => {
    await say('first words')
    await message('first words').waitFor()
    await composer().press('Shift+Tab')
    await page.locator('.scroller').focus()
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Enter')
    await page.getByRole('menuitem', { name: 'Reply', exact: true }).press('Enter')
    await page.getByText('Replying to Alex').waitFor()
    await say('second words')
    const reply = message('second words')
    await reply.locator('ld-origin', { hasText: 'first words' }).waitFor()

    await reply.hover()
    await reply.getByRole('button', { name: 'React with 👍' }).click()
    await reply.locator('discord-reaction[reacted]').press('Enter')
    await reply.locator('discord-reaction').waitFor({ state: 'detached' })

    await composer().press('ArrowUp')
    await page.getByText('Editing message').waitFor()
    await say('better words')
    await message('better words').getByText('(edited)').waitFor()
    await message('better words').click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Delete message' }).click()
    await message('better words').waitFor({ state: 'detached' })
  })

  it('opens a direct message and a thread', async () => {
    await page.locator('.sidebar').getByRole('button', { name: '瓜瓜' }).click()
    await page.getByText('This is the beginning of your direct messages with 瓜瓜.').waitFor()
    await say('hello there')
    await message('heard: hello there').waitFor()

    await page.locator(`[data-channel-id="${channels.random}"]`).click()
    await say('worth a thread')
    await message('worth a thread').first().click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Create thread' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Create thread' }).click()
    await page.locator('.threads [aria-current]', { hasText: 'worth a thread' }).waitFor()
    const starter = page.locator('ld-messages discord-message').first()
    assert.match(await starter.innerText(), /worth a thread/)
    await say('@瓜瓜 in the thread')
    await message('heard:').waitFor()
    await page.locator(`[data-channel-id="${channels.random}"]`).click()
    await page.locator('discord-thread', { hasText: 'worth a thread' }).waitFor()
  })

  it('sends and receives files, by choosing and by dropping', async () => {
    const notes = { name: 'notes "<b>.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') }
    await page.locator('.composer input[type=file]').setInputFiles([notes])
    await page.getByText('notes "<b>.txt').waitFor()
    await page.evaluate(dropFile)
    await page.getByRole('button', { name: 'Remove dropped.txt' }).waitFor()
    await say('@guagua files')

    const answer = message('heard:').last()
    await answer.locator('discord-file-attachment').waitFor()
    const link = answer.locator('discord-file-attachment').getByRole('link').first()
    const href = (await link.getAttribute('href')) ?? ''
    assert.equal(await (await page.request.get(new URL(href, local.origin).href)).text(), 'back')
    assert.equal(await message('files').first().locator('discord-file-attachment').count(), 2)
  })

  it('marks channels unread and counts mentions', async () => {
    const room = await channel(channels.homework)
    const link = page.locator(`[data-channel-id="${channels.homework}"]`)
    await room.send(`<@${users.alex}> look here`)
    await link.locator('.badge', { hasText: '1' }).waitFor()
    await link.click()
    await message('look here').waitFor()
    assert.equal(await link.locator('.badge').count(), 0)
    assert.equal(await message('look here').getAttribute('highlight'), '')
  })

  it('speaks as somebody else, in his language, and remembers it', async () => {
    await page.getByLabel('Speak as').selectOption({ label: '李雷' })
    await page.getByLabel('发言身份').waitFor()
    await composer().fill('/查课')
    await option('/查课').getByText('查找一门课').waitFor()
    await say('我是李雷')
    await page.locator('discord-message[data-author=lilei]', { hasText: '我是李雷' }).waitFor()
    assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN')

    await page.reload()
    await page.getByLabel('发言身份').waitFor()
    await message('我是李雷').waitFor()
    const other = await visit()
    await other.getByLabel('Speak as').waitFor()
    await other.close()
    local.controls.closeConnections(users.liLei, 4009)
    await (await channel()).send('after a new session')
    await message('after a new session').waitFor()
    await page.getByLabel('发言身份').waitFor()
  })

  it('begins as somebody who speaks the language of the browser', async () => {
    for (const [locale, label] of [
      ['en-GB', 'Speak as'],
      ['zh-CN', '发言身份'],
    ] as const) {
      const newcomer = await browser.newContext({ locale })
      const opened = await newcomer.newPage()
      await opened.goto(local.origin)
      await opened.getByLabel(label).waitFor({ timeout: timeoutMs })
      await newcomer.close()
    }
  })

  it('takes no text for HTML, wherever it stands', async () => {
    const hostile = '<img src=x onerror="document.title=1"><script>alert(1)</script>'
    const room = await channel()
    await room.send({
      content: `${hostile} [x](javascript:alert(1)) <javascript:alert(2)> [y](data:text/html,z)`,
      embeds: [
        {
          title: hostile,
          description: hostile,
          url: 'https://e.example/',
          image: { url: 'https://e.example/i.png' },
          fields: [{ name: hostile, value: hostile }],
          footer: { text: hostile },
        },
      ],
      files: [
        {
          attachment: Buffer.from('<script>alert(3)</script>'),
          name: 'a"><svg onload=alert(4)>.html',
        },
      ],
    })
    await bot.client.guilds.cache.first()?.members.me?.setNickname('"><img src=x>')
    const shown = message('<script>alert(1)</script>').last()
    await shown.waitFor()
    await page.getByText('"><img src=x>').first().waitFor()

    assert.equal(await page.locator('img[src=x], script:not([type]), svg[onload]').count(), 0)
    const links = await shown
      .locator('a')
      .evaluateAll((all) => all.map((each) => each.getAttribute('href')))
    assert.deepEqual(
      links.filter((href) => /^(javascript|data):/.test(href ?? '')),
      [],
    )
    await bot.client.guilds.cache.first()?.members.me?.setNickname(null)
    await page.getByText('"><img src=x>').first().waitFor({ state: 'detached' })
  })

  it('follows the system to light and dark, and the switch', async () => {
    const background = () =>
      page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
    const dark = await background()
    await page.getByRole('button', { name: 'Switch between light and dark' }).click()
    await page.locator('html[data-theme=light]').waitFor()
    assert.notEqual(await background(), dark)
    await page.reload()
    await page.locator('html[data-theme=light] #composer').waitFor()
  })

  it('explains itself in an empty channel, and answers an example', async () => {
    await page.close()
    page = await visit(channels.questions)
    await page.getByText('Welcome to #课程答疑!').waitFor()
    await page.getByRole('button', { name: '/help' }).click()
    await message('I answer questions.').waitFor()
    await page.reload()
    await message('I answer questions.').waitFor()
  })

  it('works on a small screen', async () => {
    await page.setViewportSize({ width: 380, height: 700 })
    await page.getByRole('button', { name: 'Channels' }).click()
    await page.locator(`[data-channel-id="${channels.homework}"]`).click()
    await page.getByPlaceholder('Message #作业讨论').waitFor()
    const overflow = await page.evaluate<number>(
      'document.documentElement.scrollWidth - innerWidth',
    )
    assert.ok(overflow <= 0)
    await page.getByRole('button', { name: 'Member list' }).click()
    await page.getByRole('button', { name: 'Alex: actions' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Alex: actions' }).waitFor({ state: 'hidden' })
  })

  it('resumes after a broken connection without losing a message', async () => {
    local.controls.dropConnections(users.alex)
    await (await channel()).send('said meanwhile')
    await message('said meanwhile').waitFor()
  })

  it('comes back by itself when the server was restarted, and says while the bot is away', async () => {
    const port = Number(new URL(local.origin).port)
    await bot.close()
    await page.getByText('瓜瓜 is offline').waitFor()
    await local.close()
    await page.getByText('Connection lost').waitFor()
    local = await serve(port)
    bot = await startPageBot(local)
    await page.getByText('Connection lost').waitFor({ state: 'detached' })
    await page.getByText('瓜瓜 is offline').waitFor({ state: 'detached' })
    await say('@瓜瓜 back again?')
    await message('heard:').waitFor()
  })
})

describe('createPageApp', () => {
  const app = createPageApp()

  it('answers 304 to whoever has the document, and lets modules be kept', async () => {
    const first = await app.request('/')
    const html = await first.text()
    const again = await app.request('/', {
      headers: { 'if-none-match': first.headers.get('etag') ?? '' },
    })
    assert.equal(again.status, 304)
    const [entry = ''] = /\/page\/[^"]+main\.ts/.exec(html) ?? []
    const module = await app.request(entry)
    assert.equal(module.status, 200)
    assert.match(module.headers.get('content-type') ?? '', /^text\/javascript/)
    assert.match(module.headers.get('cache-control') ?? '', /immutable/)
    assert.doesNotMatch(await module.text(), /import type/)
  })

  it('allows no script, style or request from elsewhere', async () => {
    const policy = (await app.request('/')).headers.get('content-security-policy') ?? ''
    assert.match(policy, /default-src 'none'/)
    assert.match(policy, /script-src 'self' 'sha256-[^']+';/)
    assert.doesNotMatch(policy, /https?:|\*|unsafe-eval|script-src[^;]*unsafe-inline/)
  })

  it('serves nothing that the page does not import', async () => {
    const html = await (await app.request('/')).text()
    const [root = ''] = /\/page\/[\w-]+\//.exec(html) ?? []
    const paths = [
      'own/tsconfig.json',
      '../package.json',
      '%2e%2e/package.json',
      'pkg/lit/package.json',
      'pkg/zod/index.js',
      'own/..%2fserve.ts',
    ]
    for (const path of paths) {
      assert.equal((await app.request(`http://localhost${root}${path}`)).status, 404, path)
    }
  })
})

/** Text, because only the page's own code is checked with the browser's types. */
const dropFile = `(() => {
  const dataTransfer = new DataTransfer()
  dataTransfer.items.add(new File(['x'], 'dropped.txt', { type: 'text/plain' }))
  const drop = new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true })
  document.querySelector('main').dispatchEvent(drop)
})()`

/** While the server is away its requests fail, which the browser reports by itself. */
function isNetwork(text: string): boolean {
  return /ERR_CONNECTION|WebSocket connection|ERR_EMPTY_RESPONSE|ERR_SOCKET/.test(text)
}
