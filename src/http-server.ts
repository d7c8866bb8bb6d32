import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'

import { serve } from '@hono/node-server'
import { Hono } from 'hono'

import { AppError } from './errors.ts'
import type { Logger } from './log.ts'
import { isLoopbackHost } from './loopback.ts'

export interface HttpServerOptions {
  host: string
  /** 0 takes any free port. */
  port: number
  /** False: whoever runs a program on this machine may call, so web pages of others must not. */
  authenticated: boolean
  /** Adds the routes of the program's parts. */
  mount: (app: Hono) => void
  /** Resolves when the program can do its work; an `AppError` is answered as the reason why not. */
  healthCheck: () => Promise<void>
  /** Takes WebSocket upgrades; absent, they are refused. */
  upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  log: Logger
}

export interface HttpServer {
  /** `http://127.0.0.1:3000`, with the port that was really taken. */
  readonly origin: string
  /** Stops listening, and ends connections that are still open after `graceMs`. */
  close(graceMs: number): Promise<void>
}

const healthCheckTimeoutMs = 2_000
/** Longer than proxies keep a connection (60 s), or they would use one that is just being closed. */
const keepAliveMs = 65_000

/** Listens, or rejects with the system's error (`EADDRINUSE`, `EACCES`). */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { host, port, log } = options
  const app = createRootApp(options)
  const { server, address } = await listen(app, { host, port })
  server.keepAliveTimeout = keepAliveMs
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (options.upgrade && isUpgradeAllowed(request, options))
      options.upgrade(request, socket, head)
    else socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n')
  })
  server.on('clientError', (err: Error, socket: Duplex) => {
    log.debug({ err }, 'bad http request')
    socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
  })
  return {
    origin: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    close: (graceMs) => closeServer(server, graceMs),
  }
}

function createRootApp({ authenticated, mount, healthCheck, log }: HttpServerOptions): Hono {
  const app = new Hono()
  app.get('/healthz', async (context) => {
    try {
      await withTimeout(healthCheck(), healthCheckTimeoutMs)
      return context.json({ status: 'ok' })
    } catch (err) {
      const reason = err instanceof AppError ? err.message : undefined
      log.warn(reason === undefined ? { err } : { reason }, 'health check failed')
      return context.json({ status: 'unavailable', reason }, 503)
    }
  })
  if (!authenticated) {
    app.use(async (context, next) => {
      const { host = '', origin } = context.req.header()
      if (isSameMachine(host, origin)) return next()
      return context.text('This server only answers programs on its own machine.', 403)
    })
  }
  mount(app)
  app.onError((err, context) => {
    log.error({ err, path: context.req.path }, 'request failed')
    return context.text('Internal Server Error', 500)
  })
  return app
}

function isUpgradeAllowed(
  { headers }: IncomingMessage,
  { authenticated }: HttpServerOptions,
): boolean {
  return authenticated || isSameMachine(headers.host ?? '', headers.origin)
}

/**
 * Without keys, two things keep web pages of other sites out: the Host header must name this machine
 * (DNS rebinding), and a request that a page sent must come from our own page (cross-site requests).
 */
function isSameMachine(host: string, origin: string | undefined): boolean {
  return isLoopbackHost(host) && (origin === undefined || origin === `http://${host}`)
}

function listen(
  app: Hono,
  { host, port }: { host: string; port: number },
): Promise<{ server: Server; address: AddressInfo }> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: host, port }, (address) => {
      server.off('error', reject)
      resolve({ server, address })
    }) as Server // serve() makes an HTTP/1.1 server unless it is given another factory
    server.once('error', reject)
  })
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), graceMs)
  await closed
  clearTimeout(timer)
}

async function withTimeout<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const error = new AppError('unavailable', `The store did not answer within ${timeoutMs} ms.`)
    timer = setTimeout(() => reject(error), timeoutMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
