import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import {
  ApplicationCommandOptionType,
  ButtonBuilder,
  ButtonStyle,
  ChannelSelectMenuBuilder,
  CheckboxBuilder,
  CheckboxGroupBuilder,
  type Client,
  ContainerBuilder,
  Events,
  FileBuilder,
  FileUploadBuilder,
  type Interaction,
  LabelBuilder,
  MediaGalleryBuilder,
  MessageFlags,
  ModalBuilder,
  RadioGroupBuilder,
  RoleSelectMenuBuilder,
  SectionBuilder,
  SeparatorBuilder,
  StringSelectMenuBuilder,
  TextDisplayBuilder,
  UserSelectMenuBuilder,
} from 'discord.js'
import type { Browser, Page } from 'playwright-core'

import { createPageApp } from '../../src/local-discord/page-server.ts'
import { findBrowser, noBrowser, openBrowser } from '../helpers/browser.ts'
import { startLocalDiscord, type TestDiscord } from '../helpers/local-discord.ts'
import { startBot } from './bot.ts'

const executable = findBrowser()
/** One pixel. */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

const commands = [
  { name: 'layout', description: 'Components v2' },
  { name: 'card', description: 'An embed with a picture' },
  { name: 'pickers', description: 'Menus of users, roles and channels' },
  { name: 'survey', description: 'A form of every field' },
  {
    name: 'upload',
    description: 'Takes a file',
    options: [
      {
        name: 'file',
        description: 'f',
        type: ApplicationCommandOptionType.Attachment as const,
        required: true,
      },
      {
        name: 'who',
        description: 'w',
        type: ApplicationCommandOptionType.User as const,
        required: true,
      },
      {
        name: 'where',
        description: 'w',
        type: ApplicationCommandOptionType.Channel as const,
        required: true,
      },
    ],
  },
]

describe(
  'parts of the page that few bots use',
  { skip: executable === undefined && noBrowser },
  () => {
    let discord: TestDiscord
    let bot: Client<true>
    let browser: Browser
    let page: Page
    const gatewayOps: number[] = []
    const failures: unknown[] = []
    const closing: (() => Promise<void>)[] = []

    before(async () => {
      const owner = { after: (close: () => Promise<void>) => void closing.push(close) }
      discord = await startLocalDiscord(owner, { page: createPageApp() })
      ;[bot, browser] = await Promise.all([startBot(discord), openBrowser(executable ?? '')])
      await bot.application.commands.set(commands)
      bot.on(Events.InteractionCreate, (interaction) => {
        answer(interaction).catch((error: unknown) => failures.push(error))
      })
      const context = await browser.newContext({
        locale: 'en-US',
        viewport: { width: 1000, height: 800 },
      })
      context.setDefaultTimeout(10_000)
      await context.addInitScript(() => localStorage.setItem('speaker', 'alex'))
      page = await context.newPage()
      page.on('pageerror', (error) => failures.push(error))
      page.on('websocket', (socket) =>
        socket.on('framesent', ({ payload }) =>
          gatewayOps.push((JSON.parse(String(payload)) as { op: number }).op),
        ),
      )
      await page.goto(`${discord.origin}/#${discord.channels.random}`)
      await page.locator('#composer').waitFor()
    })

    after(async () => {
      await browser.close()
      for (const close of closing) await close()
      assert.deepEqual(failures, [])
    })

    const message = (text: string | RegExp) => page.locator('discord-message', { hasText: text })

    async function run(name: string): Promise<void> {
      await page.locator('#composer').fill(`/${name}`)
      await page.getByRole('option', { name: `/${name}` }).waitFor()
      await page.keyboard.press('Enter')
      await page.locator('.command-form').waitFor()
    }

    /** Waits for a picture, also inside of components; fails when it does not load. */
    const pictureIn = (selector: string) =>
      page
        .locator(selector)
        .last()
        // An image of the browser, whose types are not those of this side.
        .evaluate((image) => (image as unknown as { decode(): Promise<void> }).decode())

    it('shows components v2 with their files', async () => {
      await run('layout')
      await page.keyboard.press('Enter')
      const shown = message('Week 48').last()
      await shown.getByText('by 王卓然').waitFor()
      await pictureIn('img.gallery-picture')
      const file = shown.getByRole('link', { name: 'week.json' })
      const href = (await file.getAttribute('href')) ?? ''
      assert.equal(await (await page.request.get(new URL(href, discord.origin).href)).text(), '{}')
      await shown.getByText('Enrol').click()
      await message('enrolled').waitFor()
    })

    it('shows pictures of embeds from the message itself', async () => {
      await run('card')
      await page.keyboard.press('Enter')
      await message('Attendance').waitFor()
      await pictureIn('discord-embed img')
      assert.equal(await message('Attendance').locator('.picture').count(), 0)
    })

    it('offers users, roles and channels to choose from', async () => {
      await run('pickers')
      await page.keyboard.press('Enter')
      for (const [menu, choice, chosen] of [
        ['Which user', '李雷', discord.users.liLei.id],
        ['Which role', '@老师', discord.ids.roles.teacher],
        ['Which channel', '#作业讨论', discord.channels.homework],
      ] as const) {
        await page.getByRole('combobox', { name: menu }).click()
        await page.getByRole('listbox', { name: menu }).getByText(choice, { exact: true }).click()
        await message(`picked ${chosen}`).waitFor()
      }
    })

    it('carries every kind of field of a modal', async () => {
      await run('survey')
      await page.keyboard.press('Enter')
      const dialog = page.getByRole('dialog', { name: 'Survey' })
      await dialog.getByRole('radio', { name: 'Good' }).check()
      await dialog.getByRole('checkbox', { name: 'Agents' }).check()
      await dialog.getByRole('checkbox', { name: 'RAG' }).check()
      await dialog.getByRole('checkbox', { name: 'Anonymous' }).check()
      await dialog.getByLabel('Week').selectOption({ label: 'Next week' })
      await dialog
        .getByLabel('Proof')
        .setInputFiles([{ name: 'proof.txt', mimeType: 'text/plain', buffer: Buffer.from('seen') }])
      await dialog.getByRole('button', { name: 'Submit' }).click()
      await message('good / agents,rag / true / w1 / proof.txt: seen').waitFor()
      await dialog.waitFor({ state: 'hidden' })
    })

    it('lists the files of a field, which can be removed and are as many as it takes', async () => {
      const file = (name: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(name) })
      await run('upload')
      const field = page.getByLabel('Option file')
      await page.locator('.command-form input[type=file]:focus').waitFor({ state: 'attached' })
      await field.setInputFiles([file('first.txt')])
      await page.getByRole('button', { name: 'Remove first.txt' }).click()
      assert.equal(await field.inputValue(), '')
      await field.setInputFiles([file('second.txt')])
      await page.getByRole('button', { name: 'Remove second.txt' }).waitFor()
      await field.setInputFiles([file('third.txt')])
      await page.getByRole('button', { name: 'Remove third.txt' }).waitFor()
      assert.equal(await page.getByRole('button', { name: 'Remove second.txt' }).count(), 0)
      const large = { ...file('large.txt'), buffer: Buffer.alloc(10 * 1024 * 1024 + 1) }
      await field.setInputFiles([large])
      await page.getByText('large.txt is larger than 10 MB').waitFor()
      await page.getByRole('button', { name: 'Remove third.txt' }).waitFor()
      await page.keyboard.press('Escape')

      await run('survey')
      await page.keyboard.press('Enter')
      const dialog = page.getByRole('dialog', { name: 'Survey' })
      await dialog.getByLabel('Proof').setInputFiles([file('chosen.txt')])
      await dialog.getByRole('button', { name: 'Remove chosen.txt' }).press('Enter')
      assert.equal(await dialog.getByText('chosen.txt').count(), 0)
      await dialog.getByRole('button', { name: 'Cancel' }).click()
    })

    it('takes files, users and channels as options of a command', async () => {
      await run('upload')
      await page
        .getByLabel('Option file')
        .setInputFiles([{ name: 'task.txt', mimeType: 'text/plain', buffer: Buffer.from('done') }])
      await page.getByLabel('Option who').fill('李雷')
      await page.keyboard.press('Enter')
      await page.getByLabel('Option where').fill('作业讨论')
      await page.keyboard.press('Enter')
      await page.keyboard.press('Enter')
      await message('task.txt=done for lilei in 作业讨论').waitFor()
    })

    it('keeps the lines of a quote, and one sign before everyone', async () => {
      await discord.users.liLei.say(discord.channels.random, '> one\n> two\n@everyone')
      const shown = page.locator('discord-message', { has: page.locator('discord-quote') })
      assert.equal((await shown.locator('discord-quote').innerText()).trim(), 'one\ntwo')
      assert.equal(await shown.locator('discord-mention').innerText(), 'everyone')
    })

    it('takes pasted files', async () => {
      await page.locator('#composer').focus()
      await page.evaluate(pasteFile)
      await page.getByRole('button', { name: 'Remove pasted.png' }).waitFor()
      await page.keyboard.press('Enter')
      await pictureIn('.picture img')
    })

    it('resumes its session after a broken connection, and takes a new one only when that is gone', async () => {
      const { alex } = discord.users
      const say = (text: string) => discord.users.liLei.say(discord.channels.random, text)
      discord.controls.dropConnections(alex.id)
      await say('said meanwhile')
      await message('said meanwhile').waitFor()
      assert.deepEqual(gatewayOps, [2, 6])

      discord.controls.dropConnections(alex.id)
      discord.controls.forgetSessions(alex.id)
      await say('said to a stranger')
      await message('said to a stranger').waitFor()
      assert.deepEqual(gatewayOps, [2, 6, 6, 2])
    })
  },
)

async function answer(interaction: Interaction): Promise<void> {
  if (interaction.isChatInputCommand()) {
    const { commandName, options } = interaction
    if (commandName === 'layout') await interaction.reply(layout())
    if (commandName === 'pickers') await interaction.reply({ components: pickers() })
    if (commandName === 'survey') await interaction.showModal(survey())
    if (commandName === 'card') {
      const embed = { title: 'Attendance', image: { url: 'attachment://chart.png' } }
      await interaction.reply({ embeds: [embed], files: [{ attachment: png, name: 'chart.png' }] })
    }
    if (commandName === 'upload') {
      const { name, url } = options.getAttachment('file', true)
      const text = await (await fetch(url)).text()
      const { username } = options.getUser('who', true)
      const channel = options.getChannel('where', true)
      await interaction.reply(`${name}=${text} for ${username} in ${channel.name}`)
    }
  } else if (interaction.isButton()) await interaction.reply('enrolled')
  else if (interaction.isAnySelectMenu())
    await interaction.reply(`picked ${interaction.values.join()}`)
  else if (interaction.isModalSubmit()) {
    const { fields } = interaction
    const proof = fields.getUploadedFiles('proof', true).first()
    await interaction.reply(
      [
        fields.getRadioGroup('mood', true),
        fields.getCheckboxGroup('topics').join(),
        fields.getCheckbox('anonymous'),
        fields.getStringSelectValues('week').join(),
        `${proof?.name}: ${await (await fetch(proof?.url ?? '')).text()}`,
      ].join(' / '),
    )
  }
}

const text = (content: string) => new TextDisplayBuilder().setContent(content)

function layout() {
  const section = new SectionBuilder()
    .addTextDisplayComponents(text('# Week 48'), text('by 王卓然'))
    .setButtonAccessory(
      new ButtonBuilder().setCustomId('enrol').setLabel('Enrol').setStyle(ButtonStyle.Primary),
    )
  const container = new ContainerBuilder()
    .setAccentColor(0x2d9d5c)
    .addSectionComponents(section)
    .addSeparatorComponents(new SeparatorBuilder())
    .addMediaGalleryComponents(
      new MediaGalleryBuilder().addItems((item) => item.setURL('attachment://chart.png')),
    )
    .addFileComponents(new FileBuilder().setURL('attachment://week.json'))
  return {
    flags: MessageFlags.IsComponentsV2 as const,
    components: [container],
    files: [
      { attachment: png, name: 'chart.png' },
      { attachment: Buffer.from('{}'), name: 'week.json' },
    ],
  }
}

function pickers() {
  return [
    new UserSelectMenuBuilder().setCustomId('user').setPlaceholder('Which user'),
    new RoleSelectMenuBuilder().setCustomId('role').setPlaceholder('Which role'),
    new ChannelSelectMenuBuilder().setCustomId('channel').setPlaceholder('Which channel'),
  ].map((menu) => ({ type: 1 as const, components: [menu] }))
}

function survey(): ModalBuilder {
  const label = (name: string) => new LabelBuilder().setLabel(name)
  return new ModalBuilder()
    .setCustomId('survey')
    .setTitle('Survey')
    .addLabelComponents(
      label('Mood').setRadioGroupComponent(
        new RadioGroupBuilder()
          .setCustomId('mood')
          .addOptions({ label: 'Good', value: 'good' }, { label: 'Bad', value: 'bad' }),
      ),
      label('Topics').setCheckboxGroupComponent(
        new CheckboxGroupBuilder()
          .setCustomId('topics')
          .addOptions({ label: 'Agents', value: 'agents' }, { label: 'RAG', value: 'rag' }),
      ),
      label('Anonymous').setCheckboxComponent(new CheckboxBuilder().setCustomId('anonymous')),
      label('Week').setStringSelectMenuComponent(
        new StringSelectMenuBuilder()
          .setCustomId('week')
          .addOptions({ label: 'This week', value: 'w0' }, { label: 'Next week', value: 'w1' }),
      ),
      label('Proof').setFileUploadComponent(new FileUploadBuilder().setCustomId('proof')),
    )
}

/** As text, because only the page's own code is checked with the browser's types. */
const pasteFile = `(() => {
  const bytes = Uint8Array.from(atob('${png.toString('base64')}'), (char) => char.charCodeAt(0))
  const clipboardData = new DataTransfer()
  clipboardData.items.add(new File([bytes], 'pasted.png', { type: 'image/png' }))
  const paste = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true })
  document.activeElement.dispatchEvent(paste)
})()`
