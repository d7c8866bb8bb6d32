import {
  type APIModalInteractionResponseCallbackData,
  ApplicationCommandOptionType,
  type Attachment,
  type ChatInputCommandInteraction,
  ComponentType,
  type MessageContextMenuCommandInteraction,
  MessageFlags,
  type ModalSubmitInteraction,
  TextInputStyle,
} from 'discord.js'

import { toLocale } from '../../i18n.ts'
import { toAttachedFile } from '../attached-file.ts'
import { named } from '../command-definition.ts'
import type { CommandDeps } from '../command.ts'
import { isInteractionOver } from '../discord-failure.ts'
import type { Subcommand } from '../schedule/subcommand.ts'
import { classFileLimits } from './limits.ts'
import { createMovingText } from './moving-text.ts'
import { guildOfFiles } from './permission.ts'
import { doneText, workingText } from './progress-text.ts'

const numbers = Array.from({ length: classFileLimits.uploads }, (_each, index) => index + 1)

/** `/files add`: up to five files, from the command itself or from a form. */
export const add: Subcommand = {
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ files }) => files.add),
    options: [
      ...numbers.map(fileOption),
      {
        type: ApplicationCommandOptionType.String,
        ...named(({ files }) => files.title),
        max_length: classFileLimits.titleLength,
      },
    ],
  },

  async execute(interaction, deps) {
    if ((await guildOfFiles(interaction, deps, { isForTeachers: true })) === null) return
    const { options } = interaction
    const attachments = numbers.flatMap((number) => options.getAttachment(optionName(number)) ?? [])
    if (attachments.length === 0) await showForm(interaction, deps)
    else await addFiles(interaction, deps, { attachments, title: options.getString('title') })
  },

  async submit({ interaction }, deps) {
    const { fields } = interaction
    const attachments = [...fields.getUploadedFiles('files', true).values()]
    const title = fields.getTextInputValue('title')
    await addFiles(interaction, deps, { attachments, title })
  },
}

/** The first has the name itself, the others a number behind it. */
function optionName(number: number): string {
  return number === 1 ? 'file' : `file${number}`
}

function fileOption(number: number) {
  const type = ApplicationCommandOptionType.Attachment as const
  if (number === 1) return { type, ...named(({ files }) => files.file) }
  const { name_localizations: names, ...another } = named(({ files }) => files.another)
  const numbered = Object.entries(names).map(([tag, name]) => [tag, `${name}${number}`])
  return {
    type,
    ...another,
    name: optionName(number),
    // The same languages as before.
    name_localizations: Object.fromEntries(numbered) as typeof names,
  }
}

async function showForm(
  interaction: ChatInputCommandInteraction,
  { translations }: CommandDeps,
): Promise<void> {
  const t = translations(toLocale(interaction.locale))
  const { megabytes, uploads, titleLength } = classFileLimits
  const form: APIModalInteractionResponseCallbackData = {
    custom_id: 'files:add',
    title: t('commands.files.form.title'),
    components: [
      {
        type: ComponentType.Label,
        label: t('commands.files.form.files'),
        description: t('commands.files.form.formats', { megabytes }),
        component: { type: ComponentType.FileUpload, custom_id: 'files', max_values: uploads },
      },
      {
        type: ComponentType.Label,
        label: t('commands.files.form.titleLabel'),
        component: {
          type: ComponentType.TextInput,
          custom_id: 'title',
          style: TextInputStyle.Short,
          max_length: titleLength,
          required: false,
          value: interaction.options.getString('title') ?? '',
        },
      },
    ],
  }
  await interaction.showModal(form)
}

type Adding =
  | ChatInputCommandInteraction
  | MessageContextMenuCommandInteraction
  | ModalSubmitInteraction

export interface AddedFiles {
  attachments: readonly Attachment[]
  title: string | null
}

/** Adds files to the class files of a guild, and shows how that goes on to the teacher who did it. */
export async function addFiles(
  interaction: Adding,
  deps: CommandDeps,
  { attachments, title }: AddedFiles,
): Promise<void> {
  const guildId = await guildOfFiles(interaction, deps, { isForTeachers: true })
  if (guildId === null) return
  const t = deps.translations(toLocale(interaction.locale))
  const flags = MessageFlags.Ephemeral
  if (attachments.length === 0) {
    await interaction.reply({ content: t('commands.files.noFiles'), flags })
    return
  }
  await interaction.deferReply({ flags })
  const allowedMentions = { parse: [] }
  const text = createMovingText({
    edit: (content) => interaction.editReply({ content, allowedMentions }),
    // The last text says it all.
    onError: () => {},
    clock: deps.clock,
  })
  try {
    const files = await deps.classFiles.add({
      guildId,
      guildName: interaction.guild?.name ?? guildId,
      uploads: attachments.map(toAttachedFile),
      title: title?.trim() || null,
      userId: interaction.user.id,
      onProgress: (progress) => text.show(workingText(progress, t)),
    })
    await text.stop()
    await interaction.editReply({ content: doneText(files, t), allowedMentions })
  } catch (error) {
    await text.stop()
    // Whoever waited for so long finds it in the list.
    if (!isInteractionOver(error)) throw error
  }
}
