import { isIP } from 'node:net'

/** Whether an address or name can only be reached from this machine. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1' || host === '[::1]') return true
  return isIP(host) === 4 && host.startsWith('127.')
}

/** The same of a Host header, which may end in a port. */
export function isLoopbackHost(header: string): boolean {
  return isLoopback(header.replace(/:\d+$/, ''))
}
