import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'
import type OpenAI from 'openai'

import { createProgressTracker, type Progress } from '../../src/bot/progress.ts'

type Event = OpenAI.Beta.AssistantStreamEvent

function delta(value: string): Event {
  return {
    event: 'thread.message.delta',
    data: {
      id: 'msg_1',
      object: 'thread.message.delta',
      delta: { content: [{ index: 0, type: 'text', text: { value } }] },
    },
  }
}

// The tracker looks at nothing but the event's name.
const newMessage = { event: 'thread.message.created', data: {} } as Event

describe('progress', () => {
  it('shows whole characters only, and nothing that is no character', () => {
    const shown: string[] = []
    const tracker = createProgressTracker(({ text }) => shown.push(text))
    for (const piece of ['a\ud83c', '\udf49', 'b\ud83c', 'c\udf49', '\ud83c']) {
      tracker.take(delta(piece))
    }
    assert.deepEqual(shown, ['a', 'a🍉', 'a🍉b', 'a🍉b\ufffdc\ufffd'])
    assert.equal(tracker.text(), 'a🍉b\ufffdc\ufffd')
  })

  it('only ever appends, whatever comes', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom('\n', ' ', '\n\n', '\n\n\n'),
      fc.constant(null),
    )
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const shown: string[] = ['']
        const tracker = createProgressTracker(({ text }) => shown.push(text))
        for (const value of pieces) tracker.take(value === null ? newMessage : delta(value))
        for (const [index, text] of shown.entries()) {
          assert.ok(text.startsWith(shown[index - 1] ?? ''))
        }
        assert.doesNotMatch(tracker.text(), /^\s/)
      }),
    )
  })

  it('parts messages by a blank line and forgets the tool when text comes', () => {
    const seen: Progress[] = []
    const tracker = createProgressTracker((progress) => seen.push(progress))
    tracker.take(newMessage)
    tracker.take(delta('Let me see.'))
    tracker.take({
      event: 'thread.run.step.delta',
      data: {
        id: 'step_1',
        object: 'thread.run.step.delta',
        delta: {
          step_details: {
            type: 'tool_calls',
            tool_calls: [{ index: 0, type: 'function', function: { name: 'ask_database' } }],
          },
        },
      },
    })
    tracker.take(newMessage)
    tracker.take(delta('Two classes.'))
    assert.deepEqual(seen, [
      { text: 'Let me see.', tool: null },
      { text: 'Let me see.', tool: 'ask_database' },
      { text: 'Let me see.\n\nTwo classes.', tool: null },
    ])
  })
})
