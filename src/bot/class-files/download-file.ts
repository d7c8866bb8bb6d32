/** A file of Discord's could not be fetched. */
export class DownloadError extends Error {
  override readonly name = 'DownloadError'
  readonly reason: 'too_large' | 'not_fetched'

  constructor(reason: DownloadError['reason'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

export interface DownloadOptions {
  maxBytes: number
  /** Default: as long as the signal lets it. */
  timeoutMs?: number
  signal: AbortSignal
}

/**
 * The bytes at an address that Discord gave; never one that a user wrote. Throws `DownloadError`, and the
 * signal's reason.
 */
export async function downloadFile(
  url: string,
  { maxBytes, timeoutMs, signal }: DownloadOptions,
): Promise<Blob> {
  const limits = timeoutMs === undefined ? [] : [AbortSignal.timeout(timeoutMs)]
  const inTime = AbortSignal.any([signal, ...limits])
  try {
    const response = await fetch(url, { signal: inTime })
    if (!response.ok || !response.body) {
      await response.body?.cancel()
      throw new DownloadError('not_fetched', `The file is not there: status ${response.status}.`)
    }
    const parts: Uint8Array<ArrayBuffer>[] = []
    let size = 0
    for await (const part of response.body) {
      size += part.length
      if (size > maxBytes)
        throw new DownloadError('too_large', `It has more than ${maxBytes} bytes.`)
      parts.push(part)
    }
    return new Blob(parts)
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof DownloadError) throw error
    throw new DownloadError('not_fetched', 'The file cannot be fetched.', { cause: error })
  }
}
