import { isObject } from '../endpoint-values.ts'
import type { ForwardedRequest } from '../models.ts'

/** A request as it goes to the endpoint. */
export interface WithUsage {
  body: object
  /** Whether the wish for a count is ours, and the count not for the client. */
  isAdded: boolean
  /** Whether this refusal may be about the wish, so that the request is worth sending without it. */
  mayRefuse: (status: number, said: string) => boolean
  /** What the endpoint's answer says about this model. */
  learn: (habit: Habit) => void
}

type Habit = 'accepts' | 'refuses'

/** Clients choose the names, so not every one can be remembered. */
const maxModels = 1000

/**
 * Asks streams for what they cost: `stream_options.include_usage`, where the client did not. Some
 * servers refuse the member, each in its own words; which ones is found out once per model.
 */
export function createUsageWish(): { add(request: ForwardedRequest): WithUsage } {
  const habits = new Map<string, Habit>()

  function learn(model: string, habit: Habit): void {
    if (habits.get(model) === habit) return
    if (habits.size >= maxModels) habits.clear()
    habits.set(model, habit)
  }

  return {
    add({ path, body }) {
      const { model, stream, stream_options: options = {} } = body
      const isStream = path === '/chat/completions' && stream === true
      const asked = { ...(isObject(options) && options), include_usage: true }
      const isAdded =
        isStream &&
        habits.get(model) !== 'refuses' &&
        (options === null || (isObject(options) && options['include_usage'] !== true))
      return {
        body: isAdded ? { ...body, stream_options: asked } : body,
        isAdded,
        mayRefuse: (status, said) =>
          isAdded &&
          (status === 400 || status === 422) &&
          (habits.get(model) === undefined || /stream_options|include_usage/i.test(said)),
        learn: (habit) => {
          if (isAdded) learn(model, habit)
        },
      }
    },
  }
}
