import { z } from 'zod'

import type { SandboxReply } from './sandbox/messages.ts'

const bytes = z.instanceof(Uint8Array)
const outputs = z
  .array(
    z.discriminatedUnion('type', [
      z.object({ type: z.literal('logs'), logs: z.string().max(2_000_000) }),
      z.object({ type: z.literal('image'), filename: z.string().max(1000), content: bytes }),
    ]),
  )
  .max(1000)

const schema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('snapshot'), content: bytes }),
  z.object({ type: z.literal('written'), ok: z.boolean() }),
  z.object({ type: z.literal('imports'), names: z.array(z.string().max(200)).max(200) }),
  z.object({ type: z.literal('loaded'), problem: z.string().max(1000).nullable() }),
  z.object({ type: z.literal('ran'), outputs }),
  z.object({ type: z.literal('content'), content: bytes.nullable() }),
  z.object({
    type: z.literal('over'),
    reason: z.enum(['memory', 'ended']),
    detail: z.string().max(1000),
    outputs,
  }),
])

/** Checks what a sandbox process says; null for anything that it never says by itself. */
export function parseReply(message: unknown): SandboxReply | null {
  return schema.safeParse(message).data ?? null
}
