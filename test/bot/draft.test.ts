import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'

import { DiscordAPIError } from 'discord.js'

import { createDraft, type Draft } from '../../src/bot/draft.ts'
import type { Outgoing, Surface } from '../../src/bot/surface.ts'
import { createManualClock, type ManualClock } from './manual-clock.ts'

interface RecordingSurface extends Surface {
  calls: string[]
  files: Outgoing['files'][]
  failNext(error: Error): void
}

function createRecordingSurface(): RecordingSurface {
  const calls: string[] = []
  const files: Outgoing['files'][] = []
  let failure: Error | null = null
  let sent = 0

  function record(call: string): void {
    calls.push(call)
    if (!failure) return
    const error = failure
    failure = null
    throw error
  }

  return {
    calls,
    files,
    failNext: (error) => void (failure = error),
    async send({ content, files: sentFiles }) {
      record(`send ${content}`)
      files.push(sentFiles)
      sent += 1
      return String(sent)
    },
    async edit(id, { content }) {
      record(`edit ${id} ${content}`)
    },
    async typing() {
      record('typing')
    },
    maxFileBytes: 1_000,
    pace: () => 1200,
  }
}

const long = 'This is a sentence of more than thirty characters.'

describe('draft', () => {
  let clock: ManualClock
  let surface: RecordingSurface
  let draft: Draft
  let errors: unknown[]

  beforeEach(() => {
    clock = createManualClock()
    surface = createRecordingSurface()
    errors = []
    draft = createDraft({
      surface,
      clock,
      restInFile: 'rest',
      onPreviewError: (error) => errors.push(error),
    })
  })

  it('costs one request when the answer is complete at once', async () => {
    draft.show(long, null)
    await draft.finish(long)
    await clock.advance(60_000)
    assert.deepEqual(surface.calls, [`send ${long}`])
  })

  it('shows nothing before 300 ms, and typing from 250 ms on', async () => {
    draft.show(long, null)
    await clock.advance(249)
    assert.deepEqual(surface.calls, [])
    await clock.advance(1)
    assert.deepEqual(surface.calls, ['typing'])
    await clock.advance(50)
    assert.deepEqual(surface.calls, ['typing', `send ${long}`])
  })

  it('waits with a few characters until 700 ms', async () => {
    draft.show('Hm', null)
    await clock.advance(699)
    assert.deepEqual(surface.calls, ['typing'])
    await clock.advance(1)
    assert.deepEqual(surface.calls, ['typing', 'send Hm'])
  })

  it('renews the typing indicator every 8 s while nothing is shown', async () => {
    await clock.advance(16_250)
    assert.deepEqual(surface.calls, ['typing', 'typing', 'typing'])
  })

  it('shows nothing more once it is closed, not even typing', async () => {
    draft.show('', 'Looking up…')
    draft.close()
    draft.show(long, null)
    await clock.advance(60_000)
    assert.deepEqual(surface.calls, [])
  })

  it('edits 1200 ms after the one before, with the newest text', async () => {
    draft.show(long, null)
    await clock.advance(300)
    draft.show(`${long} One.`, null)
    await clock.advance(600)
    draft.show(`${long} One. Two.`, null)
    await clock.advance(599)
    assert.equal(surface.calls.length, 2)
    await clock.advance(1)
    assert.equal(surface.calls.at(-1), `edit 1 ${long} One. Two.`)
  })

  it('never sends what is shown already', async () => {
    draft.show(long, null)
    await clock.advance(300)
    draft.show(long, null)
    await clock.advance(5_000)
    await draft.finish(long)
    assert.deepEqual(surface.calls, ['typing', `send ${long}`])
  })

  it('shows a tool as a grey line that is gone in the end', async () => {
    draft.show('', 'Looking up…')
    await clock.advance(299)
    assert.deepEqual(surface.calls, ['typing'])
    await clock.advance(1)
    assert.equal(surface.calls.at(-1), 'send -# Looking up…')
    draft.show(long, 'Looking up…')
    await clock.advance(1200)
    assert.equal(surface.calls.at(-1), `edit 1 ${long}\n-# Looking up…`)
    await draft.finish(long)
    assert.equal(surface.calls.at(-1), `edit 1 ${long}`)
  })

  it('closes an open code block in the preview', async () => {
    draft.show('```js\nconst answer = 42 // and more', null)
    await clock.advance(300)
    assert.equal(surface.calls.at(-1), 'send ```js\nconst answer = 42 // and more\n```')
  })

  it('puts what eight messages cannot hold into a file', async () => {
    const text = 'All work and no play makes a dull text.\n'.repeat(500)
    await draft.finish(text)
    assert.equal(surface.calls.length, 9)
    assert.equal(surface.calls.at(-1), 'send -# rest')
    const shown = surface.calls.slice(0, 8).map((call) => call.slice('send '.length))
    assert.equal(shown.join('') + surface.files.at(-1)?.[0]?.data, text)
  })

  it('sends anew what somebody deleted meanwhile', async () => {
    draft.show(long, null)
    await clock.advance(300)
    surface.failNext(discordError(10_008))
    await draft.finish(`${long} End.`)
    assert.equal(surface.calls.at(-1), `send ${long} End.`)
  })

  it('reports a preview that Discord refuses, and tries again at the end', async () => {
    draft.show(long, null)
    surface.failNext(discordError(50_035))
    await clock.advance(250)
    surface.failNext(discordError(50_035))
    await clock.advance(2_000)
    assert.equal(errors.length, 2)
    await draft.finish(long)
    assert.equal(surface.calls.at(-1), `send ${long}`)
  })
})

function discordError(code: number): DiscordAPIError {
  const request = { files: [], body: {} }
  const answer = { code, message: 'refused' }
  return new DiscordAPIError(answer, code, 400, 'POST', 'https://discord.test', request)
}
