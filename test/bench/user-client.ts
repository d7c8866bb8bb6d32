import { Agent, request } from 'node:http'

import type { GatewayMessageCreateDispatchData, GatewayPresenceUpdate } from 'discord-api-types/v10'

import type { LocalSession, UserReady } from '../../src/local-discord/protocol.ts'
import { connectGateway } from './gateway.ts'

export interface Turn {
  /** From just before the message was sent to the first message of the bot. */
  firstMs: number
  /** To the moment at which the whole text of the answer was visible. */
  finalMs: number
}

/** A person at local Discord, who asks and watches the bot answer. */
export interface UserClient {
  /** Mentions the bot and waits for the end of its answer. One question at a time per channel. */
  ask(channelId: string, question: string): Promise<Turn>
  /** Fails the questions that wait for an answer. */
  giveUp(reason: unknown): void
  /** Waits until the bot's gateway session is ready (or gone) and answers when that was seen. */
  botIs(state: 'online' | 'offline'): Promise<number>
  close(): Promise<void>
}

export interface UserClientOptions {
  apiUrl: string
  session: LocalSession
}

interface Waiting {
  mark: string
  sentAt: number
  firstAt: number | null
  resolve(turn: Turn): void
  reject(reason: unknown): void
}

interface Answer {
  status: number
  body: string
}

const answerTimeoutMs = 20_000
const presenceTimeoutMs = 20_000
let questions = 0

export async function connectUser({ apiUrl, session }: UserClientOptions): Promise<UserClient> {
  const user = session.users[0]
  if (!user) throw new Error('local Discord has no user to speak as')
  const botId = session.bot_id
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const waiting = new Map<string, Waiting>()
  const presence = createPresence(botId)

  const onDispatch = (name: string, data: unknown) => {
    const at = performance.now()
    if (name === 'MESSAGE_CREATE' || name === 'MESSAGE_UPDATE') {
      const message = data as GatewayMessageCreateDispatchData // by the dispatch's name
      if (message.author.id === botId) settle(waiting, { name, message, at })
    } else if (name === 'PRESENCE_UPDATE') {
      presence.update(data as GatewayPresenceUpdate, at) // by the dispatch's name
    } else if (name === 'READY') {
      for (const known of (data as UserReady).presences) presence.update(known, at) // by the name
    }
  }
  const gateway = await connectGateway({ url: session.gateway_url, token: user.token, onDispatch })

  const post = (path: string, body: object): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const json = JSON.stringify(body)
      const headers = {
        authorization: user.token,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(json),
      }
      const outgoing = request(
        `${apiUrl}/v10${path}`,
        { method: 'POST', agent, headers },
        (got) => {
          let text = ''
          got.setEncoding('utf8')
          got.on('data', (chunk: string) => (text += chunk))
          got.on('end', () => resolve({ status: got.statusCode ?? 0, body: text }))
          got.on('error', reject)
        },
      )
      outgoing.on('error', reject)
      outgoing.end(json)
    })

  const send = async (channelId: string, content: string): Promise<void> => {
    const { status, body } = await post(`/channels/${channelId}/messages`, { content })
    if (status !== 200) throw new Error(`a message was refused with ${status}: ${body}`)
  }

  return {
    async ask(channelId, question) {
      questions += 1
      const mark = `q${questions}z`
      const { promise, resolve, reject } = Promise.withResolvers<Turn>()
      const timer = setTimeout(
        () => reject(new Error(`no answer to "${question} ${mark}" in ${answerTimeoutMs} ms`)),
        answerTimeoutMs,
      )
      try {
        waiting.set(channelId, { mark, sentAt: performance.now(), firstAt: null, resolve, reject })
        await Promise.all([send(channelId, `<@${botId}> ${question} ${mark}`), promise])
        return await promise
      } finally {
        clearTimeout(timer)
        waiting.delete(channelId)
      }
    },
    giveUp(reason) {
      for (const turn of waiting.values()) turn.reject(reason)
    },
    botIs: (state) => presence.when(state),
    async close() {
      await gateway.close()
      agent.destroy()
    },
  }
}

/** An edit is no first message: it may belong to the end of the turn before. */
function settle(
  waiting: Map<string, Waiting>,
  seen: { name: string; message: GatewayMessageCreateDispatchData; at: number },
): void {
  const turn = waiting.get(seen.message.channel_id)
  if (!turn) return
  if (seen.name === 'MESSAGE_CREATE') turn.firstAt ??= seen.at
  if (!seen.message.content.includes(turn.mark)) return
  turn.resolve({
    firstMs: (turn.firstAt ?? seen.at) - turn.sentAt,
    finalMs: seen.at - turn.sentAt,
  })
}

function createPresence(botId: string) {
  let state: 'online' | 'offline' = 'offline'
  let since = performance.now()
  let watchers: { state: string; resolve(at: number): void }[] = []
  return {
    update(presence: Pick<GatewayPresenceUpdate, 'user' | 'status'>, at: number): void {
      if (presence.user.id !== botId) return
      state = presence.status === 'online' ? 'online' : 'offline'
      since = at
      for (const watcher of watchers) if (watcher.state === state) watcher.resolve(at)
      watchers = watchers.filter((watcher) => watcher.state !== state)
    },
    when(wanted: 'online' | 'offline'): Promise<number> {
      if (state === wanted) return Promise.resolve(since)
      return new Promise((resolve, reject) => {
        const late = () => reject(new Error(`the bot was not ${wanted} in ${presenceTimeoutMs} ms`))
        const timer = setTimeout(late, presenceTimeoutMs)
        const found = (at: number) => {
          clearTimeout(timer)
          resolve(at)
        }
        watchers.push({ state: wanted, resolve: found })
      })
    },
  }
}
