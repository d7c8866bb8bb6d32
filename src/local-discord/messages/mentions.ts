import { PermissionFlagsBits } from 'discord-api-types/v10'

import type { Permissions } from '../permissions.ts'
import type { Channel, World } from '../world.ts'
import type { AllowedMentions } from './message-form.ts'

/** Whom a message notifies: what its object shows as `mentions`, `mention_roles`, `mention_everyone`. */
export interface Mentions {
  users: string[]
  roles: string[]
  everyone: boolean
}

export interface MentionsContext {
  world: Pick<World, 'accounts' | 'guildOf'>
  permissions: Permissions
  channel: Channel
  authorId: string
  /** The author of the message that is replied to. */
  repliedUserId: string | null
}

/** Code is not read for mentions, as in Discord's own parser. */
const code = /```[\s\S]*?```|``[\s\S]*?``|`[^`\n]*`/g

/**
 * @param allowed absent: everything is parsed, and a reply notifies its author (documentation, "Allowed Mentions Object")
 */
export function findMentions(
  content: string,
  allowed: AllowedMentions | null | undefined,
  context: MentionsContext,
): Mentions {
  const prose = content.includes('`') ? content.replaceAll(code, ' ') : content
  const { world, permissions, channel, authorId, repliedUserId } = context
  const guild = world.guildOf(channel)
  const mayMentionAll = permissions.can(channel, authorId, PermissionFlagsBits.MentionEveryone)

  const users = idsIn(prose, /<@!?(\d{15,20})>/g).filter(
    (id) => world.accounts.has(id) && isAllowed(allowed, 'users', id),
  )
  const roles = idsIn(prose, /<@&(\d{15,20})>/g).filter((id) => {
    const role = guild?.roles.get(id)
    return role && (role.mentionable || mayMentionAll) && isAllowed(allowed, 'roles', id)
  })
  const everyone =
    /@(everyone|here)/.test(prose) &&
    mayMentionAll &&
    guild !== null &&
    (!allowed || (allowed.parse?.includes('everyone') ?? false))

  const pingsReplied = repliedUserId !== null && (allowed ? allowed.replied_user === true : true)
  if (pingsReplied && !users.includes(repliedUserId)) users.push(repliedUserId)
  return { users, roles, everyone }
}

function isAllowed(
  allowed: AllowedMentions | null | undefined,
  kind: 'users' | 'roles',
  id: string,
): boolean {
  if (!allowed) return true
  return (allowed.parse?.includes(kind) ?? false) || (allowed[kind]?.includes(id) ?? false)
}

function idsIn(prose: string, pattern: RegExp): string[] {
  if (!prose.includes('<@')) return []
  return [...new Set([...prose.matchAll(pattern)].flatMap(([, id]) => id ?? []))].slice(0, 100)
}
