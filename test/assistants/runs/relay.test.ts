import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createEventHub } from '../../../src/assistants/runs/event-hub.ts'
import type { FetchedJob } from '../../../src/assistants/runs/job-queue.ts'
import { createLanes } from '../../../src/assistants/runs/lanes.ts'
import type { ProcessMessage } from '../../../src/assistants/runs/mail.ts'
import { createRelay } from '../../../src/assistants/runs/relay.ts'
import { silent } from './rig.ts'

const job: FetchedJob = {
  id: 'job',
  runId: 'run_1',
  threadId: 'thread_1',
  reader: 'elsewhere',
  attempt: 0,
}

function setUp() {
  const hub = createEventHub()
  const sent: ProcessMessage[] = []
  const send = async (_to: string, message: ProcessMessage) => void sent.push(message)
  const mail = {
    processId: 'here',
    send,
    broadcast: (message: ProcessMessage) => send('all', message),
    start: async () => {},
    close: async () => {},
  }
  return { hub, sent, relay: createRelay({ hub, lanes: createLanes(), mail, log: silent }) }
}

describe('an attempt that finds nothing to do', () => {
  it('leaves nothing behind, and tells its reader elsewhere nothing', async () => {
    const { hub, sent, relay } = setUp()
    const forwarding = relay.begin(job)
    assert.deepEqual(hub.reading(), ['run_1'])
    forwarding.leave()
    await forwarding.finish()
    assert.deepEqual(hub.reading(), [])
    assert.deepEqual(sent, [])
  })

  it('leaves its reader here to be told by who moved the run on', async () => {
    const { hub, relay } = setUp()
    relay.expect({ ...job, reader: 'here' })
    hub.open({ id: 'run_1', thread_id: 'thread_1' })
    const forwarding = relay.begin({ ...job, reader: 'here' })
    assert.deepEqual(relay.awaited(), [])
    forwarding.leave()
    await forwarding.finish()
    assert.deepEqual(relay.awaited(), ['run_1'])
  })
})
