import {
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  type BaseMessageOptions,
  MessageFlags,
} from 'discord.js'

import { usualPaceMs } from './channel-surface.ts'
import type { Clock } from './clock.ts'
import { isInteractionOver } from './discord-failure.ts'
import type { Outgoing, Surface } from './surface.ts'

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
  let acknowledged: Promise<unknown> | null = null
  let responded = false
  let isOver = false
  /** Messages that went to the fallback, by the id under which the caller knows them. */
  const elsewhere = new Map<string, string>()

  function defer(): Promise<unknown> {
    acknowledged ??= interaction.deferReply({ flags: ephemeral })
    // Whoever sends afterwards awaits it and meets the failure.
    acknowledged.catch(() => undefined)
    return acknowledged
  }

  async function respond(message: Outgoing): Promise<string> {
    cancelDefer()
    const payload = toPayload(message)
    if (responded) {
      await acknowledged
      return (await interaction.followUp({ ...payload, flags })).id
    }
    responded = true
    if (acknowledged) {
      await acknowledged
      return (await interaction.editReply(payload)).id
    }
    const reply = interaction.reply({ ...payload, flags, withResponse: true })
    acknowledged = reply
    return (await reply).resource?.message?.id ?? '@original'
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

    pace: () => (isOver && fallback ? fallback.pace() : usualPaceMs),
  }
}

type Payload = Pick<BaseMessageOptions, 'content' | 'allowedMentions' | 'files'>

function toPayload({ content, file }: Outgoing): Payload {
  return {
    content,
    allowedMentions: { parse: [] },
    ...(file && { files: [{ name: file.name, attachment: Buffer.from(file.text, 'utf8') }] }),
  }
}
