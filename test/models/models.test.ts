import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'

import { createLogger } from '../../src/log.ts'
import type { ModelEvent, StreamOptions } from '../../src/models/driver.ts'
import type { EndpointSettings, ModelSettings } from '../../src/models/endpoints.ts'
import { createModels } from '../../src/models/model-router.ts'
import type { Models } from '../../src/models/models.ts'
import { serveEndpoint } from '../../src/models/served-endpoint.ts'
import { createModelServer, type ModelServer, type Reply } from '../helpers/model-server.ts'
import { createManualTimers } from '../schedule/manual-timers.ts'

const log = createLogger({ level: 'silent', pretty: false })
const { signal } = new AbortController()
const messages = [{ role: 'user' as const, content: 'Hi' }]
const busy = (headers: Record<string, string> = {}): Reply => ({ error: { status: 429, headers } })
const broken: Reply = { error: { status: 500 } }

describe('createModels', () => {
  let server: ModelServer
  let other: ModelServer
  let timers: ReturnType<typeof createManualTimers>
  let clock = 1_000_000
  before(async () => {
    server = await createModelServer()
    other = await createModelServer()
  })
  after(() => Promise.all([server.close(), other.close()]))
  beforeEach(() => {
    timers = createManualTimers()
    clock = 1_000_000
  })

  const settings = (given: Partial<EndpointSettings> = {}): EndpointSettings => ({
    name: 'default',
    baseUrl: server.baseURL,
    apiKey: null,
    api: 'chat_completions',
    concurrency: null,
    contextWindow: null,
    models: new Map(),
    servesAll: true,
    defaultModel: null,
    ...given,
  })
  const model = (given: Partial<ModelSettings> = {}): ModelSettings => ({
    name: 'own-name',
    contextWindow: null,
    prices: null,
    ...given,
  })
  const further = (given: Partial<EndpointSettings> = {}) =>
    settings({
      name: 'other',
      baseUrl: other.baseURL,
      servesAll: false,
      models: new Map([['alias', model()]]),
      ...given,
    })
  const create = (...endpoints: EndpointSettings[]): Models =>
    createModels({
      endpoints: endpoints.map((each) => serveEndpoint(each, log)),
      now: () => clock,
      startTimer: timers.startTimer,
      random: () => 0.5,
      log,
    })
  const ask = (models: Models, name = 'any', options: Partial<StreamOptions> = {}) =>
    Array.fromAsync(models.stream({ model: name, messages }, { signal, ...options }))
  const said = (events: ModelEvent[]) =>
    events.map((event) => (event.type === 'text' ? event.text : '')).join('')
  /** Lets a timer of this length end, when its time has come. */
  async function pass(delayMs: number): Promise<void> {
    await timers.running(delayMs)
    clock += delayMs
    timers.fire(delayMs)
  }
  /** A reply that comes when the test says so. */
  function held(): { reply: Reply; release: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>()
    return { reply: { text: 'Hi', hold: promise }, release: resolve }
  }

  /** Time enough for a request that should not be made. */
  const afterAWhile = () => ask(create(further()), 'alias')

  describe('with several endpoints', () => {
    it('asks the one that lists the model, by its own name, and the default one for all others', async () => {
      const models = create(settings(), further())
      server.script('default')
      other.script('other')
      assert.equal(said(await ask(models, 'alias')), 'other')
      assert.equal(other.requests.at(-1)?.body.model, 'own-name')
      assert.equal(said(await ask(models, 'whatever')), 'default')
      assert.equal(server.requests.at(-1)?.body.model, 'whatever')
      assert.ok(models.serves('alias') && models.serves('whatever'))
    })

    it('serves only what is listed where there is no default one', async () => {
      const models = create(further())
      assert.deepEqual([models.serves('alias'), models.serves('whatever')], [true, false])
      await assert.rejects(ask(models, 'whatever'), {
        name: 'ProviderError',
        message: "No model endpoint serves the model 'whatever'.",
      })
    })

    it('passes requests on to the endpoint of their model', async () => {
      const models = create(settings(), further())
      other.script('other')
      const body = { model: 'alias', messages }
      const { response, usage } = await models.forward(
        { path: '/chat/completions', body, headers: {} },
        { signal },
      )
      assert.match(await response.text(), /"content":"other"/)
      assert.equal((await usage)?.total_tokens, 25)
      assert.equal(other.requests.at(-1)?.body.model, 'own-name')
    })

    it('knows windows and prices', () => {
      const prices = { prompt: 2, cachedPrompt: 0.5, completion: 8 }
      const priced = model({ contextWindow: 5000, prices })
      const models = create(
        settings({ contextWindow: 7000 }),
        further({
          models: new Map([
            ['priced', priced],
            ['gpt-4', model({ name: 'qwen3:8b' })],
          ]),
        }),
      )
      assert.deepEqual(
        ['priced', 'gpt-4', 'any'].map((name) => models.contextWindow(name)),
        [5000, 32_768, 7000],
      )
      const usage = { prompt_tokens: 1_000_000, completion_tokens: 500_000, total_tokens: 0 }
      const details = { cached_tokens: 400_000, reasoning_tokens: 100_000 }
      assert.equal(models.costOf('priced', { ...usage, ...details }), 1.2 + 0.2 + 4)
      assert.equal(models.costOf('priced', usage), 6)
      assert.equal(models.costOf('any', usage), null)
    })
  })

  describe('listModels', () => {
    it('lists what is described and what the default endpoint has, and asks it once in a while', async () => {
      const models = create(settings(), further())
      const ids = async () => (await models.listModels({ signal })).map(({ id }) => id)
      const asked = server.listed
      assert.deepEqual(await ids(), ['alias', 'scripted'])
      await ids()
      assert.equal(server.listed, asked + 1)
      clock += 10_000
      await Promise.all([ids(), ids()])
      assert.equal(server.listed, asked + 2)
    })

    it('does not wait for an endpoint that hangs', async () => {
      const hung = { ...serveEndpoint(settings(), log) }
      hung.driver = {
        ...hung.driver,
        listModels: ({ signal: given }) =>
          new Promise((_, reject) => {
            given.addEventListener('abort', () => reject(given.reason as Error), { once: true })
          }),
      }
      const deps = { now: () => clock, startTimer: timers.startTimer, random: () => 0, log }
      const models = createModels({ ...deps, endpoints: [hung, serveEndpoint(further(), log)] })
      const listed = models.listModels({ signal })
      await pass(3000)
      assert.deepEqual(
        (await listed).map(({ id }) => id),
        ['alias'],
      )
      const alone = createModels({ ...deps, endpoints: [hung] }).listModels({ signal })
      await Promise.all([assert.rejects(alone, /took too long/), pass(3000)])
    })
  })

  describe('trying again', () => {
    it('waits twice as long each time, and gives up', async () => {
      server.script(broken, broken, broken, broken, broken)
      const count = server.requests.length
      const failed = assert.rejects(ask(create(settings())), /failed \(500\)/)
      for (const delayMs of [375, 750, 1500, 3000]) await pass(delayMs)
      await failed
      assert.equal(server.requests.length, count + 5)
    })

    it('does so for connections that break before the first token', async () => {
      server.script({ text: 'Hi', breakAfterChunks: 0 }, 'Hi')
      const [events] = await Promise.all([ask(create(settings())), pass(375)])
      assert.equal(said(events), 'Hi')
    })

    it('waits as long as the endpoint says', async () => {
      const date = 'Sun, 06 Nov 1994 08:49:37 GMT'
      const inSevenSeconds = { 'retry-after': 'Sun, 06 Nov 1994 08:49:44 GMT', date }
      for (const headers of [
        { 'retry-after': '7' },
        { 'retry-after-ms': '7000', 'retry-after': '1' },
        inSevenSeconds,
      ]) {
        for (const status of [429, 503]) {
          server.script({ error: { status, headers } }, 'Hi')
          const [events] = await Promise.all([ask(create(settings())), pass(7000)])
          assert.equal(said(events), 'Hi')
        }
      }
    })

    it('reads a wait that is named in the error alone', async () => {
      const gemini = [
        {
          '@type': 'type.googleapis.com/google.rpc.RetryInfo',
          retryDelay: '7.0s',
        },
      ]
      const say = (error: object): Reply => ({
        raw: {
          status: 429,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ error }),
        },
      })
      const cases: [Reply, number][] = [
        [say({ message: 'Quota exceeded', details: gemini }), 7000],
        [say({ message: 'Limit 3, Used 3. Please try again in 20s. Visit …' }), 20_000],
        [say({ message: 'Please try again in 1m3.5s.' }), 63_500],
        [say({ message: 'Please retry after 26 seconds.' }), 26_000],
        // Next to nothing, which may not help.
        [say({ message: 'Please try again in 6ms.' }), 375],
      ]
      for (const [reply, delayMs] of cases) {
        server.script(reply, 'Hi')
        const [events] = await Promise.all([ask(create(settings())), pass(delayMs)])
        assert.equal(said(events), 'Hi')
      }
      server.script(say({ message: 'Please try again in 999999999h.' }))
      await assert.rejects(ask(create(settings())), { retryAfterMs: 86_400_000 })
    })

    it('backs off where the endpoint names no time that can be used', async () => {
      const past = { 'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT' }
      for (const headers of [
        { 'retry-after': '0' },
        { 'retry-after': 'soon' },
        { 'retry-after': '-7' },
        { 'retry-after': '7; 8' },
        { 'retry-after-ms': '' },
        { 'retry-after-ms': '-1', 'retry-after': 'Infinity' },
        past,
      ]) {
        // The last refusal leaves one running.
        timers = createManualTimers()
        const models = create(settings())
        const count = server.requests.length
        server.script(...Array.from({ length: 8 }, () => busy(headers)))
        const failed = assert.rejects(ask(models), /over its rate limit/)
        for (const delayMs of [375, 750, 1500, 3000, 6000, 12_000, 22_500]) await pass(delayMs)
        await failed
        assert.equal(server.requests.length, count + 8)
      }
    })

    it('does not try again what would fail again, nor what has begun', async () => {
      const cases: Reply[] = [
        { error: { status: 400 } },
        { error: { status: 401 } },
        { error: { status: 402 } },
        { error: { status: 429, code: 'insufficient_quota', headers: { 'retry-after': '1' } } },
        { text: ['a', 'b'], breakAfterChunks: 2 },
      ]
      for (const reply of cases) {
        const count = server.requests.length
        server.script(reply)
        await assert.rejects(ask(create(settings())), { name: 'ProviderError' })
        assert.equal(server.requests.length, count + 1)
      }
    })

    it('does not wait beyond the deadline', async () => {
      const models = create(settings())
      const deadlineMs = clock + 7000
      server.script(busy({ 'retry-after': '7' }))
      const count = server.requests.length
      const limit = { runErrorCode: 'rate_limit_exceeded', message: /over its rate limit/ }
      await assert.rejects(ask(models, 'any', { deadlineMs }), limit)
      // The endpoint has said it to everybody.
      await assert.rejects(ask(models, 'any', { deadlineMs }), limit)
      assert.equal(server.requests.length, count + 1)
      server.script('Hi')
      const later = ask(models, 'any', { deadlineMs: deadlineMs + 1 })
      const failing = { error: { status: 503, headers: { 'retry-after': '8' } } }
      other.script(failing)
      await assert.rejects(ask(create(further()), 'alias', { deadlineMs }), /failed \(503\)/)
      await pass(7000)
      assert.equal(said(await later), 'Hi')
    })

    it('ends at once when aborted meanwhile', async () => {
      const controller = new AbortController()
      const reason = new Error('cancelled')
      server.script(broken)
      const waiting = ask(create(settings()), 'any', { signal: controller.signal })
      const aborted = assert.rejects(waiting, reason)
      await timers.running(375)
      controller.abort(reason)
      await aborted
      assert.equal(timers.count(375), 0)
    })
  })

  describe('when the endpoint asks everybody to wait', () => {
    it('lets one ask first, then the others', async () => {
      const models = create(settings())
      const count = server.requests.length
      server.script(busy({ 'retry-after': '7' }))
      const first = ask(models)
      await timers.running(7000)
      const probe = held()
      server.script(probe.reply, 'Hi', 'Hi')
      const others = [ask(models), ask(models)]
      await pass(7000)
      await server.request(count + 1)
      await afterAWhile()
      assert.equal(server.requests.length, count + 2)
      probe.release()
      assert.deepEqual((await Promise.all([first, ...others])).map(said), ['Hi', 'Hi', 'Hi'])
      assert.equal(server.requests.length, count + 4)
    })

    it('learns it from a request that was passed on', async () => {
      const models = create(settings())
      server.script(busy({ 'retry-after': '7' }), 'Hi')
      const body = { model: 'any', messages }
      const passed = await models.forward(
        { path: '/chat/completions', body, headers: {} },
        { signal },
      )
      assert.equal(passed.response.status, 429)
      const [events] = await Promise.all([ask(models), pass(7000)])
      assert.equal(said(events), 'Hi')
    })

    it('sees from any other failure that it does answer', async () => {
      const models = create(settings())
      server.script(busy({ 'retry-after': '7' }))
      const first = ask(models)
      await timers.running(7000)
      const count = server.requests.length
      const slow = [held(), held()]
      server.script({ error: { status: 400 } }, ...slow.map(({ reply }) => reply))
      const others = [ask(models), ask(models)]
      await Promise.all([assert.rejects(first, /refused the request/), pass(7000)])
      // Side by side.
      await server.request(count + 2)
      for (const { release } of slow) release()
      assert.deepEqual((await Promise.all(others)).map(said), ['Hi', 'Hi'])
    })

    it('tells those who would wait in vain', async () => {
      const models = create(settings({ concurrency: 1 }))
      const refused = held()
      const count = server.requests.length
      const { reply } = refused
      server.script({
        ...(reply as object),
        error: { status: 429, headers: { 'retry-after': '7' } },
      })
      const first = ask(models)
      await server.request(count)
      const deadlineMs = clock + 6000
      const vain = assert.rejects(ask(models, 'b', { deadlineMs }), /over its rate limit \(429\)/)
      const patient = ask(models, 'c')
      await timers.running(6000)
      refused.release()
      await vain
      assert.equal(timers.count(6000), 0)
      server.script('Hi', 'Hi')
      await pass(7000)
      assert.deepEqual((await Promise.all([first, patient])).map(said), ['Hi', 'Hi'])
    })

    it('waits on where what was passed on is refused again', async () => {
      const models = create(settings())
      const forward = () =>
        models.forward(
          { path: '/chat/completions', body: { model: 'any', messages }, headers: {} },
          { signal },
        )
      server.script(busy({ 'retry-after': '7' }), busy(), 'Hi')
      await forward()
      const passed = forward()
      const waiting = ask(models)
      await pass(7000)
      assert.equal((await passed).response.status, 429)
      const count = server.requests.length
      await afterAWhile()
      assert.equal(server.requests.length, count)
      await pass(1000)
      assert.equal(said(await waiting), 'Hi')
    })

    it('waits on where it is still too much', async () => {
      const models = create(settings())
      server.script(busy({ 'retry-after': '7' }), busy(), 'Hi', 'Hi')
      const answers = [ask(models)]
      await timers.running(7000)
      answers.push(ask(models, 'later'))
      await pass(7000)
      // The second try of the first one: it does not say for how long.
      await timers.running(750)
      const count = server.requests.length
      await afterAWhile()
      assert.equal(server.requests.length, count)
      await pass(750)
      await Promise.all(answers)
      assert.deepEqual(
        server.requests.slice(count).map(({ body }) => body.model),
        ['any', 'later'],
      )
      assert.deepEqual((await Promise.all(answers)).map(said), ['Hi', 'Hi'])
    })

    it('lets the next one ask where the first is gone', async () => {
      const models = create(settings())
      const controller = new AbortController()
      server.script(busy({ 'retry-after': '7' }))
      const first = ask(models, 'any', { signal: controller.signal })
      await timers.running(7000)
      const count = server.requests.length
      server.script(held().reply, 'Hi')
      const second = ask(models)
      await pass(7000)
      await server.request(count)
      const gone = assert.rejects(first, /cancelled/)
      controller.abort(new Error('cancelled'))
      await gone
      assert.equal(said(await second), 'Hi')
    })

    it('takes an answer that is long in coming for one', async () => {
      const models = create(settings())
      server.script(busy({ 'retry-after': '7' }))
      const first = ask(models)
      await timers.running(7000)
      const slow = held()
      server.script(slow.reply, 'Hi')
      const second = ask(models)
      await pass(7000)
      await pass(5000)
      assert.equal(said(await second), 'Hi')
      slow.release()
      await first
    })
  })

  describe('with a number of requests at a time', () => {
    it('lets requests in as they came', async () => {
      const models = create(settings({ concurrency: 1 }))
      const count = server.requests.length
      const slow = held()
      server.script(slow.reply)
      const order: string[] = []
      const answers = ['a', 'b', 'c'].map(async (name) => {
        await ask(models, name)
        order.push(name)
      })
      await server.request(count)
      assert.equal(server.requests.length, count + 1)
      slow.release()
      await Promise.all(answers)
      assert.deepEqual(order, ['a', 'b', 'c'])
      assert.deepEqual(
        server.requests.slice(count).map(({ body }) => body.model),
        ['a', 'b', 'c'],
      )
    })

    it('counts what is passed on, until its answer is whole', async () => {
      const models = create(settings({ concurrency: 1 }))
      const count = server.requests.length
      const slow = held()
      server.script(slow.reply, 'Hi')
      const body = { model: 'any', messages }
      const passed = models.forward({ path: '/chat/completions', body, headers: {} }, { signal })
      await server.request(count)
      const answer = ask(models)
      slow.release()
      const { response } = await passed
      await ask(create(further()), 'alias')
      assert.equal(server.requests.length, count + 1)
      await response.text()
      assert.equal(said(await answer), 'Hi')
      assert.equal(server.requests.length, count + 2)
    })

    it('leaves the queue when aborted, and when the deadline comes', async () => {
      const models = create(settings({ concurrency: 1 }))
      const count = server.requests.length
      const slow = held()
      server.script(slow.reply, 'Hi')
      const first = ask(models)
      await server.request(count)
      const controller = new AbortController()
      const aborted = assert.rejects(ask(models, 'b', { signal: controller.signal }), /cancelled/)
      const late = assert.rejects(ask(models, 'c', { deadlineMs: clock + 42 }), {
        runErrorCode: 'rate_limit_exceeded',
        message: 'The model endpoint had no place for the request in time.',
      })
      const last = ask(models, 'd')
      controller.abort(new Error('cancelled'))
      await pass(42)
      await Promise.all([aborted, late])
      slow.release()
      await Promise.all([first, last])
      assert.deepEqual(
        server.requests.slice(count).map(({ body }) => body.model),
        ['any', 'd'],
      )
    })
  })
})
