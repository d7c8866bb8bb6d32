/** What this folder uses of Emscripten's file system, which Pyodide declares only as `any`. */
export interface MemoryFiles {
  writeFile(path: string, content: Uint8Array, options?: { canOwn?: boolean }): void
  readFile(path: string): Uint8Array
  stat(path: string): { size: number; mode: number }
  isFile(mode: number): boolean
  analyzePath(path: string): { exists: boolean }
  symlink(target: string, path: string): void
  mkdirTree(path: string): void
  unlink(path: string): void
  mkdev(path: string, device: number): void
  makedev(major: number, minor: number): number
  registerDevice(device: number, operations: object): void
  ErrnoError: new (errno: number) => Error
  filesystems: Record<string, unknown>
}

interface MemoryNode {
  contents: Uint8Array
  usedBytes: number
}

type Write = (
  stream: { node: MemoryNode },
  buffer: Uint8Array,
  // What goes on is the offset in the buffer, the length, the position and whether it may be kept.
  ...rest: [number, number, number, boolean]
) => number

interface MemoryFileSystem {
  expandFileStorage: (this: void, node: MemoryNode, bytes: number) => void
  resizeFileStorage: (this: void, node: MemoryNode, bytes: number) => void
  ops_table: { file: { stream: { write: Write } } }
}

export interface FileBounds {
  /** How many bytes the files of the session may still grow by. */
  room(): number
  /** What is written while `load` runs is Python's own, and does not count. */
  exempt(load: () => Promise<void>): Promise<void>
}

/** `ENOSPC` in Emscripten's numbers. */
const noSpace = 51
const doublingMaxBytes = 1024 * 1024

/**
 * Lets files grow no further than what all of them may hold together: their bytes are in JavaScript's
 * memory, where WebAssembly's limit does not reach. What is there at the call does not count. Deleted
 * files are free again: everything is counted anew before the disk is called full.
 */
export function boundFiles(files: MemoryFiles, maxBytes: number): FileBounds {
  // Emscripten's inner names: the tests that fill the disk tell when they change.
  const system = files.filesystems.MEMFS as MemoryFileSystem
  const { root } = files as unknown as { root: TreeNode }
  let base = countBytes(root)
  let used = 0
  let isExempt = false

  function recount(): void {
    used = countBytes(root) - base
  }

  function claim(growth: number): void {
    if (growth <= 0 || isExempt) return
    if (used + growth > maxBytes) recount()
    if (used + growth > maxBytes) throw new files.ErrnoError(noSpace)
    used += growth
  }

  const { expandFileStorage, resizeFileStorage } = system
  system.expandFileStorage = (node, bytes) => {
    const held = node.contents.length
    if (held >= bytes) return
    const step = held * (held < doublingMaxBytes ? 2 : 1.125)
    claim(Math.max(bytes, Math.floor(step), 256) - held)
    expandFileStorage(node, bytes)
  }
  system.resizeFileStorage = (node, bytes) => {
    claim(bytes - node.contents.length)
    resizeFileStorage(node, bytes)
  }
  const { stream } = system.ops_table.file
  const { write } = stream
  stream.write = (target, buffer, ...rest) => {
    const [, length, position, canOwn] = rest
    const isFirst = target.node.usedBytes === 0 && position === 0
    if (canOwn || isFirst) claim(length)
    return write(target, buffer, ...rest)
  }

  return {
    room() {
      recount()
      return maxBytes - used
    },
    async exempt(load) {
      recount()
      isExempt = true
      try {
        await load()
      } finally {
        isExempt = false
        base = countBytes(root) - used
      }
    },
  }
}

interface TreeNode {
  /** Of a folder its entries, of a file its bytes. */
  contents?: Record<string, TreeNode> | Uint8Array
}

function countBytes(root: TreeNode): number {
  let bytes = 0
  const waiting = [root]
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    const { contents } = node
    if (ArrayBuffer.isView(contents)) bytes += contents.byteLength
    else if (contents) for (const entry of Object.values(contents)) waiting.push(entry)
  }
  return bytes
}
