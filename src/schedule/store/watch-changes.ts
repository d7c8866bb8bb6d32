import type { ScheduleStore } from './schedule-store.ts'

/** The store, which also says whose timetable it has changed. */
export function watchChanges(
  store: ScheduleStore,
  onChange: (guildId: string) => void,
): ScheduleStore {
  return {
    ...store,
    async change(request) {
      const made = await store.change(request)
      if (made) onChange(request.guildId)
      return made
    },
    async undo(guildId, by, revision) {
      const made = await store.undo(guildId, by, revision)
      if (made) onChange(guildId)
      return made
    },
    async removeSubscription(guildId, id, change) {
      const removed = await store.removeSubscription(guildId, id, change)
      if (removed?.made) onChange(guildId)
      return removed
    },
    async apply(guildId, id) {
      const made = await store.apply(guildId, id)
      onChange(guildId)
      return made
    },
  }
}
