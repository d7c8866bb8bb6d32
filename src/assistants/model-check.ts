import { InvalidRequestError } from '../errors.ts'
import type { Models } from '../models/models.ts'

/** Throws if no endpoint serves the model; null and undefined are no choice. */
export function requireModel(
  models: Pick<Models, 'serves'>,
  model: string | null | undefined,
): void {
  if (model === null || model === undefined || models.serves(model)) return
  throw new InvalidRequestError(`The requested model '${model}' does not exist.`, {
    param: 'model',
    apiCode: 'model_not_found',
  })
}
