import type { HostedCall } from './hosted-calls.ts'
import type { HostedKind } from './hosted-names.ts'
import type { CalledTool } from './tool-call-stream.ts'

/** A call that the runtime itself executes. */
export type CalledHosted = CalledTool & { kind: HostedKind }

/** A tool of a run that the runtime itself executes. */
export interface RunTool {
  kind: HostedKind
  /** For the model. */
  description: string
  /** JSON Schema. */
  parameters: Record<string, unknown>
  execute(call: CalledHosted, options: { signal: AbortSignal }): Promise<HostedCall>
}
