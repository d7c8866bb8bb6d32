import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An endpoint for embeddings over real HTTP, whose sense of meaning is a table of synonyms. */
export interface EmbeddingServer {
  /** What `OPENAI_BASE_URL` would hold. */
  baseURL: string
  /** The texts of each request so far. */
  requests: { model: string; input: string[] }[]
  /** Decides what a request gets instead of vectors; undefined: vectors. */
  answer: (request: { model: string; input: string[] }) => EmbeddingFailure | undefined
  close(): Promise<void>
}

export interface EmbeddingFailure {
  status: number
  body: unknown
  headers?: Record<string, string>
}

const dimensions = 384

/** Starts on a free port of the loopback. */
export async function createEmbeddingServer(): Promise<EmbeddingServer> {
  const server = createServer((incoming, response) => {
    void (async () => {
      const bytes: Buffer[] = []
      for await (const chunk of incoming) bytes.push(chunk as Buffer) // no encoding is set
      const { model, input } = JSON.parse(Buffer.concat(bytes).toString('utf8')) as {
        model: string
        input: string | string[]
      } // our own client's
      const texts = [input].flat()
      const request = { model, input: texts }
      stub.requests.push(request)
      const { status, body, headers } = stub.answer(request) ?? toAnswer(request)
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(JSON.stringify(body))
    })().catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // a TCP server that listens
  const stub: EmbeddingServer = {
    baseURL: `http://127.0.0.1:${port}/v1`,
    requests: [],
    answer: () => undefined,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
  return stub
}

function toAnswer({ model, input }: { model: string; input: string[] }): EmbeddingFailure {
  const data = input.map((text, index) => ({
    object: 'embedding',
    index,
    embedding: Array.from(toVector(text), (number) => Number(number.toFixed(5))),
  }))
  const usage = { prompt_tokens: input.length, total_tokens: input.length }
  return { status: 200, body: { object: 'list', model, data, usage } }
}

/** The same for the same text: what its words, and parts of words, are hashed to. */
function toVector(text: string): Float32Array {
  const vector = new Float32Array(dimensions)
  for (const [feature, weight] of featuresOf(text)) {
    // Several places each, so that few features collide in all of them.
    for (let round = 0; round < 8; round += 1) {
      const hash = hashOf(`${round}${feature}`)
      const place = hash % dimensions
      vector[place] = (vector[place] ?? 0) + (hash & 0x40_00_00 ? weight : -weight)
    }
  }
  const length = Math.hypot(...vector) || 1
  return vector.map((number) => number / length)
}

function featuresOf(text: string): Map<string, number> {
  const features = new Map<string, number>()
  const add = (feature: string, weight: number) =>
    features.set(feature, Math.min((features.get(feature) ?? 0) + weight, 3 * weight))
  const plain = text.toLowerCase()
  for (const [word] of plain.matchAll(/[a-z0-9]+/g)) {
    if (commonWords.has(word)) continue
    const known = meanings.get(word)
    if (known !== undefined) add(`=${known}`, 2)
    for (let start = 0; start + 4 <= word.length; start += 1) add(word.slice(start, start + 4), 0.5)
    add(word, 1)
  }
  for (const [run] of plain.matchAll(/\p{Script=Han}+/gu)) {
    for (let start = 0; start + 2 <= run.length; start += 1) add(run.slice(start, start + 2), 1)
  }
  for (const [word, meaning] of chineseMeanings) if (plain.includes(word)) add(`=${meaning}`, 2)
  return features
}

/** FNV-1a, and a last stir for the low bits. */
function hashOf(text: string): number {
  let hash = 0x81_1c_9d_c5
  for (let place = 0; place < text.length; place += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(place), 0x01_00_01_93)
  }
  return Math.imul(hash ^ (hash >>> 15), 0x2c_1b_3c_6d) >>> 0
}

const commonWords = new Set(
  'a an and are as at be by do does for from how if in into is it its of on or so that the their them they this to was were what when where which who why will with you your'.split(
    ' ',
  ),
)

/** Words of one line mean the same. */
const synonyms = [
  'car automobile vehicle 汽车 车辆',
  'doctor physician medic 医生 大夫',
  'begin start commence beginning 开始 起初',
  'big large huge great 大 巨大',
  'fast quick rapid speed swift 快 速度 迅速',
  'money cash currency price cost 钱 货币 价格 成本',
  'sick ill disease illness 病 疾病',
  'grow growth increase rise 增长 增加 上升',
  'fall drop decrease decline shrink 下降 减少 降低',
  'war battle conflict fight 战争 战役 打仗',
  'king ruler emperor monarch 国王 皇帝 君主',
  'sun solar sunlight 太阳 阳光 日光',
  'plant plants leaf leaves vegetation 植物 叶子 叶片',
  'heat hot warm temperature thermal 热 温度 炎热',
  'exam test assessment 考试 测验',
]
const meanings = new Map<string, number>()
const chineseMeanings: [word: string, meaning: number][] = []
for (const [meaning, line] of synonyms.entries()) {
  for (const word of line.split(' ')) {
    meanings.set(word, meaning)
    if (/\p{Script=Han}{2}/u.test(word)) chineseMeanings.push([word, meaning])
  }
}
