import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'

import { ConfigError, environmentSchema, parseConfig } from '../src/config.ts'

describe('parseConfig', () => {
  it('needs nothing: local Discord, the demo driver, loopback', () => {
    const config = parseConfig({})
    assert.equal(config.discord.token, null)
    assert.equal(config.model, null)
    assert.equal(config.http.host, '127.0.0.1')
    assert.equal(config.http.port, 3000)
    assert.ok(config.database.type === 'sqlite')
    assert.match(config.database.path, /data.assistants\.sqlite$/)
  })

  it('treats an empty variable as absent', () => {
    assert.equal(parseConfig({ PORT: '', DISCORD_TOKEN: ' ' }).discord.token, null)
  })

  it('takes a base URL alone as a wish for a model that needs no key', () => {
    const { model } = parseConfig({
      OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1',
      OPENAI_MODEL: 'qwen3:8b',
    })
    assert.equal(model?.name, 'qwen3:8b')
    assert.deepEqual(model.endpoints, [
      {
        name: 'default',
        api: 'chat_completions',
        concurrency: null,
        models: new Map(),
        baseUrl: 'http://127.0.0.1:11434/v1',
        apiKey: null,
        contextWindow: null,
        servesAll: true,
        defaultModel: 'qwen3:8b',
      },
    ])
  })

  it('wants an endpoint that serves the embedding model', (t) => {
    const EMBEDDING_MODEL = 'bge-m3'
    assert.equal(parseConfig({ EMBEDDING_MODEL, OPENAI_API_KEY: 'k' }).embeddingModel, 'bge-m3')
    assert.equal(parseConfig({}).embeddingModel, null)
    assert.throws(() => parseConfig({ EMBEDDING_MODEL }), /EMBEDDING_MODEL: needs a model endpoint/)
    const folder = mkdtempSync(join(tmpdir(), 'guagua-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const ENDPOINTS_FILE = join(folder, 'endpoints.json')
    const withModels = (models: object) => {
      const local = { name: 'local', base_url: 'http://127.0.0.1:1/v1', models }
      writeFileSync(ENDPOINTS_FILE, JSON.stringify({ endpoints: [local] }))
    }
    withModels({ chat: {} })
    assert.throws(
      () => parseConfig({ EMBEDDING_MODEL, ENDPOINTS_FILE }),
      /EMBEDDING_MODEL: ENDPOINTS_FILE does not name "bge-m3"/,
    )
    withModels({ chat: {}, 'bge-m3': {} })
    assert.equal(parseConfig({ EMBEDDING_MODEL, ENDPOINTS_FILE }).embeddingModel, 'bge-m3')
  })

  it('reads the endpoints of a file, and which model a new assistant has', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'guagua-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'endpoints.json')
    const local = { name: 'local', base_url: 'http://127.0.0.1:1/v1', models: { a: {}, b: {} } }
    writeFileSync(path, JSON.stringify({ endpoints: [local] }))
    const chosen = (env: Record<string, string>) => {
      const { model } = parseConfig({ ENDPOINTS_FILE: path, ...env })
      return [model?.name, ...(model?.endpoints.map(({ name }) => name) ?? [])]
    }
    assert.deepEqual(chosen({}), ['a', 'local'])
    assert.deepEqual(chosen({ OPENAI_MODEL: 'b' }), ['b', 'local'])
    assert.deepEqual(chosen({ OPENAI_MODEL: 'c' }), ['c', 'default', 'local'])
    assert.deepEqual(chosen({ OPENAI_MODEL: 'b', OPENAI_API_KEY: 'k' }), ['b', 'default', 'local'])
    assert.deepEqual(chosen({ OPENAI_API_KEY: 'k' }), ['gpt-4o-mini', 'default', 'local'])

    writeFileSync(path, JSON.stringify({ endpoints: [{ ...local, base_url: 'local' }] }))
    assert.throws(() => chosen({ HOST: '0.0.0.0' }), {
      name: 'ConfigError',
      message:
        /- API_KEYS: required[^]*endpoints\.json: endpoints\[0\]\.base_url: expected an address/,
    })
    assert.throws(() => chosen({ ENDPOINTS_FILE: join(folder, 'none.json') }), {
      message: /ENDPOINTS_FILE: .*none\.json cannot be read \(ENOENT/,
    })
  })

  it('lists all problems together, each by its variable', () => {
    assert.throws(
      () =>
        parseConfig({
          PORT: 'abc',
          OPENAI_BASE_URL: 'ftp://x',
          LOG_LEVEL: 'loud',
          ASSISTANT_ID: 'x',
        }),
      (error) => {
        assert.ok(error instanceof ConfigError)
        assert.match(error.message, /PORT: expected a whole number from 0 to 65535, got "abc"/)
        for (const name of ['OPENAI_BASE_URL', 'LOG_LEVEL', 'ASSISTANT_ID']) {
          assert.match(error.message, new RegExp(`- ${name}: expected`))
        }
        return true
      },
    )
  })

  it('takes a database on a server, and never repeats its password in a problem', () => {
    const url = 'postgres://teacher:swordfish@db.example:5432/class?sslmode=verify-full'
    assert.deepEqual(parseConfig({ DATABASE_URL: url }).database, { type: 'postgres', url })
    const socket = 'postgresql:///class?host=/var/run/postgresql'
    assert.equal(parseConfig({ DATABASE_URL: socket }).database.type, 'postgres')
    const sqlite = parseConfig({ DATABASE_URL: 'sqlite:///data/a.sqlite' }).database
    assert.deepEqual(sqlite, { type: 'sqlite', path: '/data/a.sqlite' })
    const bad = ['postgres://teacher:sword#fish@db/class', 'postgres://:swordfish@/', 'mysql://a/b']
    for (const wrong of bad) {
      assert.throws(
        () => parseConfig({ DATABASE_URL: wrong }),
        (error) => {
          assert.ok(error instanceof ConfigError)
          assert.match(error.message, /- DATABASE_URL: expected sqlite:<path> or postgres:/)
          assert.doesNotMatch(error.message, /sword[#f]/)
          return true
        },
      )
    }
  })

  it('requires keys and a token as soon as other machines can reach it', () => {
    assert.throws(
      () => parseConfig({ HOST: '0.0.0.0' }),
      /API_KEYS: required[^]*DISCORD_TOKEN: required/,
    )
    const config = parseConfig({ HOST: '0.0.0.0', API_KEYS: 'a, b,', DISCORD_TOKEN: 't' })
    assert.deepEqual(config.http.apiKeys, [
      { project: 'default', key: 'a' },
      { project: 'default', key: 'b' },
    ])
  })

  it('gives each key its project', () => {
    const { http } = parseConfig({ API_KEYS: 'a, class_3-b : b ,default:c:d,,class_3-b:b' })
    assert.deepEqual(http.apiKeys, [
      { project: 'default', key: 'a' },
      { project: 'class_3-b', key: 'b' },
      { project: 'default', key: 'c:d' },
    ])
  })

  it('refuses keys whose project or owner is not clear, by their place', () => {
    const keys = `a,class 3:secret1,:secret2,${'x'.repeat(65)}:secret3,p:,p:with space,p:a`
    assert.throws(
      () => parseConfig({ API_KEYS: keys }),
      (error) => {
        assert.ok(error instanceof ConfigError)
        for (const entry of [2, 3, 4]) {
          assert.match(error.message, new RegExp(`API_KEYS: entry ${entry} has a project that`))
        }
        for (const entry of [5, 6]) {
          assert.match(
            error.message,
            new RegExp(`API_KEYS: entry ${entry} has a key that is empty`),
          )
        }
        assert.match(error.message, /API_KEYS: entry 7 has a key that an earlier entry gives/)
        assert.doesNotMatch(error.message, /entry 1|secret|with space/)
        return true
      },
    )
  })

  it('reads origins as browsers send them, and limits', () => {
    const { http } = parseConfig({
      CORS_ORIGINS: 'https://App.example.com/, http://localhost:5173',
      REQUESTS_PER_MINUTE: '60',
    })
    assert.deepEqual(http.corsOrigins, ['https://app.example.com', 'http://localhost:5173'])
    assert.deepEqual(http.limits, { requestsPerMinute: 60, maxStreams: 1000 })
    const { corsOrigins, limits } = parseConfig({}).http
    assert.deepEqual([corsOrigins, limits.requestsPerMinute], [[], 0])
  })

  it('refuses origins that are none, and everybody where there are no keys', () => {
    for (const CORS_ORIGINS of ['app.example.com', 'https://a.example/path', 'https://*.example']) {
      assert.throws(() => parseConfig({ CORS_ORIGINS }), /CORS_ORIGINS: expected/)
    }
    assert.throws(() => parseConfig({ CORS_ORIGINS: '*' }), /CORS_ORIGINS: \* needs API_KEYS/)
    const { http } = parseConfig({ CORS_ORIGINS: '*', API_KEYS: 'k' })
    assert.deepEqual(http.corsOrigins, ['*'])
  })

  it('keeps files in a folder, or in a bucket', () => {
    const data = parseConfig({ DATA_DIR: '/data' })
    assert.deepEqual(data.files, { type: 'folder', path: '/data/files' })
    for (const url of ['file:/mnt/files', 'file:///mnt/files']) {
      assert.deepEqual(parseConfig({ FILES_URL: url }).files, {
        type: 'folder',
        path: '/mnt/files',
      })
    }
    const keys = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'key-secret' }
    const settings = {
      bucket: 'a-bucket',
      prefix: '',
      region: 'us-east-1',
      endpoint: null,
      pathStyle: true,
      accessKeyId: 'id',
      secretAccessKey: 'key-secret',
      sessionToken: null,
    }
    const plain = parseConfig({ FILES_URL: 's3://a-bucket', ...keys })
    assert.deepEqual(plain.files, { type: 's3', settings })
    const full = parseConfig({
      FILES_URL: 's3://a-bucket/some/prefix/?path_style=false',
      AWS_DEFAULT_REGION: 'cn-north-1',
      AWS_ENDPOINT_URL: 'http://other.test',
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9000',
      AWS_SESSION_TOKEN: 'token',
      ...keys,
    })
    const differences = {
      prefix: 'some/prefix/',
      region: 'cn-north-1',
      endpoint: 'http://127.0.0.1:9000',
      pathStyle: false,
      sessionToken: 'token',
    }
    assert.deepEqual(full.files, { type: 's3', settings: { ...settings, ...differences } })
    assert.throws(() => parseConfig({ FILES_URL: 's3://a-bucket' }), /AWS_ACCESS_KEY_ID: required/)
    assert.throws(() => parseConfig({ FILES_URL: 'https://a-bucket' }), /FILES_URL: expected file:/)
  })

  it('never repeats a secret in a problem', () => {
    assert.throws(
      () => parseConfig({ OPENAI_API_KEY: 'sk-secret', API_KEYS: 'key-secret', PORT: '-1' }),
      (error) => error instanceof Error && !error.message.includes('secret'),
    )
  })

  it('knows the variables of .env.example and no others', () => {
    const documented = readFileSync(new URL('../.env.example', import.meta.url), 'utf8')
      .split('\n')
      .flatMap((line) => /^([A-Z][A-Z0-9_]*)=/.exec(line)?.[1] ?? [])
    // TZ is read by Node itself.
    assert.deepEqual(
      documented.toSorted(),
      [...Object.keys(environmentSchema.shape), 'TZ'].toSorted(),
    )
  })
})
