/** A file of the API as the code sees it: `/mnt/data/<fileId>`, and under its name where that is free. */
export interface InputFile {
  fileId: string
  filename: string
  bytes: number
  read(): AsyncIterable<Uint8Array>
}

export interface CodeToRun {
  /** Whose variables and files it sees: the thread's. */
  sessionId: string
  code: string
  /** What must be there before it runs; what is there already is not brought again. */
  files: readonly InputFile[]
}

export type CodeOutput =
  /** What was printed, the value of the last expression, a traceback, or why it was stopped. */
  | { type: 'logs'; logs: string }
  /** A figure, or a picture that the code wrote below `/mnt/data`. */
  | { type: 'image'; filename: string; content: Uint8Array }

export interface CodeResult {
  /** In the order in which they came about. */
  outputs: CodeOutput[]
}

/**
 * Runs Python for models, each session in a thread of its own that sees neither network nor host. Code
 * that fails, takes too long or too much memory is a result like any other: its logs say so.
 */
export interface CodeInterpreter {
  /** Says that it may be wanted soon: what takes long to start may start meanwhile. */
  prepare?(): void
  /** One call of a session at a time; the next waits. Throws only what is the host's fault. */
  run(code: CodeToRun, options: { signal: AbortSignal }): Promise<CodeResult>
  /**
   * A file that code left in the session, by its path (`/mnt/data/…`); undefined where there is none,
   * it is larger than a file may be, or the session is over.
   */
  readFile(sessionId: string, path: string): Promise<Uint8Array | undefined>
  /** Ends the session, if there is one, and forgets its files. */
  end(sessionId: string): Promise<void>
  close(): Promise<void>
}
