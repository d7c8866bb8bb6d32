import { createHash, createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { S3Settings } from '../../src/assistants/files/s3-client.ts'

/** As much of S3 as objects need: it checks signatures and digests, and knows ranges. */
export interface S3Server {
  settings: S3Settings
  /** By path: the bucket, and the key. */
  objects: Map<string, Buffer>
  /** Requests that are answered with these statuses before any is served again; 0: cut off. */
  failures: number[]
  /** Methods and paths of all requests, with the status of each. */
  requests: string[]
  close(): Promise<void>
}

const accessKeyId = 'AKIDTEST'
const secretAccessKey = 'secret/of+the test'

export async function startS3Server(): Promise<S3Server> {
  const objects = new Map<string, Buffer>()
  const failures: number[] = []
  const requests: string[] = []
  const server = createServer((request, response) => {
    void answer(request, response)
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks = await request.toArray().catch(() => [])
    const path = new URL(request.url ?? '', 'http://s3.test').pathname
    const failure = failures.shift()
    const [status, body, headers] =
      failure === undefined
        ? serve(request, path, Buffer.concat(chunks))
        : toError(failure, 'SlowDown')
    requests.push(`${request.method} ${path} ${status}`)
    if (status === 0) return void response.destroy()
    response.writeHead(status, { ...headers, 'content-length': body.length }).end(body)
  }

  function serve(request: IncomingMessage, path: string, body: Buffer): Reply {
    const { headers, method } = request
    const digest = headers['x-amz-content-sha256']
    if (headers.authorization !== sign(request)) return toError(403, 'SignatureDoesNotMatch')
    if (headers['transfer-encoding'] !== undefined) return toError(411, 'MissingContentLength')
    if (digest !== 'UNSIGNED-PAYLOAD' && digest !== sha256(body)) {
      return toError(400, 'XAmzContentSHA256Mismatch')
    }
    if (!path.startsWith('/a-bucket/')) return toError(404, 'NoSuchBucket')
    if (method === 'PUT') {
      objects.set(path, body)
      return [200, Buffer.alloc(0), { etag: '"any"' }]
    }
    if (method === 'DELETE') {
      objects.delete(path)
      return [204, Buffer.alloc(0), {}]
    }
    const object = objects.get(path)
    if (!object) return toError(404, 'NoSuchKey')
    const range = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '')
    if (!range) return [200, object, {}]
    return [206, object.subarray(Number(range[1]), Number(range[2]) + 1), {}]
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  return {
    settings: {
      bucket: 'a-bucket',
      prefix: 'some/前缀/',
      region: 'eu-test-1',
      endpoint: `http://127.0.0.1:${port}`,
      pathStyle: true,
      accessKeyId,
      secretAccessKey,
      sessionToken: 'a-token',
    },
    objects,
    failures,
    requests,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

type Reply = [status: number, body: Buffer, headers: Record<string, string>]

function toError(status: number, code: string): Reply {
  return [status, Buffer.from(`<Error><Code>${code}</Code><Message>No.</Message></Error>`), {}]
}

/** The `authorization` that the request should have (AWS signature, version 4). */
function sign({ method, url = '', headers }: IncomingMessage): string {
  const { pathname } = new URL(url, 'http://s3.test')
  const date = String(headers['x-amz-date'])
  const given = /SignedHeaders=([^,]*)/.exec(headers.authorization ?? '')?.[1] ?? ''
  const canonical = [
    method,
    pathname,
    '',
    ...given.split(';').map((name) => `${name}:${String(headers[name])}`),
    '',
    given,
    headers['x-amz-content-sha256'],
  ].join('\n')
  const scope = `${date.slice(0, 8)}/eu-test-1/s3/aws4_request`
  const text = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n')
  const key = scope.split('/').reduce<Buffer | string>(hmac, `AWS4${secretAccessKey}`)
  const signature = hmac(key, text).toString('hex')
  return `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${given}, Signature=${signature}`
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex')
}
