import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { invitePermissions, inviteUrl } from '../../src/bot/invite.ts'

describe('inviteUrl', () => {
  it('asks for the bot, its commands, and no more rights than it needs', () => {
    const url = new URL(inviteUrl('123'))
    assert.equal(url.origin + url.pathname, 'https://discord.com/oauth2/authorize')
    assert.deepEqual(Object.fromEntries(url.searchParams), {
      client_id: '123',
      scope: 'bot applications.commands',
      permissions: String(invitePermissions),
    })
    const administrator = 1n << 3n
    assert.equal(invitePermissions & administrator, 0n)
  })
})
