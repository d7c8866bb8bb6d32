import { ApplicationCommandOptionType, ChannelType, MessageFlags } from 'discord.js'

import { toLocale } from '../../i18n.ts'
import { named } from '../command-definition.ts'
import { textOption } from '../schedule/class-fields.ts'
import { isLike, shorten } from '../schedule/inputs.ts'
import { isTeacher } from '../schedule/permission.ts'
import type { Subcommand } from '../schedule/subcommand.ts'
import { reminderLabel } from './lines.ts'
import { visibleReminders } from './visible.ts'

/** `/remind stop`, and the button below each reminder. */
export const stop: Subcommand = {
  data: {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(({ remind }) => remind.stop),
    options: [textOption(({ remind }) => remind.which, { autocomplete: true, max_length: 100 })],
  },

  async execute(interaction, deps) {
    const t = deps.translations(toLocale(interaction.locale))
    const which = interaction.options.getString('which')
    const visible = await visibleReminders(interaction, deps)
    let removed = 0
    for (const { target, reminders } of visible) {
      const isMeant = ({ id }: { id: number }) =>
        which === null ? target.type === 'user' : `${id}` === which
      const ids = reminders.filter(isMeant).map(({ id }) => id)
      if (ids.length > 0) removed += await deps.reminders.store.remove(target, ids)
    }
    const content = t(`commands.remind.${removed > 0 ? 'stopped' : 'stoppedNone'}`)
    await interaction.reply({ content, flags: MessageFlags.Ephemeral })
  },

  async autocomplete(interaction, deps) {
    const t = deps.translations(toLocale(interaction.locale))
    const visible = await visibleReminders(interaction, deps)
    const choices = visible.flatMap(({ target, reminders }) =>
      reminders.map((reminder) => {
        const { guilds, channels } = interaction.client
        const found = channels.cache.get(target.id)
        const name = found && 'name' in found ? `#${found.name ?? ''}` : `#${target.id}`
        const server = interaction.guildId === null ? guilds.cache.get(target.guildId)?.name : null
        const place = target.type === 'channel' ? name : (server ?? '')
        const label = reminderLabel(reminder, t)
        return {
          name: shorten(place === '' ? label : `${place} · ${label}`),
          value: `${reminder.id}`,
        }
      }),
    )
    const typed = interaction.options.getFocused()
    await interaction.respond(choices.filter(({ name }) => isLike(name, typed)).slice(0, 25))
  },

  async press({ interaction, rest }, { reminders, translations }) {
    const t = translations(toLocale(interaction.locale))
    const { channelId, guildId, user, message } = interaction
    const flags = MessageFlags.Ephemeral
    if (guildId !== null && !isTeacher(interaction)) {
      await interaction.reply({ content: t('commands.remind.onlyTeachers'), flags })
      return
    }
    const isDirect = guildId === null && interaction.channel?.type === ChannelType.DM
    const target = isDirect
      ? ({ type: 'user', id: user.id } as const)
      : ({ type: 'channel', id: channelId } as const)
    const deliveryId = /^\d{1,15}$/.test(rest) ? Number(rest) : -1
    const removed = await reminders.store.removeDelivered(deliveryId, target)
    if (removed === null) {
      await interaction.reply({ content: t('commands.remind.tooOld'), flags })
      return
    }
    await interaction.update({
      content: `${message.content}\n-# ${t('commands.remind.stopped')}`,
      components: [],
      allowedMentions: { parse: [] },
    })
  },
}
