import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'

import { loadCommands } from '../../src/bot/command-loader.ts'

async function load(files: Record<string, string>) {
  const folder = await mkdtemp(join(tmpdir(), 'guagua-commands-'))
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    return await loadCommands(pathToFileURL(`${folder}/`))
  } finally {
    await rm(folder, { recursive: true })
  }
}

const hello = `export default { data: { type: 1, name: 'hello', description: 'Hi' }, execute() {} }`

describe('loadCommands', () => {
  it('loads the commands of the repository', async () => {
    const names = (await loadCommands()).map(({ data }) => data.name)
    assert.deepEqual(names, [
      'Add to class files',
      'ask',
      'files',
      'help',
      'remind',
      'reset',
      'schedule',
      'stop',
      'thread',
    ])
  })

  it('names the file that holds no command', async () => {
    await assert.rejects(load({ 'hello.ts': hello, 'oops.ts': 'export default 1' }), /oops\.ts/)
  })

  it('refuses a name that is taken twice', async () => {
    await assert.rejects(load({ 'a.ts': hello, 'b.ts': hello }), /two commands are named "hello"/)
  })
})
