import type { RunChange } from '../store/store.ts'
import type { RunEvent } from '../wire/events.ts'

/**
 * A step in the life of a run: what is written, and what its readers see once it is written. An
 * event that carries `change.run` shows the run as the store then has it.
 */
export interface Transition {
  change: RunChange
  events: RunEvent[]
}
