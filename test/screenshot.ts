// Takes the README's picture: starts the program as a new user would, asks a question on its page,
// and photographs the answer. `npm run screenshot`, or with the address of one that runs already:
// `npm run screenshot -- http://127.0.0.1:3000`
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

import type { Page } from 'playwright-core'

import { findBrowser, noBrowser, openBrowser } from './helpers/browser.ts'

const picture = fileURLToPath(new URL('../.github/screenshot.png', import.meta.url))
const program = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const questions = ['@瓜瓜 下周二晚上有什么课？谁讲？', '@瓜瓜 王卓然这个月上几次课？']
const patienceMs = 60_000

const executable = findBrowser()
if (executable === undefined) throw new Error(noBrowser)
const given = process.argv[2]
const running = given === undefined ? await startProgram() : { origin: given, stop: async () => {} }
const browser = await openBrowser(executable)
try {
  const page = await browser.newPage({
    colorScheme: 'dark',
    deviceScaleFactor: 1.5,
    locale: 'zh-CN',
    viewport: { width: 1200, height: 760 },
  })
  page.setDefaultTimeout(patienceMs)
  await page.addInitScript(() => localStorage.setItem('speaker', 'lilei'))
  await page.goto(running.origin)
  await page.locator('.member', { hasText: '瓜瓜' }).locator('.online').waitFor()
  for (const question of questions) {
    // One after the other, as a person asks.
    await ask(page, question)
  }
  await mkdir(dirname(picture), { recursive: true })
  await page.screenshot({ path: picture })
} finally {
  await browser.close()
  await running.stop()
}

/** The page speaks an answer to screen readers once its text stands still: then it is whole. */
async function ask(page: Page, question: string): Promise<void> {
  const announcer = page.locator('#announcer')
  const before = await announcer.textContent()
  await page.locator('#composer').fill(question)
  await page.locator('#composer').press('Enter')
  await page.waitForFunction(
    ([element, old]) => element?.textContent?.startsWith('瓜瓜: ') && element.textContent !== old,
    [await announcer.elementHandle(), before] as const,
  )
}

async function startProgram() {
  const dataDir = await mkdtemp(join(tmpdir(), 'guagua-screenshot-'))
  const port = await freePort()
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
    env: { PATH: process.env['PATH'], DATA_DIR: dataDir, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const origin = `http://127.0.0.1:${port}`
  await Promise.race([
    greeting(child.stdout, origin),
    exited.then(([code]) => Promise.reject(new Error(`the program ended with ${code}`))),
  ])
  return {
    origin,
    async stop() {
      child.kill('SIGTERM')
      await exited
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** The program's log names its address once all of it runs. */
async function greeting(output: Readable, origin: string): Promise<void> {
  let seen = ''
  for await (const chunk of output) {
    seen += String(chunk)
    if (seen.includes(origin)) break
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}
