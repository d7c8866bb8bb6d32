import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { isLoopback, isLoopbackHost } from '../src/loopback.ts'

describe('isLoopback', () => {
  it('knows this machine from others', () => {
    for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', '::1'])
      assert.ok(isLoopback(host), host)
    for (const host of ['0.0.0.0', '::', '192.168.0.2', 'example.org', '127.evil.example']) {
      assert.ok(!isLoopback(host), host)
    }
  })
})

describe('isLoopbackHost', () => {
  it('looks past the port', () => {
    for (const host of ['127.0.0.1:3000', 'localhost:1', '[::1]:3000', 'localhost']) {
      assert.ok(isLoopbackHost(host), host)
    }
    for (const host of ['evil.example:3000', '127.0.0.1.evil.example', 'localhost:x', '']) {
      assert.ok(!isLoopbackHost(host), host)
    }
  })
})
