import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import { startCommand } from './helpers/start-command.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guagua-cli-schedule-'))
})
after(() => rm(folder, { recursive: true, force: true }))

async function guagua(args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [...startCommand('guagua'), 'schedule', ...args], {
    env: { PATH: process.env['PATH'] ?? '', TZ: 'Asia/Shanghai', DATA_DIR: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (data: Buffer) => (out += data.toString()))
  child.stderr.on('data', (data: Buffer) => (err += data.toString()))
  const [code]: unknown[] = await once(child, 'close')
  return { code, out, err }
}

async function newFile(text: string): Promise<string> {
  const file = join(folder, 'courses.csv')
  await writeFile(file, text)
  return file
}

describe('guagua schedule', () => {
  it('shows what would change, changes it only when told, and takes it back', async () => {
    const file = await newFile(
      '课程,星期,时间,周次\n高等数学,周四,19:00-20:30,3-5\n线性代数,周八,19:00-20:30,1\n',
    )
    const missing = await guagua(['import', file, '--guild', '1'])
    assert.equal(missing.code, 2)
    assert.match(missing.out, /first day of the term is not known/)
    const options = ['--guild', '1', '--term', '2026-09-07']
    const asked = await guagua(['import', file, ...options])
    assert.equal(asked.code, 1)
    assert.match(asked.out, /\+ 2026-09-24 19:00-20:30 高等数学/)
    assert.match(asked.out, /line 3, column “星期”: no weekday \(周八\)/)
    assert.match(asked.err, /--yes/)
    const applied = await guagua(['import', file, ...options, '--yes'], { LANG: 'zh_CN.UTF-8' })
    assert.equal(applied.code, 2)
    assert.match(applied.out, /新增 4，更改 0，删除 0/)
    assert.match((await guagua(['import', file, ...options, '--yes'])).out, /Nothing changes/)
    const undone = await guagua(['undo', '--guild', '1'])
    assert.equal(undone.code, 0)
    assert.match(undone.out, /4 removed/)
    assert.equal((await guagua(['undo', '--guild', '1'])).code, 2)
  })

  it('maps columns as it is told', async () => {
    const file = await newFile('tag,wann,was\n2026-09-01,9:00-10:00,Algebra\n')
    const map = ['--map', 'tag=date', '--map', 'wann=time', '--map', 'was=course']
    const { code, out } = await guagua(['import', file, '--guild', '2', ...map, '--yes'])
    assert.equal(code, 0)
    assert.match(out, /\+ 2026-09-01 09:00-10:00 Algebra/)
  })

  for (const [args, said] of [
    [['import', 'nowhere.csv', '--guild', '1'], /nowhere\.csv/],
    [['import', 'x.csv'], /--guild/],
    [['import', 'x.csv', '--guild', 'me'], /--guild/],
    [['import', 'x.csv', '--guild', '1', '--term', '2026-02-30'], /--term/],
    [['import', 'package.json', '--guild', '1', '--map', 'a=b'], /--map a=b/],
  ] as const) {
    it(`says what is wrong with: ${args.join(' ')}`, async () => {
      const { code, err } = await guagua([...args])
      assert.equal(code, 1)
      assert.match(err, said)
    })
  }
})
