import {
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  type BaseMessageOptions,
  ButtonStyle,
  ComponentType,
  MessageFlags,
} from 'discord.js'

import { usualPaceMs } from './channel-surface.ts'
import type { Clock } from './clock.ts'
import { isAcknowledgedAlready, isInteractionOver } from './discord-failure.ts'
import type { MessageButton, Outgoing, OutgoingFile, Surface } from './surface.ts'

export interface InteractionSurfaceDeps {
  interaction: ChatInputCommandInteraction | ButtonInteraction
  clock: Clock
  /** True: only the member who asked sees the answer. */
  isPrivate: boolean
  /** Takes over once the interaction's fifteen minutes are over; null where there is no such place. */
  fallback: Surface | null
}

/** Discord waits 3 s for the first response; this leaves room for the way there. */
const deferAfterMs = 1_000

/**
 * The response to an interaction and its follow-ups. An answer that is quick is the response itself;
 * otherwise the response is deferred ("is thinking…") and filled in later.
 */
export function createInteractionSurface(deps: InteractionSurfaceDeps): Surface {
  const { interaction, clock, isPrivate, fallback } = deps
  const cancelDefer = clock.after(deferAfterMs, () => void defer())
  const ephemeral = isPrivate ? [MessageFlags.Ephemeral as const] : []
  const flags = [MessageFlags.SuppressEmbeds as const, ...ephemeral]
  /** The first response, or "is thinking…"; null: there is none, or Discord did not take it. */
  let acknowledged: Promise<void> | null = null
  let responded = false
  let isOver = false
  /** Messages that went to the fallback, by the id under which the caller knows them. */
  const elsewhere = new Map<string, string>()

  function acknowledge(respondFirst: () => Promise<unknown>): Promise<void> {
    const attempt = tryToAcknowledge(respondFirst)
    acknowledged = attempt
    attempt.catch((error: unknown) => {
      if (!isInteractionOver(error)) acknowledged = null
    })
    return attempt
  }

  async function tryToAcknowledge(respondFirst: () => Promise<unknown>): Promise<void> {
    try {
      await respondFirst()
    } catch (error) {
      if (!isAcknowledgedAlready(error)) throw error
      // An earlier attempt had arrived and only Discord's answer got lost, which discord.js cannot know.
      interaction.deferred = true
    }
  }

  function defer(): Promise<void> {
    return acknowledged ?? acknowledge(() => interaction.deferReply({ flags: ephemeral }))
  }

  async function isAcknowledged(): Promise<boolean> {
    try {
      await acknowledged
    } catch (error) {
      if (isInteractionOver(error)) throw error
    }
    return acknowledged !== null
  }

  async function respond(message: Outgoing): Promise<string> {
    cancelDefer()
    const payload = toPayload(message)
    if (responded) return (await interaction.followUp({ ...payload, flags })).id
    const id = await respondFirst(payload)
    responded = true
    return id
  }

  async function respondFirst(payload: Payload): Promise<string> {
    if (!(await isAcknowledged())) {
      let id: string | null = null
      await acknowledge(async () => {
        const { resource } = await interaction.reply({ ...payload, flags, withResponse: true })
        id = resource?.message?.id ?? '@original'
      })
      if (id !== null) return id
    }
    return (await interaction.editReply({ ...payload, flags: [MessageFlags.SuppressEmbeds] })).id
  }

  /** Does it in the interaction, or, once that is over, in the place that takes over. */
  async function orElsewhere<Result>(
    act: () => Promise<Result>,
    instead: (place: Surface) => Promise<Result>,
  ): Promise<Result> {
    if (isOver && fallback) return instead(fallback)
    try {
      return await act()
    } catch (error) {
      if (!isInteractionOver(error) || !fallback) throw error
      isOver = true
      return instead(fallback)
    }
  }

  async function editElsewhere(place: Surface, id: string, message: Outgoing): Promise<void> {
    const moved = elsewhere.get(id)
    if (moved === undefined) elsewhere.set(id, await place.send(message))
    else await place.edit(moved, message)
  }

  return {
    send: (message) =>
      orElsewhere(
        () => respond(message),
        async (place) => {
          const id = await place.send(message)
          elsewhere.set(id, id)
          return id
        },
      ),

    edit: (id, message) =>
      orElsewhere(
        async () => void (await interaction.editReply({ ...toPayload(message), message: id })),
        (place) => editElsewhere(place, id, message),
      ),

    async typing() {
      if (!isOver) await defer()
    },

    maxFileBytes: Math.min(interaction.attachmentSizeLimit, fallback?.maxFileBytes ?? Infinity),

    pace: () => (isOver && fallback ? fallback.pace() : usualPaceMs),
  }
}

type Payload = Pick<BaseMessageOptions, 'content' | 'allowedMentions' | 'files' | 'components'>

function toPayload({ content, files, buttons = [] }: Outgoing): Payload {
  return {
    content,
    allowedMentions: { parse: [] },
    ...(files && { files: files.map(toFile) }),
    ...(buttons.length > 0 && {
      components: [{ type: ComponentType.ActionRow, components: buttons.map(toButton) }],
    }),
  }
}

function toFile({ name, data, description }: OutgoingFile) {
  return { name, attachment: Buffer.from(data), ...(description && { description }) }
}

function toButton(button: MessageButton) {
  return { type: ComponentType.Button, style: ButtonStyle.Secondary, ...button } as const
}
