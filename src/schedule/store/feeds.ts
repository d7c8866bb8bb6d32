import type { Kysely } from 'kysely'

import type { ScheduleStore } from './schedule-store.ts'
import type { ScheduleDatabase } from './schema.ts'

type Feeds = Pick<ScheduleStore, 'feedToken' | 'findFeed' | 'revokeFeed'>

export interface FeedsDeps {
  db: Kysely<ScheduleDatabase>
  newToken: () => string
}

/**
 * The secrets of private calendar feeds. They are kept as they are, because people ask for their
 * address again; whoever reads this file has the timetables that they open anyway.
 */
export function createFeeds({ db, newToken }: FeedsDeps): Feeds {
  return {
    async feedToken(guildId, userId) {
      const { token } = await db
        .insertInto('feeds')
        .values({ guild_id: guildId, user_id: userId, token: newToken() })
        // Sets what is there already, because only then is the row returned.
        .onConflict((conflict) =>
          conflict.columns(['guild_id', 'user_id']).doUpdateSet({ user_id: userId }),
        )
        .returning('token')
        .executeTakeFirstOrThrow()
      return token
    },

    async findFeed(token) {
      const row = await db
        .selectFrom('feeds')
        .select(['guild_id', 'user_id'])
        .where('token', '=', token)
        .executeTakeFirst()
      return row ? { guildId: row.guild_id, userId: row.user_id } : null
    },

    async revokeFeed(guildId, userId) {
      const { numDeletedRows } = await db
        .deleteFrom('feeds')
        .where('guild_id', '=', guildId)
        .where('user_id', '=', userId)
        .executeTakeFirst()
      return numDeletedRows > 0n
    },
  }
}
