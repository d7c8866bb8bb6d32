import WebSocket from 'ws'

export interface Gateway {
  close(): Promise<void>
}

export interface GatewayOptions {
  url: string
  token: string
  /** Called with each dispatch's name and data, READY included. */
  onDispatch: (name: string, data: unknown) => void
}

interface Payload {
  op: number
  s: number | null
  t: string | null
  d: unknown
}

/** The least of a user client's gateway connection: identify, heartbeats, dispatches. */
export async function connectGateway(options: GatewayOptions): Promise<Gateway> {
  const { url, token, onDispatch } = options
  const socket = new WebSocket(`${url}/?v=10&encoding=json`)
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>()
  let sequence: number | null = null
  let heartbeat: NodeJS.Timeout | undefined
  const send = (op: number, d: unknown) => socket.send(JSON.stringify({ op, d }))

  socket.on('message', (raw: Buffer) => {
    const payload = JSON.parse(raw.toString('utf8')) as Payload // local Discord's own envelope
    if (payload.s !== null) sequence = payload.s
    if (payload.op === 10) {
      const { heartbeat_interval } = payload.d as { heartbeat_interval: number } // op 10 is HELLO
      heartbeat = setInterval(() => send(1, sequence), heartbeat_interval)
      send(2, { token, properties: {} })
    }
    if (payload.t === null) return
    onDispatch(payload.t, payload.d)
    if (payload.t === 'READY') resolve()
  })
  socket.on('error', reject)
  socket.on('close', (code) => {
    clearInterval(heartbeat)
    reject(new Error(`the gateway closed the connection with code ${code}`))
  })
  await ready
  return {
    async close() {
      const closed = new Promise((done) => socket.once('close', done))
      socket.close(1000)
      await closed
    },
  }
}
