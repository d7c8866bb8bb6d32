import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { createLogger } from '../../src/log.ts'
import { createGate } from '../../src/models/gate.ts'
import { createModels } from '../../src/models/model-router.ts'
import { serveEndpoint } from '../../src/models/served-endpoint.ts'
import type { StartTimer } from '../../src/timer.ts'
import { createModelServer, type ModelServer } from '../helpers/model-server.ts'

const log = createLogger({ level: 'silent', pretty: false })
const { signal } = new AbortController()
const noTimer: StartTimer = () => () => {}

describe('createGate', () => {
  it('takes a place back once', async () => {
    const gate = createGate({ concurrency: 1, now: () => 0, startTimer: noTimer })
    const first = await gate.enter(gate.arrive(), { signal })
    first.leave()
    first.leave()
    const second = await gate.enter(gate.arrive(), { signal })
    const admitted: string[] = []
    const third = gate.enter(gate.arrive(), { signal }).then((place) => {
      admitted.push('third')
      return place
    })
    await new Promise(setImmediate)
    assert.deepEqual(admitted, [])
    second.leave()
    ;(await third).leave()
  })

  it('lets whoever came first go first, also when coming again', async () => {
    const gate = createGate({ concurrency: 1, now: () => 0, startTimer: noTimer })
    const arrivals = [gate.arrive(), gate.arrive(), gate.arrive()] as const
    const [first, second, third] = arrivals
    const place = await gate.enter(second, { signal })
    const order: number[] = []
    const enter = async (arrival: number) => {
      const entered = await gate.enter(arrival, { signal })
      order.push(arrival)
      entered.leave()
    }
    const waiting = [enter(third), enter(second), enter(first)]
    place.leave()
    await Promise.all(waiting)
    assert.deepEqual(order, [first, second, third])
  })
})

describe('an endpoint that takes ten requests a second, and four at a time', () => {
  let server: ModelServer
  before(async () => (server = await createModelServer()))
  after(() => server.close())

  it('gets a hundred without a stampede, in their order', { timeout: 30_000 }, async () => {
    const time = createVirtualTime()
    const models = createModels({
      endpoints: [
        serveEndpoint(
          {
            name: 'default',
            baseUrl: server.baseURL,
            apiKey: null,
            api: 'chat_completions',
            concurrency: 4,
            contextWindow: null,
            models: new Map(),
            servesAll: true,
            defaultModel: null,
          },
          log,
        ),
      ],
      now: time.now,
      startTimer: time.startTimer,
      random: () => 0.5,
      log,
    })
    const answeredIn = new Map<number, number>()
    const answered: number[] = []
    let refused = 0
    let inHand = 0
    let most = 0
    server.respond(async ({ model }) => {
      inHand += 1
      most = Math.max(most, inHand)
      await new Promise(setImmediate)
      inHand -= 1
      const second = Math.floor(time.now() / 1000)
      const count = answeredIn.get(second) ?? 0
      if (count >= 10) {
        refused += 1
        return { error: { status: 429, headers: { 'retry-after': '1' } } }
      }
      answeredIn.set(second, count + 1)
      answered.push(Number(model))
      return 'Hi'
    })
    const messages = [{ role: 'user' as const, content: 'Hi' }]
    const all = Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        Array.fromAsync(models.stream({ model: String(index), messages }, { signal })),
      ),
    )
    await time.runUntil(all, () => inHand === 0)
    assert.equal(answered.length, 100)
    assert.equal(most, 4)
    // At most those who were on their way when the first of them was refused.
    assert.ok(refused <= 4 * answeredIn.size, `${refused} refused in ${answeredIn.size} seconds`)
    for (const [place, index] of answered.entries()) {
      assert.ok(Math.abs(place - index) < 8, `${index} came as number ${place}`)
    }
  })
})

/** A clock that goes on to the next timer whenever nothing else happens. */
function createVirtualTime() {
  let clock = 1_000_000
  const timers = new Set<{ at: number; onEnd: () => void }>()
  const startTimer: StartTimer = (delayMs, onEnd) => {
    const timer = { at: clock + delayMs, onEnd }
    timers.add(timer)
    return () => timers.delete(timer)
  }

  function fireNext(): void {
    const [next] = [...timers].toSorted((a, b) => a.at - b.at)
    if (!next) return
    timers.delete(next)
    clock = next.at
    next.onEnd()
  }

  return {
    now: () => clock,
    startTimer,
    async runUntil(work: Promise<unknown>, isIdle: () => boolean): Promise<void> {
      let isDone = false
      const done = work.finally(() => (isDone = true))
      for (let quiet = 0; !isDone; quiet = isIdle() ? quiet + 1 : 0) {
        await new Promise(setImmediate)
        if (quiet < 200) continue
        fireNext()
        quiet = 0
      }
      await done
    },
  }
}
