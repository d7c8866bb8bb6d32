import { ButtonStyle, ComponentType as Type } from 'discord-api-types/v10'
import { z } from 'zod'

import { integer, issue, list, text } from '../form.ts'

/** Components of messages and modals, with Discord's limits (documentation, "Component Reference"). */

const id = integer(0, 2 ** 31 - 1).optional()
const customId = text(1, 100)
const emoji = z.object({
  id: z.string().nullish(),
  name: z.string().max(64).nullish(),
  animated: z.boolean().optional(),
})
const media = z.object({ url: z.string().min(1).max(2048) })

const button = z
  .object({
    type: z.literal(Type.Button),
    id,
    style: z.union([
      z.literal(ButtonStyle.Primary),
      z.literal(ButtonStyle.Secondary),
      z.literal(ButtonStyle.Success),
      z.literal(ButtonStyle.Danger),
      z.literal(ButtonStyle.Link),
      z.literal(ButtonStyle.Premium),
    ]),
    label: text(0, 80).nullish(),
    emoji: emoji.nullish(),
    custom_id: customId.optional(),
    url: z.url().max(512).optional(),
    sku_id: z.string().optional(),
    disabled: z.boolean().optional(),
  })
  .superRefine((value, context) => {
    const isLink = value.style === ButtonStyle.Link
    const isPremium = value.style === ButtonStyle.Premium
    if (!isLink && !isPremium && value.custom_id === undefined)
      context.addIssue(
        issue({ code: 'COMPONENT_CUSTOM_ID_REQUIRED', message: 'A custom id is required' }, [
          'custom_id',
        ]),
      )
    if (isLink && value.url === undefined)
      context.addIssue(
        issue({ code: 'BUTTON_COMPONENT_URL_REQUIRED', message: 'A url is required' }, ['url']),
      )
    if (!isPremium && !value.label && !value.emoji)
      context.addIssue(
        issue({
          code: 'BUTTON_COMPONENT_LABEL_EMOJI_REQUIRED',
          message: 'A label or an emoji is required',
        }),
      )
  })

const selectBase = {
  id,
  custom_id: customId,
  placeholder: text(0, 150).nullish(),
  min_values: integer(0, 25).optional(),
  max_values: integer(1, 25).optional(),
  disabled: z.boolean().optional(),
  required: z.boolean().optional(),
}
const stringSelect = z
  .object({
    type: z.literal(Type.StringSelect),
    ...selectBase,
    options: list(
      z.object({
        label: text(1, 100),
        value: text(1, 100),
        description: text(0, 100).nullish(),
        emoji: emoji.nullish(),
        default: z.boolean().optional(),
      }),
      { min: 1, max: 25 },
    ),
  })
  .superRefine(({ options }, context) => {
    const seen = new Set<string>()
    for (const [index, { value }] of options.entries()) {
      if (seen.has(value))
        context.addIssue(
          issue(
            {
              code: 'SELECT_COMPONENT_OPTION_VALUE_DUPLICATED',
              message: 'The specified option value is already used',
            },
            ['options', index, 'value'],
          ),
        )
      seen.add(value)
    }
  })
const entitySelect = z.object({
  type: z.union([
    z.literal(Type.UserSelect),
    z.literal(Type.RoleSelect),
    z.literal(Type.MentionableSelect),
    z.literal(Type.ChannelSelect),
  ]),
  ...selectBase,
  default_values: z
    .array(z.object({ id: z.string(), type: z.string() }))
    .max(25)
    .optional(),
  channel_types: z.array(z.number()).optional(),
})

const unknownType = 'Value of field "type" must be one of the component types allowed here.'
const oneOf = <
  const Options extends readonly [z.core.$ZodTypeDiscriminable, ...z.core.$ZodTypeDiscriminable[]],
>(
  options: Options,
) => z.discriminatedUnion('type', options, { error: unknownType })

const actionRow = z
  .object({
    type: z.literal(Type.ActionRow),
    id,
    components: list(oneOf([button, stringSelect, entitySelect]), { min: 1, max: 5 }),
  })
  .superRefine(({ components }, context) => {
    const hasSelect = components.some(({ type }) => type !== Type.Button)
    if (hasSelect && components.length > 1)
      context.addIssue(
        issue(
          {
            code: 'COMPONENT_LAYOUT_WIDTH_EXCEEDED',
            message: 'A row holds five buttons or one select menu.',
          },
          ['components'],
        ),
      )
  })

const textDisplay = z.object({ type: z.literal(Type.TextDisplay), id, content: text(1, 4000) })
const thumbnail = z.object({
  type: z.literal(Type.Thumbnail),
  id,
  media,
  description: text(0, 1024).nullish(),
  spoiler: z.boolean().optional(),
})
const section = z.object({
  type: z.literal(Type.Section),
  id,
  components: list(textDisplay, { min: 1, max: 3 }),
  accessory: oneOf([button, thumbnail]),
})
const gallery = z.object({
  type: z.literal(Type.MediaGallery),
  id,
  items: list(
    z.object({ media, description: text(0, 1024).nullish(), spoiler: z.boolean().optional() }),
    { min: 1, max: 10 },
  ),
})
const file = z.object({
  type: z.literal(Type.File),
  id,
  file: media,
  spoiler: z.boolean().optional(),
})
const separator = z.object({
  type: z.literal(Type.Separator),
  id,
  divider: z.boolean().optional(),
  spacing: integer(1, 2).optional(),
})
const container = z.object({
  type: z.literal(Type.Container),
  id,
  accent_color: integer(0, 0xffffff).nullish(),
  spoiler: z.boolean().optional(),
  components: list(oneOf([actionRow, textDisplay, section, gallery, separator, file]), {
    min: 1,
    max: 40,
  }),
})

/** Before components v2: up to five rows. */
export const rowsForm = list(oneOf([actionRow]), { max: 5 }).superRefine(refuseDuplicates)

/** With the flag IS_COMPONENTS_V2: up to 40 components in all, 4000 characters of text in all. */
export const layoutForm = list(
  oneOf([actionRow, textDisplay, section, gallery, separator, file, container]),
  { min: 1, max: 40 },
).superRefine((components, context) => {
  refuseDuplicates(components, context)
  let count = 0
  let characters = 0
  for (const { value } of walk(components)) {
    count += 1
    if (value['type'] === Type.TextDisplay) characters += String(value['content']).length
  }
  if (count > 40)
    context.addIssue(
      issue({
        code: 'COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED',
        message: 'The maximum number of components is 40.',
      }),
    )
  if (characters > 4000)
    context.addIssue(
      issue({
        code: 'COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED',
        message: 'Displayable text size exceeds maximum size of 4000',
      }),
    )
})

const textInput = z.object({
  type: z.literal(Type.TextInput),
  id,
  custom_id: customId,
  style: integer(1, 2),
  label: text(1, 45).nullish(),
  min_length: integer(0, 4000).optional(),
  max_length: integer(1, 4000).optional(),
  required: z.boolean().optional(),
  value: text(0, 4000).nullish(),
  placeholder: text(0, 100).nullish(),
})
const choice = z.object({
  label: text(1, 100),
  value: text(1, 100),
  description: text(0, 100).nullish(),
  default: z.boolean().optional(),
})
const fileUpload = z.object({
  type: z.literal(Type.FileUpload),
  id,
  custom_id: customId,
  min_values: integer(0, 10).optional(),
  max_values: integer(1, 10).optional(),
  required: z.boolean().optional(),
  file_types: z.array(z.string()).optional(),
})
const radioGroup = z.object({
  type: z.literal(Type.RadioGroup),
  id,
  custom_id: customId,
  options: list(choice, { min: 2, max: 10 }),
  required: z.boolean().optional(),
})
const checkboxGroup = z.object({
  type: z.literal(Type.CheckboxGroup),
  id,
  custom_id: customId,
  options: list(choice, { min: 1, max: 10 }),
  min_values: integer(0, 10).optional(),
  max_values: integer(1, 10).optional(),
  required: z.boolean().optional(),
})
const checkbox = z.object({
  type: z.literal(Type.Checkbox),
  id,
  custom_id: customId,
  default: z.boolean().optional(),
})
const label = z.object({
  type: z.literal(Type.Label),
  id,
  label: text(1, 45),
  description: text(0, 100).nullish(),
  component: oneOf([
    textInput,
    stringSelect,
    entitySelect,
    fileUpload,
    radioGroup,
    checkboxGroup,
    checkbox,
  ]),
})
const inputRow = z.object({
  type: z.literal(Type.ActionRow),
  id,
  components: list(textInput, { min: 1, max: 1 }),
})

/** `data` of a modal. */
export const modalForm = z.object({
  custom_id: customId,
  title: text(1, 45),
  components: list(oneOf([label, inputRow, textDisplay]), { min: 1, max: 5 }).superRefine(
    refuseDuplicates,
  ),
})

interface Found {
  value: Record<string, unknown>
  path: PropertyKey[]
}

/** Every component inside, parents before children. */
export function* walk(components: readonly object[], path: PropertyKey[] = []): Generator<Found> {
  for (const [index, component] of components.entries()) {
    // A parsed component is a plain object; its members are looked at by name.
    const value = component as Record<string, unknown>
    const here = [...path, index]
    yield { value, path: here }
    if (Array.isArray(value['components']))
      yield* walk(value['components'], [...here, 'components'])
    for (const name of ['component', 'accessory']) {
      const inner = value[name]
      if (typeof inner === 'object' && inner !== null)
        for (const found of walk([inner]))
          yield { value: found.value, path: [...here, name, ...found.path.slice(1)] }
    }
  }
}

/** Numbers the components that have no `id`, as Discord does. */
export function numberComponents(components: readonly object[]): void {
  const taken = new Set<unknown>()
  for (const { value } of walk(components)) if (value['id']) taken.add(value['id'])
  let next = 1
  for (const { value } of walk(components)) {
    if (value['id']) continue
    while (taken.has(next)) next += 1
    value['id'] = next
    next += 1
  }
}

function refuseDuplicates(components: readonly object[], context: z.RefinementCtx): void {
  const seen = new Set<unknown>()
  for (const { value, path } of walk(components)) {
    const custom = value['custom_id']
    if (custom === undefined) continue
    if (seen.has(custom))
      context.addIssue(
        issue(
          {
            code: 'COMPONENT_CUSTOM_ID_DUPLICATED',
            message: 'Component custom id cannot be duplicated',
          },
          [...path, 'custom_id'],
        ),
      )
    seen.add(custom)
  }
}
