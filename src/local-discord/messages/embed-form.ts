import { z } from 'zod'

import { integer, issue, list, text } from '../form.ts'

const url = z.string().superRefine((value, context) => {
  if (value.length > 2048)
    context.addIssue(
      issue({ code: 'BASE_TYPE_MAX_LENGTH', message: 'Must be 2048 or fewer in length.' }),
    )
  else if (!/^(https?|attachment):\/\/\S+$/i.test(value))
    context.addIssue(issue({ code: 'URL_TYPE_INVALID_URL', message: 'Not a well formed URL.' }))
})
const media = z.object({ url })

/** One embed (documentation, "Embed Limits"). */
const embed = z.object({
  title: text(0, 256).nullish(),
  description: text(0, 4096).nullish(),
  url: url.nullish(),
  timestamp: z.iso.datetime({ offset: true }).nullish(),
  color: integer(0, 0xffffff).nullish(),
  footer: z.object({ text: text(0, 2048), icon_url: url.nullish() }).nullish(),
  image: media.nullish(),
  thumbnail: media.nullish(),
  author: z.object({ name: text(0, 256), url: url.nullish(), icon_url: url.nullish() }).nullish(),
  fields: list(
    z.object({ name: text(1, 256), value: text(1, 1024), inline: z.boolean().optional() }),
    { max: 25 },
  ).optional(),
})

type Embed = z.output<typeof embed>

const maxCharacters = 6000

export const embedsForm = list(embed, { max: 10 }).superRefine((embeds, context) => {
  let characters = 0
  for (const [index, one] of embeds.entries()) {
    characters += charactersOf(one)
    if (characters > maxCharacters)
      context.addIssue(
        issue(
          {
            code: 'MAX_EMBED_SIZE_EXCEEDED',
            message: `Embed size exceeds maximum size of ${maxCharacters}`,
          },
          [index],
        ),
      )
  }
})

const charactersOf = ({ title, description, footer, author, fields }: Embed): number =>
  [
    title,
    description,
    footer?.text,
    author?.name,
    ...(fields ?? []).flatMap(({ name, value }) => [name, value]),
  ].reduce((sum, part) => sum + (part?.length ?? 0), 0)
