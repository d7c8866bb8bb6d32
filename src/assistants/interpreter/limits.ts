import { totalmem } from 'node:os'

import type { SandboxLimits } from './sandbox/messages.ts'

const mebibyte = 2 ** 20

export const defaultLimits: SandboxLimits = {
  memoryBytes: 512 * mebibyte,
  fileBytes: 256 * mebibyte,
  // Both, what Node and Python themselves take (about 250 MB), and the large packages.
  processBytes: 1280 * mebibyte,
  logBytes: 64_000,
  pictures: 20,
  pictureBytes: 20_000_000,
  // They come to the host in one message.
  allPictureBytes: 40_000_000,
}

/** How many sessions a machine has room for: one per 2 GB, as a session seldom takes all it may. */
export function sessionsThatFit(): number {
  return Math.min(Math.max(Math.floor(totalmem() / (2048 * mebibyte)), 1), 8)
}
