import { mkdirSync } from 'node:fs'

import { KeyvSqlite } from '@keyv/sqlite'
import { Keyv } from 'keyv'

import { createSqliteStore } from '../../src/assistants/store/sqlite.ts'
import type { Message, Store } from '../../src/assistants/store/store.ts'
import { systemClock } from '../../src/bot/clock.ts'
import { createConversations, placeOf } from '../../src/bot/conversations.ts'
import { parseConfig } from '../../src/config.ts'
import { newId } from '../../src/ids.ts'
import { createLogger } from '../../src/log.ts'

export interface ThreadGroup {
  /** How long each thread is. */
  messages: number
  /** The channels that get one. */
  channels: readonly string[]
}

/** Some 120 tokens. */
const text =
  'On Tuesday we talked about how a model reads a prompt, why the order of examples matters, and ' +
  'what to do when the answer is almost right. '.repeat(5)

/**
 * Gives channels a past: threads of many messages, bound to them as the bot would have done.
 * Through the store itself, because so many requests would take minutes. The bot must not run.
 */
export async function fillThreads(dataDir: string, groups: readonly ThreadGroup[]): Promise<void> {
  mkdirSync(dataDir, { recursive: true })
  const { database, keyvUri } = parseConfig({ DATA_DIR: dataDir })
  if (database.type !== 'sqlite') throw new Error('the bench fills a SQLite file')
  const log = createLogger({ level: 'silent', pretty: false })
  const store = await createSqliteStore({ path: database.path, log })
  const keyv = new Keyv({ store: new KeyvSqlite(keyvUri), throwOnErrors: true })
  const deleteThread = () => Promise.reject(new Error('no thread is deleted here'))
  const conversations = createConversations({ keyv, clock: systemClock, log, deleteThread })
  try {
    for (const { messages, channels } of groups) {
      for (const channelId of channels) {
        const { key } = placeOf({ ...somewhere, channelId })
        await conversations.threadOf(key, () => insertLongThread(store, messages))
      }
    }
  } finally {
    await keyv.disconnect()
    await store.close()
  }
}

const somewhere = { guildId: null, userId: '', isDirect: false, isPrivate: false }

/** A thread of so many messages; answers its id. */
export async function insertLongThread(
  store: Pick<Store, 'insertThread'>,
  length: number,
): Promise<string> {
  const id = newId('thread_')
  const created_at = Math.floor(Date.now() / 1000)
  const messages = Array.from({ length }, (_, index): Message => {
    return {
      id: newId('msg_'),
      object: 'thread.message',
      created_at,
      thread_id: id,
      status: 'completed',
      incomplete_details: null,
      completed_at: created_at,
      incomplete_at: null,
      role: index % 2 === 0 ? 'user' : 'assistant',
      content: [{ type: 'text', text: { value: text, annotations: [] } }],
      assistant_id: null,
      run_id: null,
      attachments: [],
      metadata: {},
    }
  })
  await store.insertThread(
    { id, object: 'thread', created_at, metadata: {}, tool_resources: null },
    messages,
  )
  return id
}
