import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { createRewriteQuery } from '../../../src/assistants/search/rewrite-query.ts'
import { createChatCompletionsDriver } from '../../../src/models/chat-completions.ts'
import { createModelServer, type ModelServer } from '../../helpers/model-server.ts'
import { silent } from '../indexing/queue-rig.ts'
import { createTestRuntime } from '../runtime.ts'

const question = 'Could you please tell me when the exam in algebra is?'

describe('rewriting a query', () => {
  let server: ModelServer
  before(async () => (server = await createModelServer()))
  after(() => server.close())

  const rewrite = (query: string, signal = new AbortController().signal) => {
    const driver = createChatCompletionsDriver({ baseURL: server.baseURL, log: silent })
    return createRewriteQuery({ driver, model: 'scripted', log: silent })(query, { signal })
  }

  it('takes the words of the model, on one line', async () => {
    server.script(' algebra exam\n date ')
    assert.equal(await rewrite(question), 'algebra exam date')
    const { messages } = server.requests.at(-1)?.body ?? { messages: [] }
    assert.deepEqual(messages.at(-1), { role: 'user', content: question })
  })

  it('leaves the query as it is where the model fails, is silent or goes on and on', async () => {
    for (const reply of [{ error: { status: 400 } }, '   ', 'word '.repeat(200)]) {
      server.script(reply)
      assert.equal(await rewrite(question), question)
    }
  })

  it('stops when nobody waits any more', async () => {
    server.script({ hold: new Promise(() => {}) })
    const leaving = new AbortController()
    const rewriting = rewrite(question, leaving.signal)
    leaving.abort(new Error('gone'))
    await assert.rejects(rewriting, { message: 'gone' })
  })

  it('shows in the answer of a search', async () => {
    const runtime = await createTestRuntime({
      library: { rewrite: (query) => Promise.resolve(query.split(' ').at(-1) ?? '') },
    })
    const { id } = await runtime.client.vectorStores.create({})
    const search = async (rewrite_query: boolean) => {
      const body = { query: ['the date', 'an exam'], rewrite_query }
      const page = await runtime.client.vectorStores.search(id, body)
      return (page as unknown as { body: { search_query: string[] } }).body.search_query
    }
    assert.deepEqual(await search(true), ['date', 'exam'])
    assert.deepEqual(await search(false), ['the date', 'an exam'])
    await runtime.close()
  })
})
