import { InteractionType } from 'discord-api-types/v10'
import { z } from 'zod'

import { list, parseForm, snowflake, text } from '../form.ts'

/** `POST /interactions`, see protocol.ts. */

export interface RequestOption {
  type: number
  name: string
  value?: string | number | boolean | undefined
  focused?: boolean | undefined
  options?: RequestOption[] | undefined
}

const option: z.ZodType<RequestOption> = z.object({
  type: z.number(),
  name: text(1, 32),
  value: z.union([z.string(), z.number(), z.boolean()]).optional(),
  focused: z.boolean().optional(),
  options: z.lazy(() => list(option, { max: 25 })).optional(),
})

const attachments = list(
  z.object({ id: z.union([z.string(), z.number()]).transform(String), filename: z.string() }),
  { max: 10 },
).optional()

const base = {
  application_id: snowflake,
  guild_id: snowflake.nullish(),
  channel_id: snowflake,
  nonce: text(0, 25).optional(),
}

const command = z.object({
  id: snowflake,
  name: z.string(),
  type: z.number(),
  target_id: snowflake.optional(),
  options: list(option, { max: 25 }).optional(),
  attachments,
})

const field = z.object({
  type: z.number(),
  custom_id: text(1, 100),
  value: z.union([text(0, 4000), z.boolean(), z.null()]).optional(),
  values: list(z.string(), { max: 25 }).optional(),
})

const form = z.discriminatedUnion('type', [
  z.object({ type: z.literal(InteractionType.ApplicationCommand), ...base, data: command }),
  z.object({
    type: z.literal(InteractionType.ApplicationCommandAutocomplete),
    ...base,
    data: command,
  }),
  z.object({
    type: z.literal(InteractionType.MessageComponent),
    ...base,
    message_id: snowflake,
    data: z.object({
      component_type: z.number(),
      custom_id: text(1, 100),
      values: list(z.string(), { max: 25 }).optional(),
    }),
  }),
  z.object({
    type: z.literal(InteractionType.ModalSubmit),
    ...base,
    data: z.object({
      id: snowflake,
      custom_id: text(1, 100),
      components: list(
        z.object({
          type: z.number(),
          components: list(field, { max: 5 }).optional(),
          component: field.optional(),
        }),
        { max: 5 },
      ),
      attachments,
    }),
  }),
])

export type RequestForm = z.output<typeof form>
export type CommandRequestForm = Extract<RequestForm, { data: { name: string } }>
export type ComponentRequestForm = Extract<RequestForm, { message_id: string }>
export type ModalRequestForm = Extract<RequestForm, { data: { components: unknown } }>
export type ModalFieldForm = z.output<typeof field>

/** @throws DiscordError 50035 */
export const parseRequest = (body: unknown): RequestForm => parseForm(form, body)
