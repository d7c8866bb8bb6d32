import { readdir } from 'node:fs/promises'

import { ApplicationCommandType } from 'discord.js'
import { z } from 'zod'

import type { AnyCommand } from './command.ts'

const commandsFolder = new URL('../../commands/', import.meta.url)

const moduleSchema = z.object({
  default: z.object({
    data: z.discriminatedUnion('type', [
      z.object({
        type: z.literal(ApplicationCommandType.ChatInput),
        name: z.string().regex(/^[-_\p{Ll}\p{Lo}\p{N}]{1,32}$/u),
        description: z.string().min(1).max(100),
      }),
      z.object({
        type: z.literal(ApplicationCommandType.Message),
        name: z.string().min(1).max(32),
      }),
    ]),
    execute: z.function(),
    autocomplete: z.function().optional(),
    press: z.function().optional(),
    select: z.function().optional(),
    submit: z.function().optional(),
  }),
})

/** Imports every command. Throws for a file that holds none, and for a name that is taken twice. */
export async function loadCommands(folder: URL = commandsFolder): Promise<AnyCommand[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.ts')).toSorted()
  const commands = await Promise.all(files.map((file) => loadCommand(new URL(file, folder))))
  const names = commands.map(({ data }) => data.name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new TypeError(`two commands are named "${twice}"`)
  return commands
}

async function loadCommand(file: URL): Promise<AnyCommand> {
  const module: unknown = await import(file.href)
  const checked = moduleSchema.safeParse(module)
  if (!checked.success) {
    throw new TypeError(`${file.pathname} is no command: ${z.prettifyError(checked.error)}`)
  }
  return (module as { default: AnyCommand }).default // checked just now, as far as can be at run time
}
