import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'

import type OpenAI from 'openai'

import { createTestRuntime, type TestRuntime } from '../runtime.ts'

const begins: Record<string, string> = {
  'image/png': '\x89PNG\r\n\x1a\n',
  'image/jpeg': '\xff\xd8\xff\xe0',
  'image/gif': 'GIF89a',
  'image/webp': 'RIFF\x01\x02\x03\x04WEBPVP8 ',
}

describe('pictures that are files', () => {
  let runtime: TestRuntime
  let client: OpenAI
  let assistantId: string
  before(async () => {
    runtime = await createTestRuntime()
    client = runtime.client
    assistantId = (await client.beta.assistants.create({ model: 'scripted' })).id
  })
  after(() => runtime.close())
  afterEach(() => assert.deepEqual(runtime.logged.splice(0), []))

  async function upload(content: string): Promise<string> {
    const file = new File([Buffer.from(content, 'latin1')], 'picture.txt')
    return (await client.files.create({ file, purpose: 'vision' })).id
  }

  const picture = (file_id: string, detail?: 'low') => ({
    type: 'image_file' as const,
    image_file: { file_id, ...(detail && { detail }) },
  })
  const say = (text: string) => ({ type: 'text' as const, text })

  type Content = OpenAI.Beta.Threads.MessageContentPartParam[]

  /** What the model got of a thread with one message for each of these. */
  async function shown(...contents: Content[]): Promise<unknown[]> {
    const messages = contents.map((content) => ({ role: 'user' as const, content }))
    runtime.model.script('Seen.')
    const run = await client.beta.threads.createAndRunPoll({
      assistant_id: assistantId,
      thread: { messages },
    })
    assert.equal(run.status, 'completed')
    return toContents(runtime)
  }

  const image = (content: string, type: string, detail = 'auto') => ({
    type: 'image_url',
    image_url: {
      url: `data:${type};base64,${Buffer.from(content, 'latin1').toString('base64')}`,
      detail,
    },
  })

  it('reach the model as what their first bytes say they are', async () => {
    for (const [type, begin] of Object.entries(begins)) {
      const id = await upload(`${begin}rest`)
      assert.deepEqual(await shown([say('Look'), picture(id, 'low')]), [
        [{ type: 'text', text: 'Look' }, image(`${begin}rest`, type, 'low')],
      ])
    }
  })

  it('are notes where they are no pictures, too large, or gone', async () => {
    const text = await upload('no picture')
    assert.deepEqual(await shown([say('Look'), picture(text)]), [`Look\n[image file ${text}]`])
    const large = await upload(`${begins['image/png']}${'x'.repeat(20 * 1024 * 1024)}`)
    assert.deepEqual(await shown([picture(large)]), [`[image file ${large}]`])

    const gone = await upload(`${begins['image/png']}gone`)
    const messages = [{ role: 'user' as const, content: [picture(gone)] }]
    const thread = await client.beta.threads.create({ messages })
    await client.files.delete(gone)
    runtime.model.script('Where?')
    await client.beta.threads.runs.createAndPoll(thread.id, { assistant_id: assistantId })
    assert.deepEqual(toContents(runtime), [`[image file ${gone}]`])
  })

  it('are shown the ten newest of, each as often as it is there', async () => {
    const gif = 'GIF89a'
    const ids = []
    for (let count = 0; count < 11; count += 1) ids.push(await upload(`${gif}${count}`))
    const [first = '', second = ''] = ids
    const contents = await shown(...ids.map((id) => [picture(id)]), [picture(second)])
    assert.equal(contents[0], `[image file ${first}]`)
    assert.deepEqual(contents[1], [image(`${gif}1`, 'image/gif')])
    assert.deepEqual(contents.at(-1), [image(`${gif}1`, 'image/gif')])
    assert.equal(contents.filter((content) => typeof content === 'string').length, 1)
  })
})

/** Of the last request's messages. */
function toContents({ model }: TestRuntime): unknown[] {
  const request = model.requests.at(-1)
  return request?.body.messages.map(({ content }) => content) ?? []
}
