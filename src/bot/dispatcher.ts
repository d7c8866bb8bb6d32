import { type Interaction, MessageFlags, type RepliableInteraction } from 'discord.js'

import { toLocale, type Translations } from '../i18n.ts'
import type { Logger } from '../log.ts'
import {
  type AnyCommand,
  type ButtonPress,
  type CommandDeps,
  isChatInput,
  type MessageCommand,
} from './command.ts'
import { isInteractionOver } from './discord-failure.ts'
import { failureOfError, newReference } from './failure.ts'

export interface DispatcherDeps {
  commands: readonly AnyCommand[]
  commandDeps: CommandDeps
  /** Buttons that belong to no command, by what stands before the first colon of their `custom_id`. */
  buttons?: Record<string, (press: ButtonPress) => Promise<void>>
  translations: Translations
  log: Logger
}

/** Leads an interaction to its command, and owns what goes wrong there. */
export function createDispatcher(deps: DispatcherDeps) {
  const { commands, commandDeps, translations, log } = deps
  const buttons = new Map(Object.entries(deps.buttons ?? {}))
  const byName = new Map(
    commands.filter(isChatInput).map((command) => [command.data.name, command]),
  )
  const ofMessages = new Map(
    commands
      .filter((command): command is MessageCommand => !isChatInput(command))
      .map((command) => [command.data.name, command]),
  )

  async function dispatch(interaction: Interaction): Promise<void> {
    if (interaction.isChatInputCommand()) {
      await byName.get(interaction.commandName)?.execute(interaction, commandDeps)
    } else if (interaction.isMessageContextMenuCommand()) {
      await ofMessages.get(interaction.commandName)?.execute(interaction, commandDeps)
    } else if (interaction.isAutocomplete()) {
      await byName.get(interaction.commandName)?.autocomplete?.(interaction, commandDeps)
    } else if (interaction.isButton()) {
      const { name, rest } = readCustomId(interaction)
      await buttons.get(name)?.({ interaction, rest })
      await byName.get(name)?.press?.({ interaction, rest }, commandDeps)
    } else if (interaction.isStringSelectMenu()) {
      const { name, rest } = readCustomId(interaction)
      await byName.get(name)?.select?.({ interaction, rest }, commandDeps)
    } else if (interaction.isModalSubmit()) {
      const { name, rest } = readCustomId(interaction)
      await byName.get(name)?.submit?.({ interaction, rest }, commandDeps)
    }
  }

  async function apologise(interaction: RepliableInteraction, error: unknown): Promise<void> {
    const ref = newReference()
    log.error({ err: error, ref, interaction: describe(interaction) }, 'interaction failed')
    if (isInteractionOver(error)) return
    const t = translations(toLocale(interaction.locale))
    const sentence = t(`failure.${failureOfError(error)}`)
    const content = `⚠️ ${t('failure.reference', { sentence, ref })}`
    if (interaction.deferred) await interaction.editReply({ content })
    else if (interaction.replied) {
      await interaction.followUp({ content, flags: MessageFlags.Ephemeral })
    } else await interaction.reply({ content, flags: MessageFlags.Ephemeral })
  }

  return (interaction: Interaction): void => {
    dispatch(interaction)
      .catch((error: unknown) =>
        interaction.isRepliable() ? apologise(interaction, error) : Promise.reject(error),
      )
      .catch((err: unknown) => {
        log.warn({ err, interaction: describe(interaction) }, 'interaction was not answered')
      })
  }
}

function readCustomId({ customId }: { customId: string }): { name: string; rest: string } {
  const [name = '', ...rest] = customId.split(':')
  return { name, rest: rest.join(':') }
}

function describe(interaction: Interaction): string {
  if (interaction.isChatInputCommand() || interaction.isAutocomplete()) {
    return `/${interaction.commandName}`
  }
  if (interaction.isContextMenuCommand()) return interaction.commandName
  return 'customId' in interaction ? interaction.customId : interaction.id
}
