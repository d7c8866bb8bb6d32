import { createHash } from 'node:crypto'

import { type REST, Routes } from 'discord.js'
import type { Keyv } from 'keyv'

import type { Logger } from '../log.ts'
import type { Command } from './command.ts'

export interface RegistrationDeps {
  rest: Pick<REST, 'put'>
  keyv: Keyv
  log: Logger
}

/**
 * Tells Discord the commands of an application, unless it knows exactly these already. The list
 * replaces the one before, so a command that is gone here is gone there.
 */
export async function registerCommands(
  applicationId: string,
  commands: readonly Command[],
  { rest, keyv, log }: RegistrationDeps,
): Promise<void> {
  const body = commands.map(({ data }) => data)
  const hash = createHash('sha256').update(JSON.stringify(body)).digest('hex')
  const storedKey = `commands:${applicationId}`
  if ((await keyv.get(storedKey)) === hash) return
  await rest.put(Routes.applicationCommands(applicationId), { body })
  await keyv.set(storedKey, hash)
  log.info({ commands: body.length }, 'registered the commands')
}
