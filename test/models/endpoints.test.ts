import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'

import { parseEndpoints, type EndpointsFile } from '../../src/models/endpoints.ts'

const deepseek = {
  name: 'deepseek',
  base_url: 'https://api.deepseek.com',
  api_key_env: 'DEEPSEEK_API_KEY',
  models: { 'deepseek-chat': {} },
}
const env = { DEEPSEEK_API_KEY: 'sk-secret' }
const defaultEndpoint = {
  baseUrl: 'https://api.openai.com/v1',
  apiKey: 'sk-default',
  contextWindow: null,
  defaultModel: 'gpt-4o-mini',
}

const parse = (file: unknown, rest: Partial<EndpointsFile> = {}) =>
  parseEndpoints({
    text: typeof file === 'string' ? file : JSON.stringify(file),
    env,
    defaultEndpoint: null,
    ...rest,
  })
const problemsOf = (endpoint: object, rest: Partial<EndpointsFile> = {}) =>
  parse({ endpoints: [{ ...deepseek, ...endpoint }] }, rest).problems

describe('parseEndpoints', () => {
  it('takes a name, an address, a key and models', () => {
    const { endpoints } = parse({ endpoints: [deepseek] })
    assert.deepEqual(endpoints, [
      {
        name: 'deepseek',
        baseUrl: 'https://api.deepseek.com',
        apiKey: 'sk-secret',
        api: 'chat_completions',
        concurrency: null,
        contextWindow: null,
        models: new Map([
          ['deepseek-chat', { name: 'deepseek-chat', contextWindow: null, prices: null }],
        ]),
        servesAll: false,
        defaultModel: null,
      },
    ])
  })

  it('adds to the endpoint of OPENAI_* what the file says about it', () => {
    const models = { 'gpt-4o': { prices: { prompt: 2.5, completion: 10 } } }
    const own = { name: 'default', api: 'responses', concurrency: 8, models }
    const { endpoints } = parse({ endpoints: [deepseek, own] }, { defaultEndpoint })
    assert.deepEqual(
      endpoints?.map(({ name, servesAll }) => [name, servesAll]),
      [
        ['default', true],
        ['deepseek', false],
      ],
    )
    assert.partialDeepStrictEqual(endpoints?.[0], {
      ...defaultEndpoint,
      api: 'responses',
      concurrency: 8,
      models: new Map([
        [
          'gpt-4o',
          {
            name: 'gpt-4o',
            contextWindow: null,
            // What is cached costs as much where nothing else is said.
            prices: { prompt: 2.5, cachedPrompt: 2.5, completion: 10 },
          },
        ],
      ]),
    })
  })

  it('has the endpoint of OPENAI_* also where the file does not mention it', () => {
    const { endpoints } = parse({ endpoints: [deepseek] }, { defaultEndpoint })
    assert.partialDeepStrictEqual(endpoints?.[0], { ...defaultEndpoint, name: 'default' })
  })

  it('says for every problem where it is and what to write', () => {
    const cases: [object, string][] = [
      [
        { base_url: 'api.deepseek.com' },
        'endpoints[0].base_url: expected an address that begins with http:// or https://',
      ],
      [
        { base_url: undefined },
        'endpoints[0].base_url: expected an address, e.g. "https://api.deepseek.com"',
      ],
      [
        { concurrency: 0 },
        'endpoints[0].concurrency: expected how many requests at a time, e.g. 16',
      ],
      [{ api: 'completions' }, 'endpoints[0].api: expected "chat_completions" or "responses"'],
      [
        { models: {} },
        'endpoints[0].models: expected at least one model, e.g. { "deepseek-chat": {} }',
      ],
      [
        { models: { 'qwen3:8b': { prices: { prompt: '1', completion: 2 } } } },
        'endpoints[0].models["qwen3:8b"].prices.prompt: expected US dollars per million tokens, e.g. 0.27',
      ],
      [
        { api_key_env: 'MISSING_KEY' },
        'endpoints[0].api_key_env: the variable MISSING_KEY is not set; set it to the key of "deepseek"',
      ],
      [
        { name: 'default', base_url: undefined, api_key_env: undefined },
        'endpoints[0].name: "default" is the endpoint of OPENAI_*, of which none is set; choose another name',
      ],
    ]
    for (const [change, problem] of cases) assert.deepEqual(problemsOf(change), [problem])
    assert.deepEqual(problemsOf({ baseUrl: 'x' }), ['endpoints[0]: Unrecognized key: "baseUrl"'])
    assert.deepEqual(problemsOf({ name: 'default' }, { defaultEndpoint }), [
      'endpoints[0].base_url: set OPENAI_BASE_URL instead',
      'endpoints[0].api_key_env: set OPENAI_API_KEY instead',
    ])
    assert.deepEqual(parse({ endpoints: [] }).problems, [
      'endpoints: expected at least one endpoint',
    ])
    assert.deepEqual(parse([]).problems?.length, 1)
    assert.match(parse('{').problems?.[0] ?? '', /^not JSON/)
  })

  it('lets a model and a name stand once only', () => {
    const twin = { ...deepseek, name: 'gateway' }
    assert.deepEqual(parse({ endpoints: [deepseek, twin] }).problems, [
      'endpoints[1].models["deepseek-chat"]: "deepseek" serves this model already; give it another name here, and the endpoint\'s own as "name"',
    ])
    const [problem] =
      parse({ endpoints: [deepseek, { ...deepseek, models: { x: {} } }] }).problems ?? []
    assert.equal(problem, 'endpoints[1].name: "deepseek" is taken by another endpoint')
  })

  it('never repeats a key that stands in the wrong place', () => {
    const problems = problemsOf({ api_key_env: 'sk-0123456789' })
    assert.match(problems?.join() ?? '', /not the key itself/)
    assert.doesNotMatch(problems?.join() ?? '', /0123456789/)
  })

  for (const name of ['README.md', 'README.zh-CN.md']) {
    it(`takes the example of ${name}`, () => {
      const readme = readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')
      const example = /```json\n(\{\n {2}"endpoints"[^]*?)```/.exec(readme)?.[1] ?? ''
      const { endpoints, problems } = parse(example, { defaultEndpoint })
      assert.deepEqual(problems, undefined)
      assert.equal(endpoints?.length, 3)
    })
  }
})
