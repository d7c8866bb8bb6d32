import type { IncomingMessage, Server, ServerResponse } from 'node:http'
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
  /**
   * Whether the API asks for keys. If not, whoever runs a program on this machine may call it, so web
   * pages of others must not. Everything beside the API is never for others.
   */
  authenticated: boolean
  /** Origins of other sites' pages that may call the API nevertheless; `*`: all. Default: none. */
  corsOrigins?: readonly string[]
  /** Adds routes that anybody may ask for, from anywhere: what they answer to, is itself the key. */
  mountOpen?: (app: Hono) => void
  /** Adds the routes of the program's parts. */
  mount: (app: Hono) => void
  /** Resolves when the program can do its work; an `AppError` is answered as the reason why not. */
  healthCheck: () => Promise<void>
  /** Takes WebSocket upgrades; absent, their requests are answered as any other. */
  upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** Default: 20 s for the headers, 120 s for all of a request, an hour for a file. */
  patience?: Patience
  log: Logger
}

/** How long a client may take to send a request. */
interface Patience {
  headersMs: number
  /** Headers and body together. */
  requestMs: number
  /** How often somebody looks. */
  checkMs: number
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
/** Whoever needs longer to send a request holds up a place. */
const defaultPatience: Patience = { headersMs: 20_000, requestMs: 120_000, checkMs: 5_000 }
/**
 * For half a gigabyte at 1.2 megabits per second; whoever takes it gives up before, when nothing more
 * comes.
 */
const uploadMs = 3_600_000
/** Far more than one process can serve, and fewer than make the system run out of files. */
const maxConnections = 10_000

/** What a client hears whose request is no HTTP, or never comes to its end. */
const refusals: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
}

/** Listens, or rejects with the system's error (`EADDRINUSE`, `EACCES`). */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { log } = options
  const app = createRootApp(options)
  const { server, address } = await listen(app, options)
  server.keepAliveTimeout = keepAliveMs
  server.maxConnections = maxConnections
  refuseBrokenRequests(server, log)
  hurryRequests(server, options)
  takeUpgrades(server, options)
  const { host } = options
  return {
    origin: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    close: (graceMs) => closeServer(server, graceMs),
  }
}

/** Answers what is no HTTP, unless the connection is in the middle of another answer. */
function refuseBrokenRequests(server: Server, log: Logger): void {
  const answering = new WeakSet<Duplex>()
  server.on('request', ({ socket }: IncomingMessage, answer: ServerResponse) => {
    answering.add(socket)
    answer.once('close', () => answering.delete(socket))
  })
  server.on('clientError', (err: NodeJS.ErrnoException, socket: Duplex) => {
    log.debug({ err }, 'bad http request')
    const refusal = refusals[err.code ?? ''] ?? '400 Bad Request'
    if (!socket.writable || answering.has(socket)) socket.destroy()
    else socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\n\r\n`)
  })
}

/** The server itself has one time for all requests, and that is the one for uploads. */
function hurryRequests(server: Server, { patience = defaultPatience }: HttpServerOptions): void {
  server.on('request', (request: IncomingMessage) => {
    if (request.complete || isUpload(request)) return
    const late = Object.assign(new Error('request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' })
    const timer = setTimeout(
      () => server.emit('clientError', late, request.socket),
      patience.requestMs,
    )
    for (const event of ['end', 'close']) request.once(event, () => clearTimeout(timer))
  })
}

function isUpload({ method, url = '' }: IncomingMessage): boolean {
  return method === 'POST' && /^\/(?:v1|openai(?:\/v1)?)\/files\/?(?:\?|$)/.test(url)
}

function takeUpgrades(server: Server, { upgrade, log }: HttpServerOptions): void {
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // From here on it is nobody else's, and an error that nobody hears ends the program.
    socket.on('error', (err) => log.debug({ err }, 'upgraded connection failed'))
    const { host = '', origin } = request.headers
    if (upgrade && isSameMachine(host, origin)) upgrade(request, socket, head)
    else socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n')
  })
}

function createRootApp(options: HttpServerOptions): Hono {
  const { mount, mountOpen, healthCheck, log } = options
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
  mountOpen?.(app)
  app.use(async (context, next) => {
    const { host = '', origin } = context.req.header()
    if (isSameMachine(host, origin)) return next()
    if (isApi(context.req.path) && isAdmitted({ host, origin }, options)) return next()
    if (options.authenticated) return context.notFound()
    return context.text('This server only answers programs on its own machine.', 403)
  })
  mount(app)
  app.notFound((context) => context.text('Not found. The API is under /v1.', 404))
  app.onError((err, context) => {
    log.error({ err, path: context.req.path }, 'request failed')
    return context.text('Internal Server Error', 500)
  })
  return app
}

/** The paths that ask for a key, where there are keys. */
function isApi(path: string): boolean {
  return /^\/(?:v1|openai)(?:\/|$)/.test(path)
}

/** Whether the API may be called from elsewhere: with a key, or from a page that was named. */
function isAdmitted(
  { host, origin = '' }: { host: string; origin: string | undefined },
  { authenticated, corsOrigins = [] }: HttpServerOptions,
): boolean {
  if (authenticated) return true
  return isLoopbackHost(host) && (corsOrigins.includes(origin) || corsOrigins.includes('*'))
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
  { host, port, upgrade, patience = defaultPatience }: HttpServerOptions,
): Promise<{ server: Server; address: AddressInfo }> {
  return new Promise((resolve, reject) => {
    const serverOptions = {
      headersTimeout: patience.headersMs,
      requestTimeout: uploadMs,
      connectionsCheckingInterval: patience.checkMs,
      // HTTP/2, which some clients offer with every request, may be declined by an answer in HTTP/1.
      shouldUpgradeCallback: ({ headers }: IncomingMessage) =>
        upgrade !== undefined && /^websocket$/i.test(headers.upgrade ?? ''),
    }
    const listening = { fetch: app.fetch, hostname: host, port, serverOptions }
    const server = serve(listening, (address) => {
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
