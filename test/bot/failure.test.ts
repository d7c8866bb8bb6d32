import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai'

import { failureOfError, failureOfRun, newReference } from '../../src/bot/failure.ts'

function failed(message: string, code: 'server_error' | 'rate_limit_exceeded' | 'invalid_prompt') {
  return { status: 'failed', last_error: { code, message }, incomplete_details: null } as const
}

describe('failureOfRun', () => {
  it('reads the last error', () => {
    const expected = [
      ['The model endpoint refused the API key.', 'server_error', 'key_refused'],
      ['The model endpoint reports a rate limit.', 'rate_limit_exceeded', 'rate_limit'],
      ['The quota of the model endpoint is used up.', 'rate_limit_exceeded', 'quota'],
      ['The model endpoint cannot be reached.', 'server_error', 'model_down'],
      ['The model endpoint took too long.', 'server_error', 'too_slow'],
      ['The model endpoint does not know the model "x".', 'server_error', 'model_unknown'],
      ['The model endpoint failed (503).', 'server_error', 'model_down'],
      ["The model endpoint's answer broke off.", 'server_error', 'model_down'],
      ['The model endpoint gave an empty answer.', 'server_error', 'empty_answer'],
      ['Rejected.', 'invalid_prompt', 'prompt_refused'],
      ['Slow down.', 'rate_limit_exceeded', 'rate_limit'],
      ['Something else.', 'server_error', 'unknown'],
    ] as const
    for (const [message, code, kind] of expected) {
      assert.equal(failureOfRun(failed(message, code)), kind, message)
    }
  })

  it('knows the other endings', () => {
    const none = { last_error: null, incomplete_details: null }
    assert.equal(failureOfRun({ ...none, status: 'expired' }), 'expired')
    assert.equal(failureOfRun({ ...none, status: 'incomplete' }), 'incomplete')
  })
})

describe('failureOfError', () => {
  const answered = (status: number, code?: string) =>
    APIError.generate(status, { error: { message: 'no', code } }, undefined, new Headers())

  it('tells the ways apart in which a runtime can fail', () => {
    assert.equal(failureOfError(new APIConnectionTimeoutError()), 'too_slow')
    assert.equal(failureOfError(new APIConnectionError({ message: 'x' })), 'runtime_unreachable')
    assert.equal(failureOfError(answered(401)), 'key_refused')
    assert.equal(failureOfError(answered(429)), 'rate_limit')
    assert.equal(failureOfError(answered(429, 'insufficient_quota')), 'quota')
    assert.equal(failureOfError(answered(502)), 'runtime_unreachable')
    assert.equal(failureOfError(answered(400)), 'unknown')
    assert.equal(failureOfError(new TypeError('terminated')), 'runtime_unreachable')
    assert.equal(failureOfError('nonsense'), 'unknown')
  })
})

describe('newReference', () => {
  it('is six characters that can be read out', () => {
    assert.match(newReference(), /^[2-9A-HJ-NP-Z]{6}$/)
  })
})
