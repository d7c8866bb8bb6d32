import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'

import {
  BlobMissingError,
  FileTooLargeError,
  type Blobs,
} from '../../../src/assistants/files/blobs.ts'
import { createDiskBlobs } from '../../../src/assistants/files/disk-blobs.ts'
import { createS3Blobs } from '../../../src/assistants/files/s3-blobs.ts'
import { createS3Client } from '../../../src/assistants/files/s3-client.ts'
import { startS3Server, type S3Server } from '../../helpers/s3-server.ts'

const maxBytes = 1_000_000
const { signal } = new AbortController()
const sha256 = (text: string) => hash('sha256', text)

let folder: string
let s3: S3Server
before(async () => (s3 = await startS3Server()))
after(() => s3.close())
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guagua-blobs-'))
  s3.objects.clear()
  s3.requests.length = 0
})
afterEach(() => rm(folder, { recursive: true }))

const client = () => createS3Client({ settings: s3.settings, wait: () => Promise.resolve() })

const places: Record<string, { open: () => Blobs; count: () => Promise<number> }> = {
  'a folder': {
    open: () => createDiskBlobs({ folder }),
    count: async () => (await filesBelow(folder)).length,
  },
  'a bucket': {
    open: () => createS3Blobs({ client: client(), folder }),
    count: async () => s3.objects.size + (await filesBelow(folder)).length,
  },
}

for (const [place, { open, count }] of Object.entries(places)) {
  describe(`blobs in ${place}`, () => {
    let blobs: Blobs
    beforeEach(() => (blobs = open()))
    const write = (text: string) => blobs.write(inPieces(text), { maxBytes })

    it('come back as they went in, whole and in part', async () => {
      const text = '瓜瓜'.repeat(50_000)
      const blob = await write(text)
      assert.deepEqual(blob, { sha256: sha256(text), bytes: 300_000 })
      assert.equal(await textOf(blobs.read(blob.sha256)), text)
      assert.equal(await textOf(blobs.read(blob.sha256, { start: 3, end: 5 })), '瓜')
      assert.equal(await count(), 1)
    })

    it('may be empty', async () => {
      const { sha256: name } = await write('')
      assert.equal(await textOf(blobs.read(name)), '')
    })

    it('are there once, however often they come, and gone when they are deleted', async () => {
      const { sha256: name } = await write('same')
      await Promise.all([write('same'), write('same')])
      assert.equal(await count(), 1)
      await blobs.delete(name)
      await blobs.delete(name)
      assert.equal(await count(), 0)
      await assert.rejects(textOf(blobs.read(name)), BlobMissingError)
      await assert.rejects(blobs.open(name, { signal }), BlobMissingError)
    })

    it('appear after they were announced, and not at all if that fails', async () => {
      const text = 'announced'
      await blobs.write(inPieces(text), {
        maxBytes,
        async commit(blob) {
          assert.deepEqual(blob, { sha256: sha256(text), bytes: 9 })
          await assert.rejects(textOf(blobs.read(blob.sha256)), BlobMissingError)
        },
      })
      assert.equal(await textOf(blobs.read(sha256(text))), text)
      const commit = () => Promise.reject(new Error('unwanted'))
      await assert.rejects(blobs.write(inPieces('no'), { maxBytes, commit }), /unwanted/)
      assert.equal(await count(), 1)
    })

    it('leave nothing when they are too large, break off, or nobody waits for them', async () => {
      await assert.rejects(blobs.write(inPieces('12345'), { maxBytes: 4 }), FileTooLargeError)
      async function* broken() {
        yield Buffer.from('begin')
        throw new Error('broken off')
      }
      await assert.rejects(blobs.write(broken(), { maxBytes }), /broken off/)
      const stop = new AbortController()
      async function* endless() {
        for (;;) {
          yield Buffer.from('more')
          stop.abort()
        }
      }
      await assert.rejects(blobs.write(endless(), { maxBytes, signal: stop.signal }), {
        name: 'AbortError',
      })
      assert.equal(await count(), 0)
    })

    it('can be opened as files', async () => {
      const { sha256: name } = await write('a document')
      const copy = await blobs.open(name, { signal })
      assert.equal(await readFile(copy.path, 'utf8'), 'a document')
      await copy.release()
      assert.equal(await count(), 1)
      assert.equal(await textOf(blobs.read(name)), 'a document')
    })

    it('do not keep what somebody left who was killed', async () => {
      const incoming = place === 'a folder' ? join(folder, 'incoming') : folder
      await write('here')
      for (const name of ['old', 'new']) await writeFile(join(incoming, name), 'half')
      const longAgo = new Date(Date.now() - 25 * 60 * 60 * 1000)
      await utimes(join(incoming, 'old'), longAgo, longAgo)
      await blobs.sweep()
      assert.deepEqual(await readdir(incoming), ['new'])
      assert.equal(await textOf(blobs.read(sha256('here'))), 'here')
    })

    it('say that they can be used', () => blobs.ping())
  })
}

describe('a bucket', () => {
  it('is asked again when it fails for a moment', async () => {
    const blobs = createS3Blobs({ client: client(), folder })
    s3.failures.push(503, 0)
    const { sha256: name } = await blobs.write(inPieces('again'), { maxBytes })
    s3.failures.push(500, 429)
    assert.equal(await textOf(blobs.read(name)), 'again')
    s3.failures.push(500)
    await blobs.delete(name)
    assert.equal(s3.objects.size, 0)
  })

  it('is unavailable when it goes on failing', async () => {
    const blobs = createS3Blobs({ client: client(), folder })
    const unavailable = { code: 'unavailable' }
    s3.failures.push(503, 503, 503)
    await assert.rejects(blobs.write(inPieces('never'), { maxBytes }), unavailable)
    s3.failures.push(0, 0, 0)
    await assert.rejects(blobs.ping(), unavailable)
    assert.deepEqual(await filesBelow(folder), [])
  })

  it('refuses wrong keys and names that it does not know, in words', async () => {
    const settings = { ...s3.settings, secretAccessKey: 'wrong' }
    const wrong = createS3Blobs({ client: createS3Client({ settings }), folder })
    const refused = /^S3 answered 403 SignatureDoesNotMatch: No\.$/
    await assert.rejects(wrong.write(inPieces('x'), { maxBytes }), { message: refused })
    await assert.rejects(wrong.ping(), { code: 'unavailable' })
    const elsewhere = { ...s3.settings, bucket: 'other-bucket' }
    const client = createS3Client({ settings: elsewhere })
    await assert.rejects(createS3Blobs({ client, folder }).ping(), { code: 'unavailable' })
  })

  it('keeps objects below the prefix, by their digest', async () => {
    await createS3Blobs({ client: client(), folder }).write(inPieces('x'), { maxBytes })
    const path = `/a-bucket/some/${encodeURIComponent('前缀')}/${sha256('x')}`
    assert.deepEqual([...s3.objects.keys()], [path])
    assert.deepEqual(s3.requests, [`PUT ${path} 200`])
  })
})

async function* inPieces(text: string): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let start = 0; start < bytes.length; start += 65_537) {
    yield bytes.subarray(start, start + 65_537)
  }
}

async function textOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(content)).toString('utf8')
}

async function filesBelow(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
}
