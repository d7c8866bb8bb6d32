import { InvalidRequestError } from '../errors.ts'
import type { ApiContext } from './reply.ts'

/**
 * Does the work for as long as the client is there. One that goes away gives its own reasons, which
 * are no error of ours.
 */
export async function whileConnected<T>(
  { req }: ApiContext,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal } = req.raw
  try {
    return await work(signal)
  } catch (cause) {
    if (!signal.aborted) throw cause
    throw new InvalidRequestError('The connection was closed before the answer was there.', {
      cause,
    })
  }
}
