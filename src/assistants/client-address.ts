import { isIP } from 'node:net'

import type { HttpBindings } from '@hono/node-server'

import { isLoopback } from '../loopback.ts'
import type { ApiContext } from './reply.ts'

/**
 * Where a request comes from: the address of the connection or, if that is a program on this machine
 * and so perhaps a reverse proxy, the last one in `X-Forwarded-For`, which the proxy itself wrote.
 * Of IPv6 the first half, because the other one is the client's to choose.
 */
export function clientAddress(context: ApiContext): string {
  const peer = withoutPrefix(bindingsOf(context)?.incoming.socket.remoteAddress ?? '')
  if (peer !== '' && !isLoopback(peer)) return network(peer)
  const forwarded = context.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() ?? ''
  return isIP(forwarded) === 0 ? peer : network(withoutPrefix(forwarded))
}

/** Node's side of a request that came over HTTP; undefined inside the process. */
export function bindingsOf(context: ApiContext): HttpBindings | undefined {
  const { incoming, outgoing } = (context.env ?? {}) as Partial<HttpBindings> // set by the server
  return incoming && outgoing && { incoming, outgoing }
}

/** IPv4 as a socket for both kinds shows it. */
function withoutPrefix(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}

function network(address: string): string {
  if (isIP(address) !== 6) return address
  const [head = '', tail] = address.split('::')
  const groups = head === '' ? [] : head.split(':')
  // Of `1::2`, the zeros in the middle; the rest is behind the first half if it is long enough.
  const rest = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array<string>(8 - groups.length - rest.length).fill('0')
  return [...groups, ...zeros, ...rest].slice(0, 4).join(':')
}
