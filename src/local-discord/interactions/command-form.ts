import {
  ApplicationCommandOptionType as Option,
  ApplicationCommandType as Type,
  Locale,
} from 'discord-api-types/v10'
import { z } from 'zod'

import { integer, issue, list, parseForm, text } from '../form.ts'

/** Application commands with Discord's limits (documentation, "Application Command Structure"). */

const namePattern = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u
const locales = new Set<string>(Object.values(Locale))
const invalidName = { code: 'APPLICATION_COMMAND_INVALID_NAME', message: 'Command name is invalid' }
const isSlashName = (name: string) => namePattern.test(name) && name === name.toLowerCase()

const slashName = z.string().superRefine((name, context) => {
  if (!isSlashName(name)) context.addIssue(issue(invalidName))
})

/** Texts per locale, each as `inner` wants it. */
const localised = (inner: z.ZodType<string, string>) =>
  z
    .record(z.string(), inner.nullable())
    .superRefine((texts, context) => {
      for (const locale of Object.keys(texts))
        if (!locales.has(locale))
          context.addIssue(
            issue(
              {
                code: 'BASE_TYPE_CHOICES',
                message: `Value must be one of {${[...locales].join(', ')}}.`,
              },
              [locale],
            ),
          )
    })
    .nullish()

const choice = z.object({
  name: text(1, 100),
  name_localizations: localised(text(1, 100)),
  value: z.union([text(0, 100), z.number()]),
})

interface OptionForm {
  type: number
  name: string
  description: string
  name_localizations?: Record<string, string | null> | null | undefined
  description_localizations?: Record<string, string | null> | null | undefined
  required?: boolean | undefined
  choices?: z.output<typeof choice>[] | undefined
  options?: OptionForm[] | undefined
  channel_types?: number[] | undefined
  min_value?: number | undefined
  max_value?: number | undefined
  min_length?: number | undefined
  max_length?: number | undefined
  autocomplete?: boolean | undefined
}

const optionFields = {
  type: integer(1, 11),
  name: slashName,
  name_localizations: localised(slashName),
  description: text(1, 100),
  description_localizations: localised(text(1, 100)),
  required: z.boolean().optional(),
  choices: list(choice, { max: 25 }).optional(),
  channel_types: z.array(z.number().int()).optional(),
  min_value: z.number().optional(),
  max_value: z.number().optional(),
  min_length: integer(0, 6000).optional(),
  max_length: integer(1, 6000).optional(),
  autocomplete: z.boolean().optional(),
}

/** Options at most three levels deep: group, subcommand, option. */
const optionsForm = (depth: number): z.ZodType<OptionForm[]> =>
  list(
    z
      .object({
        ...optionFields,
        options:
          depth > 1 ? z.lazy(() => optionsForm(depth - 1)).optional() : z.undefined().optional(),
      })
      .superRefine(({ autocomplete, choices }, context) => {
        if (autocomplete && choices?.length)
          context.addIssue(
            issue(
              {
                code: 'APPLICATION_COMMAND_OPTION_AUTOCOMPLETE_CHOICES_EXCLUSIVE',
                message: 'Autocomplete options cannot have choices',
              },
              ['choices'],
            ),
          )
      }),
    { max: 25 },
  ).superRefine(refuseDisorder)

function refuseDisorder(options: OptionForm[], context: z.RefinementCtx): void {
  const seen = new Set<string>()
  let sawOptional = false
  for (const [index, { name, required, type }] of options.entries()) {
    if (seen.has(name))
      context.addIssue(
        issue(
          {
            code: 'APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS',
            message: 'Option names must be unique',
          },
          [index, 'name'],
        ),
      )
    seen.add(name)
    const isNested = type === Option.Subcommand || type === Option.SubcommandGroup
    if (required && sawOptional)
      context.addIssue(
        issue(
          {
            code: 'APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID',
            message: 'Required options must be placed before non-required options',
          },
          [index],
        ),
      )
    if (!required && !isNested) sawOptional = true
  }
}

const commandForm = z
  .object({
    type: z
      .union([z.literal(Type.ChatInput), z.literal(Type.User), z.literal(Type.Message)])
      .default(Type.ChatInput),
    name: text(1, 32),
    name_localizations: localised(text(1, 32)),
    description: text(0, 100).default(''),
    description_localizations: localised(text(1, 100)),
    options: optionsForm(3).optional(),
    default_member_permissions: z
      .union([z.string().regex(/^\d{1,20}$/), z.number().transform(String)])
      .nullish(),
    dm_permission: z.boolean().nullish(),
    contexts: z.array(integer(0, 2)).nullish(),
    integration_types: z.array(integer(0, 1)).nullish(),
    nsfw: z.boolean().optional(),
  })
  .superRefine((command, context) => {
    if (command.type === Type.ChatInput) {
      refuseBadNames(command, context)
      if (command.description === '')
        context.addIssue(
          issue({ code: 'BASE_TYPE_REQUIRED', message: 'This field is required' }, ['description']),
        )
    } else if (command.description !== '' || command.options?.length)
      context.addIssue(
        issue({
          code: 'APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_OR_OPTIONS',
          message: 'Context menu commands cannot have description or options',
        }),
      )
    if (sizeOf(command) > 8000)
      context.addIssue(
        issue({
          code: 'APPLICATION_COMMAND_TOO_LARGE',
          message: 'Command exceeds maximum size (8000)',
        }),
      )
  })

export type CommandForm = z.output<typeof commandForm>

function refuseBadNames(
  command: Pick<CommandForm, 'name' | 'name_localizations'>,
  context: z.RefinementCtx,
): void {
  if (!isSlashName(command.name)) context.addIssue(issue(invalidName, ['name']))
  for (const [locale, name] of Object.entries(command.name_localizations ?? {}))
    if (name !== null && !isSlashName(name))
      context.addIssue(issue(invalidName, ['name_localizations', locale]))
}

/** Names, descriptions and values of a command and its options, in characters; the longest locale counts. */
function sizeOf(node: Pick<CommandForm, 'name' | 'description'> & Partial<OptionForm>): number {
  const longest = (base: string, texts: OptionForm['name_localizations']) =>
    Math.max(
      base.length,
      ...Object.values(texts ?? {}).map((translated) => translated?.length ?? 0),
    )
  const own =
    longest(node.name, node.name_localizations) +
    longest(node.description, node.description_localizations)
  const choices = (node.choices ?? []).reduce(
    (sum, { name, name_localizations, value }) =>
      sum + longest(name, name_localizations) + String(value).length,
    0,
  )
  return own + choices + (node.options ?? []).reduce((sum, option) => sum + sizeOf(option), 0)
}

const partialForm = z.record(z.string(), z.unknown())

/** @throws DiscordError 50035 */
export const parseCommand = (body: unknown): CommandForm => parseForm(commandForm, body)

/** A PATCH: what it names replaces, and the whole must be valid. */
export const parseCommandChange = (body: unknown, current: object): CommandForm =>
  parseCommand({ ...current, ...parseForm(partialForm, body) })

const limits = { [Type.ChatInput]: 100, [Type.User]: 15, [Type.Message]: 15 }

/**
 * The list of a bulk overwrite.
 * @throws DiscordError 50035 also for a name used twice and for too many of a kind
 */
export function parseCommands(body: unknown): CommandForm[] {
  const commands = parseForm(
    z.array(commandForm).superRefine((all, context) => {
      const seen = new Set<string>()
      const counts = { [Type.ChatInput]: 0, [Type.User]: 0, [Type.Message]: 0 }
      for (const [index, { type, name }] of all.entries()) {
        if (seen.has(`${type} ${name}`))
          context.addIssue(
            issue(
              {
                code: 'APPLICATION_COMMANDS_DUPLICATE_NAME',
                message: 'Application command names must be unique',
              },
              [index],
            ),
          )
        seen.add(`${type} ${name}`)
        counts[type] += 1
        if (counts[type] > limits[type])
          context.addIssue(
            issue(
              {
                code: 'APPLICATION_COMMANDS_TOO_MANY',
                message: `Maximum number of application commands reached (${limits[type]}).`,
              },
              [index],
            ),
          )
      }
    }),
    body,
  )
  return commands
}
