// Calls to REST v10 as the chosen speaker.
import type { CommandIndex, InteractionRequest, LocalSession } from '../protocol.ts'
import type { Channel, Message } from './wire.ts'

const base = '/api/v10'
const pageSize = 50
const mostRetries = 5

class RestError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export interface OutgoingMessage {
  content: string
  nonce: string
  replyTo?: string | undefined
  files?: readonly File[]
}

export type Rest = ReturnType<typeof createRest>

/** @param token gives the speaker's token at the time of each call */
export function createRest(token: () => string | undefined) {
  async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const headers = new Headers()
    const current = token()
    if (current !== undefined) headers.set('authorization', current)
    if (body !== undefined && !(body instanceof FormData)) {
      headers.set('content-type', 'application/json')
    }
    const payload =
      body === undefined || body instanceof FormData ? (body ?? null) : JSON.stringify(body)
    for (let retries = 0; ; retries++) {
      // Each try depends on how the one before ended.
      const response = await fetch(base + path, { method, headers, body: payload })
      if (response.status === 429 && retries < mostRetries) {
        await pause(Number(response.headers.get('retry-after') ?? 1))
        continue
      }
      const text = await response.text()
      if (!response.ok) throw new RestError(response.status, messageOf(text))
      // The server is ours and its answers are typed in protocol.ts.
      return (text === '' ? undefined : JSON.parse(text)) as T
    }
  }

  return {
    session: () => call<LocalSession>('GET', '/local/session'),
    messages: (channelId: string, before?: string) =>
      call<Message[]>(
        'GET',
        `/channels/${channelId}/messages?limit=${pageSize}${before ? `&before=${before}` : ''}`,
      ),
    send: (channelId: string, message: OutgoingMessage) =>
      call<Message>('POST', `/channels/${channelId}/messages`, toBody(message)),
    edit: (channelId: string, messageId: string, content: string) =>
      call<Message>('PATCH', `/channels/${channelId}/messages/${messageId}`, { content }),
    remove: (channelId: string, messageId: string) =>
      call('DELETE', `/channels/${channelId}/messages/${messageId}`),
    startTyping: (channelId: string) => call('POST', `/channels/${channelId}/typing`),
    react: (message: { channel_id: string; id: string }, emoji: string, isOn: boolean) =>
      call(
        isOn ? 'PUT' : 'DELETE',
        `/channels/${message.channel_id}/messages/${message.id}/reactions/${encodeURIComponent(emoji)}/@me`,
      ),
    startThread: (channelId: string, messageId: string, name: string) =>
      call<Channel>('POST', `/channels/${channelId}/messages/${messageId}/threads`, { name }),
    openDirect: (userId: string) =>
      call<Channel>('POST', '/users/@me/channels', { recipient_id: userId }),
    commands: (scope: string) => call<CommandIndex>('GET', `/${scope}/application-command-index`),
    interact: (request: InteractionRequest, files: readonly File[] = []) =>
      call('POST', '/interactions', files.length === 0 ? request : toForm(request, files)),
  }
}

function toBody({ content, nonce, replyTo, files = [] }: OutgoingMessage): unknown {
  const body = {
    content,
    nonce,
    ...(replyTo !== undefined && { message_reference: { message_id: replyTo } }),
  }
  return files.length === 0 ? body : toForm(body, files)
}

function toForm(body: object, files: readonly File[]): FormData {
  const form = new FormData()
  form.set('payload_json', JSON.stringify(body))
  for (const [index, file] of files.entries()) form.set(`files[${index}]`, file, file.name)
  return form
}

function messageOf(text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && 'message' in value) {
      return String(value.message)
    }
  } catch {
    // Not JSON: shown as it is.
  }
  return text.slice(0, 200)
}

function pause(seconds: number): Promise<void> {
  const ms = Math.min(Math.max(seconds, 0.05), 10) * 1000
  return new Promise((resolve) => setTimeout(resolve, ms))
}
