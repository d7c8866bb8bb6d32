// What the host and the sandbox process say to each other. The sandbox runs hostile code, so the host
// checks what comes from it (`replies.ts`).

export interface SandboxLimits {
  /** Python's heap, in bytes. */
  memoryBytes: number
  /** What all files of the session may hold together, in bytes. */
  fileBytes: number
  /** The whole process, in bytes: the last resort where the two others do not reach. */
  processBytes: number
  /** What a cell may print, in bytes; the middle of longer output is left out. */
  logBytes: number
  /** How many pictures a cell may show, the bytes of one, and of all of them. */
  pictures: number
  pictureBytes: number
  allPictureBytes: number
}

export interface SandboxStart {
  type: 'start'
  /** The folder of the package `pyodide`. */
  pyodideFolder: string
  /** The folder with the wheels that `load` names, and its lock file as text; null: there are none. */
  packages: { folder: string; lockFile: string } | null
  /** A started Python's memory, from `make-snapshot`; null: Python is started anew, which takes longer. */
  snapshotFile: string | null
  makeSnapshot: boolean
  limits: SandboxLimits
}

/** One at a time; each has one reply. */
export type SandboxRequest =
  /**
   * A part of an input file, in order; the one that ends at `bytes` is the last. A file that does not
   * fit is refused with its first part.
   */
  | {
      type: 'write'
      fileId: string
      filename: string
      bytes: number
      offset: number
      content: Uint8Array
    }
  /** Which modules the code imports that are not there. */
  | { type: 'imports'; code: string }
  /** Loads packages of the lock file by name, together with what they need. */
  | { type: 'load'; names: string[] }
  /** Runs a cell; `unavailable` says why a module is not there, by its name. */
  | { type: 'run'; code: string; unavailable: Record<string, string> }
  | { type: 'read'; path: string; maxBytes: number }

export type HostMessage = SandboxStart | { type: 'interrupt' } | SandboxRequest

export type SandboxOutput =
  | { type: 'logs'; logs: string }
  | { type: 'image'; filename: string; content: Uint8Array }

export type SandboxReply =
  | { type: 'ready' }
  | { type: 'snapshot'; content: Uint8Array }
  | { type: 'written'; ok: boolean }
  | { type: 'imports'; names: string[] }
  | { type: 'loaded'; problem: string | null }
  | { type: 'ran'; outputs: SandboxOutput[] }
  /** Null where there is no such file, or it is too large. */
  | { type: 'content'; content: Uint8Array | null }
  /** Python is over, and the process with it; with what the cell gave until then. */
  | { type: 'over'; reason: 'memory' | 'ended'; detail: string; outputs: SandboxOutput[] }

/** The two numbers that the threads of a sandbox process share. */
export const shared = {
  /** Python looks here while it runs: 2 is SIGINT. */
  signal: 0,
  /** Counts messages; the thread of Python sleeps on it between them, so that nothing runs there. */
  wake: 1,
  length: 2,
} as const
