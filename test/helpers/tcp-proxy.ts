import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** Stands between a client and a server, so that a test can take the server away and bring it back. */
export interface TcpProxy {
  /** Stays the same whether it is open or cut. */
  readonly port: number
  /** Lets connections through. */
  open(): Promise<void>
  /** Ends every connection without a word and refuses new ones. */
  cut(): Promise<void>
}

/** Cut at first. Reserves a free port by listening on it for an instant. */
export async function createTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // A cut connection is what the test wants.
    socket.on('error', () => {})
  }
  let server: Server | undefined
  async function listen(port: number): Promise<number> {
    server = createServer((client) => {
      const upstream = connect(target.port, target.host)
      for (const socket of [client, upstream]) keep(socket)
      client.pipe(upstream).pipe(client)
      client.on('close', () => upstream.destroy())
      upstream.on('close', () => client.destroy())
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    // It listens on a port, so its address is not the path of a pipe.
    return (server.address() as AddressInfo).port
  }
  async function cut(): Promise<void> {
    if (!server) return
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
    server = undefined
  }

  const port = await listen(0)
  await cut()
  return { port, open: async () => void (await listen(port)), cut }
}
