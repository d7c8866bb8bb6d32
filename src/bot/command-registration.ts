import { createHash } from 'node:crypto'

import { type APIApplicationCommand, type REST, Routes } from 'discord.js'
import type { Keyv } from 'keyv'
import { z } from 'zod'

import type { Logger } from '../log.ts'
import type { AnyCommand } from './command.ts'

export interface RegistrationDeps {
  rest: Pick<REST, 'get' | 'put'>
  keyv: Keyv
  log: Logger
}

/** What was registered, and as which versions Discord took it. */
const registeredSchema = z.object({ hash: z.string(), versions: z.array(z.string()) })

/**
 * Tells Discord the commands of an application, unless it knows exactly these already: neither the
 * definitions here nor what Discord holds may have changed since. The list replaces the one before,
 * so a command that is gone here is gone there.
 */
export async function registerCommands(
  applicationId: string,
  commands: readonly AnyCommand[],
  { rest, keyv, log }: RegistrationDeps,
): Promise<void> {
  const route = Routes.applicationCommands(applicationId)
  const body = commands.map(({ data }) => data)
  const hash = createHash('sha256').update(JSON.stringify(body)).digest('hex')
  const storedKey = `commands:${applicationId}`
  const stored = registeredSchema.safeParse(await keyv.get(storedKey)).data
  if (stored?.hash === hash) {
    const current = versionsOf(await rest.get(route))
    if (current.join() === stored.versions.join()) return
  }
  const versions = versionsOf(await rest.put(route, { body }))
  await keyv.set(storedKey, { hash, versions })
  log.info({ commands: body.length }, 'registered the commands')
}

function versionsOf(answer: unknown): string[] {
  const commands = answer as APIApplicationCommand[] // Discord's answer to both requests
  return commands.map(({ id, version }) => `${id}:${version}`).toSorted()
}
