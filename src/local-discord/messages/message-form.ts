import { MessageFlags } from 'discord-api-types/v10'
import { z } from 'zod'

import { integer, issue, list, parseForm, snowflake, text } from '../form.ts'
import { layoutForm, rowsForm } from './component-form.ts'
import { embedsForm } from './embed-form.ts'

const allowedMentionsForm = z
  .object({
    parse: z
      .array(z.union([z.literal('users'), z.literal('roles'), z.literal('everyone')]))
      .optional(),
    users: list(snowflake, { max: 100 }).nullish(),
    roles: list(snowflake, { max: 100 }).nullish(),
    replied_user: z.boolean().nullish(),
  })
  .superRefine(({ parse = [], users, roles }, context) => {
    for (const [kind, ids] of Object.entries({ users, roles })) {
      if (!ids?.length || !parse.some((parsed) => parsed === kind)) continue
      context.addIssue(
        issue(
          {
            code: 'MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE',
            message: `parse:["${kind}"] and ${kind}: [ids...] are mutually exclusive.`,
          },
          [kind],
        ),
      )
    }
  })

export type AllowedMentions = z.output<typeof allowedMentionsForm>

const attachment = z.object({
  id: z.union([z.string(), z.number()]).transform(String),
  filename: z.string().max(1024).optional(),
  description: text(0, 1024).nullish(),
})

const base = z.object({
  content: text(0, 2000).nullish(),
  embeds: embedsForm.nullish(),
  allowed_mentions: allowedMentionsForm.nullish(),
  components: z.array(z.unknown()).nullish(),
  attachments: list(attachment, { max: 10 }).nullish(),
  flags: integer(0, 2 ** 31 - 1).nullish(),
})

const create = base.extend({
  nonce: z.union([text(0, 25), z.number().int()]).nullish(),
  enforce_nonce: z.boolean().optional(),
  tts: z.boolean().optional(),
  message_reference: z
    .object({
      type: z.number().optional(),
      message_id: snowflake,
      channel_id: snowflake.optional(),
      guild_id: snowflake.optional(),
      fail_if_not_exists: z.boolean().optional(),
    })
    .nullish(),
})

export type MessageForm = z.output<typeof create>
export type EditForm = z.output<typeof base>

/** @throws DiscordError 50035 */
export function parseMessage(body: unknown): MessageForm {
  const form = parseForm(create, body)
  return { ...form, ...parsedComponents(form, form.flags ?? 0) }
}

/**
 * @param flags what the message has already
 * @throws DiscordError 50035
 */
export function parseEdit(body: unknown, flags: number): EditForm {
  const form = parseForm(base, body)
  return { ...form, ...parsedComponents(form, flags | (form.flags ?? 0)) }
}

/** Which components are allowed depends on the flag, so they are parsed in a second step. */
function parsedComponents(form: EditForm, flags: number): Pick<EditForm, 'components'> {
  const { components } = form
  if (!(flags & MessageFlags.IsComponentsV2))
    return components ? parseForm(z.object({ components: rowsForm }), { components }) : {}
  parseForm(withoutLegacy, form)
  return components ? parseForm(z.object({ components: layoutForm }), { components }) : {}
}

const withoutLegacy = z
  .object({ content: z.string().nullish(), embeds: z.array(z.unknown()).nullish() })
  .superRefine(({ content, embeds }, context) => {
    const isUsed = { content: Boolean(content), embeds: Boolean(embeds?.length) }
    for (const [field, used] of Object.entries(isUsed)) {
      if (!used) continue
      context.addIssue(
        issue(
          {
            code: 'MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2',
            message: `The '${field}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2`,
          },
          [field],
        ),
      )
    }
  })
