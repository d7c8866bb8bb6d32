import { ChannelType, PermissionFlagsBits } from 'discord-api-types/v10'
import { Hono } from 'hono'
import { z } from 'zod'

import { DiscordError } from '../../discord-error.ts'
import { parseForm, snowflake, text } from '../../form.ts'
import { announce, type AnnounceDeps } from '../../messages/announce.ts'
import type { NextSnowflake } from '../../snowflake.ts'
import { toGuild } from '../../wire.ts'
import type { Guild } from '../../world.ts'
import { param, queryNumber, readBody, type RestContext, type RestEnv } from '../context.ts'
import { channelForm } from './channels.ts'

export interface GuildRoutesDeps extends AnnounceDeps {
  nextId: NextSnowflake
}

const memberForm = z.object({
  nick: text(0, 32).nullish(),
  roles: z.array(snowflake).max(250).optional(),
})

/** A guild, its members, roles and channels. */
export function guildRoutes(deps: GuildRoutesDeps): Hono<RestEnv> {
  const { world, hub, permissions, nextId } = deps

  const guildAt = (c: RestContext): Guild => {
    const guild = world.guild(param(c, 'guild'))
    if (!guild.members.has(c.get('account').user.id)) throw new DiscordError(50001)
    return guild
  }
  const require = (c: RestContext, guild: Guild, bits: bigint) => {
    if ((permissions.inGuild(guild, c.get('account').user.id) & bits) !== bits)
      throw new DiscordError(50013)
  }
  const memberAt = (c: RestContext, guild: Guild) => {
    const given = param(c, 'user')
    const member = guild.members.get(given === '@me' ? c.get('account').user.id : given)
    if (!member) throw new DiscordError(world.accounts.has(given) ? 10007 : 10013)
    return member
  }
  const tell = (guild: Guild, event: string, data: object) =>
    hub.publish({
      event,
      data: { ...data, guild_id: guild.id },
      guildId: guild.id,
      isFor: (userId) => guild.members.has(userId),
    })

  return new Hono<RestEnv>()
    .get('/guilds/:guild', (c) => {
      const guild = guildAt(c)
      return c.json({ ...toGuild(guild), approximate_member_count: guild.members.size })
    })
    .get('/guilds/:guild/channels', (c) =>
      c.json(world.channelsOf(guildAt(c).id).map(({ data }) => data)),
    )
    .post('/guilds/:guild/channels', async (c) => {
      const guild = guildAt(c)
      require(c, guild, PermissionFlagsBits.ManageChannels)
      const form = parseForm(channelForm, (await readBody(c)).body)
      const channel = world.addGuildChannel({
        id: nextId(),
        guild_id: guild.id,
        type: form.type ?? ChannelType.GuildText,
        name: form.name,
        topic: form.topic ?? null,
        position: form.position ?? world.channelsOf(guild.id).length,
        parent_id: form.parent_id ?? null,
        permission_overwrites: form.permission_overwrites ?? [],
        nsfw: form.nsfw ?? false,
        rate_limit_per_user: form.rate_limit_per_user ?? 0,
        last_message_id: null,
        last_pin_timestamp: null,
        flags: 0,
      })
      announce(deps, channel, { event: 'CHANNEL_CREATE', data: channel.data })
      return c.json(channel.data, 201)
    })
    .get('/guilds/:guild/roles', (c) => c.json([...guildAt(c).roles.values()]))
    .get('/guilds/:guild/members', (c) => {
      const after = c.req.query('after') ?? '0'
      const limit = queryNumber(c, 'limit', { fallback: 1, max: 1000 })
      const members = [...guildAt(c).members.values()]
        .toSorted((a, b) => (BigInt(a.user.id) < BigInt(b.user.id) ? -1 : 1))
        .filter(({ user }) => BigInt(user.id) > BigInt(/^\d{1,20}$/.test(after) ? after : 0))
      return c.json(members.slice(0, limit))
    })
    .get('/guilds/:guild/members/search', (c) => {
      const query = (c.req.query('query') ?? '').toLowerCase()
      const limit = queryNumber(c, 'limit', { fallback: 1, max: 1000 })
      const members = [...guildAt(c).members.values()].filter(({ nick, user }) =>
        [nick, user.username, user.global_name].some((name) =>
          name?.toLowerCase().startsWith(query),
        ),
      )
      return c.json(members.slice(0, limit))
    })
    .get('/guilds/:guild/members/:user', (c) => c.json(memberAt(c, guildAt(c))))
    .patch('/guilds/:guild/members/:user', async (c) => {
      const guild = guildAt(c)
      const member = memberAt(c, guild)
      const form = parseForm(memberForm, (await readBody(c)).body)
      const isSelf = member.user.id === c.get('account').user.id
      if (form.nick !== undefined)
        require(c, guild, isSelf
          ? PermissionFlagsBits.ChangeNickname
          : PermissionFlagsBits.ManageNicknames)
      if (form.roles) require(c, guild, PermissionFlagsBits.ManageRoles)
      if (form.nick !== undefined) member.nick = form.nick === '' ? null : form.nick
      if (form.roles) member.roles = form.roles.filter((id) => guild.roles.has(id))
      permissions.changed()
      tell(guild, 'GUILD_MEMBER_UPDATE', member)
      return c.json(member)
    })
    .on(['PUT', 'DELETE'], '/guilds/:guild/members/:user/roles/:role', (c) => {
      const guild = guildAt(c)
      require(c, guild, PermissionFlagsBits.ManageRoles)
      const member = memberAt(c, guild)
      const role = param(c, 'role')
      if (!guild.roles.has(role)) throw new DiscordError(10011)
      const others = member.roles.filter((id) => id !== role)
      member.roles = c.req.method === 'PUT' ? [...others, role] : others
      permissions.changed()
      tell(guild, 'GUILD_MEMBER_UPDATE', member)
      return c.body(null, 204)
    })
}
