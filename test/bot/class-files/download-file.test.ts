import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'

import { DownloadError, downloadFile } from '../../../src/bot/class-files/download-file.ts'

describe('downloadFile', () => {
  let server: Server
  let answer: RequestListener = () => {}
  before(async () => {
    server = createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  after(() => {
    server.close()
    server.closeAllConnections()
  })

  const { signal } = new AbortController()

  function download(options: Partial<Parameters<typeof downloadFile>[1]> = {}): Promise<Blob> {
    // A listening server has an address with a port.
    const { port } = server.address() as AddressInfo
    const given = { maxBytes: 1_000, timeoutMs: 10_000, signal, ...options }
    return downloadFile(`http://127.0.0.1:${port}/a.txt`, given)
  }

  const reason = (expected: DownloadError['reason']) => (error: unknown) =>
    error instanceof DownloadError && error.reason === expected

  it('answers the bytes', async () => {
    answer = (_request, response) => void response.end('hello')
    assert.equal(await (await download()).text(), 'hello')
  })

  it('stops at the limit, however much comes', async () => {
    let isGone = Promise.withResolvers<void>()
    answer = (_request, response) => {
      isGone = Promise.withResolvers()
      response.on('close', () => isGone.resolve())
      response.write('x'.repeat(2_000))
    }
    await assert.rejects(download(), reason('too_large'))
    await isGone.promise
  })

  it('says when it is not there, breaks off, or does not come', async () => {
    answer = (_request, response) => void response.writeHead(404).end()
    await assert.rejects(download(), reason('not_fetched'))
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('half', () => response.destroy())
    }
    await assert.rejects(download(), reason('not_fetched'))
    answer = () => {}
    await assert.rejects(download({ timeoutMs: 20 }), reason('not_fetched'))
  })

  it('ends when it is told to', async () => {
    const control = new AbortController()
    answer = () => control.abort(new Error('enough'))
    await assert.rejects(download({ signal: control.signal }), /enough/)
  })
})
