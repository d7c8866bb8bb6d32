import { lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'

import ipaddr from 'ipaddr.js'
import { Agent, buildConnector } from 'undici'

import { AppError } from '../../errors.ts'

/** The address is not one of the public internet. */
export class PrivateAddressError extends AppError {
  override readonly name = 'PrivateAddressError'
  constructor() {
    super('invalid_request', 'The address is not on the public internet.')
  }
}

/**
 * Whether an IP address is of the public internet: not loopback, private, link-local (where clouds keep
 * their metadata), carrier-grade, multicast or reserved, also not inside of an IPv6 one.
 */
export function isPublicAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast'
}

export type Resolve = (
  host: string,
  onFound: (error: Error | null, addresses: { address: string; family: number }[]) => void,
) => void

const resolveByDns: Resolve = (host, onFound) => lookup(host, { all: true }, onFound)

interface ConnectionOptions {
  resolve?: Resolve
  /** Tests connect to this machine. */
  isAllowed?: (address: string) => boolean
}

/**
 * Connects to public addresses only. A name is resolved once and what is connected to is what was
 * checked, so a name cannot mean one address when it is checked and another one afterwards.
 */
export function createPublicAgent({
  resolve = resolveByDns,
  isAllowed = isPublicAddress,
}: ConnectionOptions = {}): Agent {
  const lookupPublic: LookupFunction = (host, { all }, onFound) => {
    resolve(host, (error, addresses) => {
      if (error) return onFound(error, '')
      const [first, ...rest] = addresses.filter(({ address }) => isAllowed(address))
      if (!first) return onFound(new PrivateAddressError(), '')
      if (all) onFound(null, [first, ...rest])
      else onFound(null, first.address, first.family)
    })
  }
  const connect = buildConnector({ lookup: lookupPublic, timeout: 10_000 })
  return new Agent({
    connect(options, onConnected) {
      const host = options.hostname.replaceAll(/^\[|\]$/gu, '')
      // An address is not looked up.
      if (isIP(host) !== 0 && !isAllowed(host)) {
        onConnected(new PrivateAddressError(), null)
        return
      }
      connect(options, onConnected)
    },
    maxHeaderSize: 32 * 1024,
    keepAliveTimeout: 1000,
  })
}
