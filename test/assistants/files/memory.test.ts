import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { request, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, before, describe, it } from 'node:test'

import { startServed, type ServedProcess } from '../runs/served-process.ts'

const megabyte = 1024 * 1024
const size = 200 * megabyte
/** Of a process that holds on to nothing; the file alone has more. */
const mayGrowBy = 120 * megabyte

const withoutProc = process.platform !== 'linux' && 'needs /proc'

describe('a file of 200 MB', { skip: withoutProc, timeout: 120_000 }, () => {
  let folder: string
  let served: ServedProcess
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'guagua-memory-'))
    served = await startServed({ DATA_DIR: folder })
  })
  after(async () => {
    await served.end()
    await rm(folder, { recursive: true })
  })

  /** `VmRSS`: now; `VmHWM`: the most that there ever was. In bytes. */
  async function memory(member: 'VmRSS' | 'VmHWM'): Promise<number> {
    const status = await readFile(`/proc/${served.pid}/status`, 'utf8')
    return Number(new RegExp(`^${member}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024
  }

  /** Without a length, as streams are sent. */
  async function upload(bytes: number): Promise<{ id: string; bytes: number; sha256: string }> {
    const hash = createHash('sha256')
    function* form() {
      const part = 'Content-Disposition: form-data; name='
      yield `--XX\r\n${part}"purpose"\r\n\r\nassistants\r\n`
      yield `--XX\r\n${part}"file"; filename="large.bin"\r\n\r\n`
      for (let sent = 0; sent < bytes; sent += megabyte) {
        const chunk = Buffer.alloc(megabyte, sent / megabyte)
        hash.update(chunk)
        yield chunk
      }
      yield '\r\n--XX--\r\n'
    }
    const outgoing = request(`${served.client.baseURL}/files`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=XX' },
    })
    Readable.from(form(), { objectMode: false }).pipe(outgoing)
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
    const text = Buffer.concat(await answer.toArray()).toString('utf8')
    assert.equal(answer.statusCode, 200, text)
    return { ...(JSON.parse(text) as { id: string; bytes: number }), sha256: hash.digest('hex') }
  }

  it('passes through the server, both ways, without filling its memory', async () => {
    await upload(megabyte)
    const before = await memory('VmRSS')
    const file = await upload(size)
    assert.equal(file.bytes, size)
    const hash = createHash('sha256')
    const { body } = await served.client.files.content(file.id)
    for await (const chunk of body ?? []) hash.update(chunk)
    assert.equal(hash.digest('hex'), file.sha256)
    const grown = (await memory('VmHWM')) - before
    assert.ok(grown < mayGrowBy, `grew by ${Math.round(grown / megabyte)} MB`)
    assert.deepEqual(served.errors, [])
  })
})
