import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'

import { readPageModules } from '../../src/local-discord/page-modules.ts'

describe('readPageModules', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'page-modules-'))
  })
  after(() => rm(folder, { recursive: true }))

  async function read(files: Record<string, string>) {
    await Promise.all(
      Object.entries(files).map(([name, code]) => writeFile(join(folder, name), code)),
    )
    return readPageModules(pathToFileURL(join(folder, 'main.ts')))
  }

  it('follows imports, drops types, and finds what the page is made of', async () => {
    const page = await readPageModules(
      new URL('../../src/local-discord/page/main.ts', import.meta.url),
    )
    const paths = page.modules.map(({ path }) => path)
    assert.ok(paths.includes('own/views/shell.ts') && paths.includes('pkg/lit/index.js'))
    assert.ok(paths.every((path) => /^(own|pkg)\//.test(path) && !path.includes('..')))
    assert.equal(page.bareSpecifiers.get('marked'), 'pkg/marked/lib/marked.esm.js')
    assert.ok(!paths.some((path) => path.includes('/node/')), 'a build for servers was taken')
  })

  it('changes its hash with the code', async () => {
    const one = await read({ 'main.ts': "import './other.ts'", 'other.ts': 'let x: number = 1' })
    const two = await read({ 'other.ts': 'let x: number = 2' })
    assert.deepEqual(
      one.modules.map(({ path }) => path),
      ['own/main.ts', 'own/other.ts'],
    )
    assert.doesNotMatch(one.modules[1]?.body ?? '', /number/)
    assert.notEqual(one.hash, two.hash)
  })

  it('refuses packages that are not meant for the browser', async () => {
    await assert.rejects(read({ 'main.ts': "import { z } from 'zod'" }), /may not import zod/)
    await assert.rejects(read({ 'main.ts': "import 'node:fs'" }), /may not import node:fs/)
  })
})
