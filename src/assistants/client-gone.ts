import { InvalidRequestError } from '../errors.ts'
import { bindingsOf } from './client-address.ts'
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

/**
 * Tells an answer that its client is gone, if nobody else does: the HTTP server cancels the stream, and
 * would print an error of it beside the log.
 */
export function signalInside(context: ApiContext): AbortSignal | undefined {
  return bindingsOf(context) ? undefined : context.req.raw.signal
}

/** Breaks an answer off: over HTTP its connection is cut. */
export function breakOff(
  context: ApiContext,
  { controller, error }: { controller: ReadableStreamDefaultController; error: unknown },
): void {
  const outgoing = bindingsOf(context)?.outgoing
  if (!outgoing) return controller.error(error)
  outgoing.destroy()
  // Nobody reads it any more, and of an error the HTTP server would print the stack.
  controller.close()
}
