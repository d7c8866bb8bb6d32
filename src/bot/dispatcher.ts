import { type Interaction, MessageFlags, type RepliableInteraction } from 'discord.js'

import { toLocale, type Translations } from '../i18n.ts'
import type { Logger } from '../log.ts'
import type { Command, CommandDeps } from './command.ts'
import { isInteractionOver } from './discord-failure.ts'
import { failureOfError, newReference } from './failure.ts'

export interface DispatcherDeps {
  commands: readonly Command[]
  commandDeps: CommandDeps
  translations: Translations
  log: Logger
}

/** Leads an interaction to its command, and owns what goes wrong there. */
export function createDispatcher({ commands, commandDeps, translations, log }: DispatcherDeps) {
  const byName = new Map(commands.map((command) => [command.data.name, command]))

  async function dispatch(interaction: Interaction): Promise<void> {
    if (interaction.isChatInputCommand()) {
      await byName.get(interaction.commandName)?.execute(interaction, commandDeps)
    } else if (interaction.isButton()) {
      const [name = '', ...rest] = interaction.customId.split(':')
      await byName.get(name)?.press?.({ interaction, rest: rest.join(':') }, commandDeps)
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

function describe(interaction: Interaction): string {
  if (interaction.isChatInputCommand()) return `/${interaction.commandName}`
  return interaction.isButton() ? interaction.customId : interaction.id
}
