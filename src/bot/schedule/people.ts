import type { Revision } from '../../schedule/store/schedule-store.ts'

/** Whether a person made a change: people have numbers, programs have names. */
export function isPerson(by: Revision['by']): boolean {
  return /^\d{15,25}$/.test(by)
}
