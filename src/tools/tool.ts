import type OpenAI from 'openai'

/** What a tool may know of the turn it runs in. */
export interface ToolContext {
  /** The guild whose data the tool may see; null in a direct message. */
  guildId: string | null
  /** The conversation it belongs to; direct messages share data, and so take turns by this. */
  conversation: string
  signal: AbortSignal
}

/** A function the bot executes when a run answers `requires_action`. One file in this folder each. */
export interface Tool {
  /** What the model is told; `name` is the key of the registry. */
  definition(context: Pick<ToolContext, 'guildId'>): Promise<OpenAI.FunctionDefinition>
  /**
   * Runs the tool. `args` is the parsed JSON object that the model wrote, not yet validated. Answers
   * the text that goes back to the model, also for bad arguments and failures that the model can
   * correct; throws only when the turn was aborted.
   */
  run(args: unknown, context: ToolContext): Promise<string>
}
