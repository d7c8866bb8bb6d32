import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'

import { startTimer } from '../../../src/timer.ts'
import { escapes } from './escapes.ts'
import { openInterpreter } from './rig.ts'

const secret = 'canary-8f1d3c'

it('lets nothing out of the sandbox, whatever the code tries', async (t) => {
  // Some attempts never end by themselves.
  const { run } = openInterpreter(t, { startTimer, callMs: 2_000 })
  const folder = mkdtempSync(join(tmpdir(), 'guagua-canary-'))
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  process.env.GUAGUA_CANARY = secret
  t.after(() => {
    delete process.env.GUAGUA_CANARY
    server.close()
    rmSync(folder, { recursive: true })
  })
  const { port } = server.address() as AddressInfo
  const file = join(folder, 'secret.txt')
  const written = join(folder, 'written.txt')
  writeFileSync(file, secret)
  const attempts = escapes({ host: `127.0.0.1:${port}`, port, file, written, pid: process.pid })
  assert.ok(attempts.length >= 100)

  await run('witness = 42', { session: 'witness' })
  for (const code of attempts) {
    const logs = await run(code)
    assert.doesNotMatch(logs, new RegExp(secret), code)
    assert.doesNotMatch(logs, /root:|uid=\d|PATH=|NODE_|"?HOSTNAME/, code)
    assert.doesNotMatch(logs, /<[^>]+: \d+>\n$/, `${code}: a picture`)
    assert.ok(!logs.includes(process.cwd()), `${code}: a folder of the host`)
    assert.ok(logs.length < 100_000, `${code}: a flood`)
  }
  assert.equal(connections, 0)
  assert.equal(existsSync(written), false)
  assert.equal(await run('witness', { session: 'witness' }), '42\n')
})
