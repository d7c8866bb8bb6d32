import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'

import { createLocalDiscord, type LocalDiscord, type LocalDiscordOptions } from './local-discord.ts'

export interface ServeOptions extends LocalDiscordOptions {
  /** Default 127.0.0.1. */
  host?: string
  /** Default 0: a free one. */
  port?: number
  /** Served below `/` after local Discord's own routes, e.g. the web page. */
  page?: Hono
}

export interface ServedLocalDiscord extends LocalDiscord {
  /** `http://127.0.0.1:…` */
  readonly origin: string
}

const keepAliveMs = 65_000

/** Local Discord on an HTTP server of its own. */
export async function serveLocalDiscord({
  host = '127.0.0.1',
  port = 0,
  page,
  ...options
}: ServeOptions = {}): Promise<ServedLocalDiscord> {
  const local = createLocalDiscord(options)
  if (page) local.app.route('/', page)
  const listener = getRequestListener(local.app.fetch)
  const server = createServer((request, response) => void listener(request, response))
  // Node's 5 s end connections that clients are about to use again; Discord holds them longer.
  server.keepAliveTimeout = keepAliveMs
  server.on('upgrade', (request, socket, head) => local.upgrade(request, socket, head))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  // A server that listens on a port has an address of this kind.
  const { port: actual } = server.address() as AddressInfo
  return {
    ...local,
    origin: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    async close() {
      await local.close()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
