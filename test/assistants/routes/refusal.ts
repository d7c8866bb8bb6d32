import assert from 'node:assert/strict'

import OpenAI from 'openai'

/** What the SDK says about a request that the API refused. */
export interface Refusal {
  status: number | undefined
  /** Without the status, which the SDK puts in front. */
  message: string
  type: string | undefined
  param: string | null | undefined
  code: string | null | undefined
}

/** Waits for the refusal; fails if the request succeeds. */
export async function refusal(request: PromiseLike<unknown>): Promise<Refusal> {
  try {
    await request
  } catch (error) {
    assert.ok(error instanceof OpenAI.APIError)
    const { status, type, param, code } = error
    return { status, message: error.message.replace(/^\d+ /, ''), type, param, code }
  }
  assert.fail('the request succeeded')
}
