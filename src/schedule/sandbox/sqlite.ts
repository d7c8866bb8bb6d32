import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import initSqlJs from 'sql.js'

import { capWasmMemory } from '../../wasm-memory.ts'

const resultCode = { ok: 0, noMemory: 7, row: 100, done: 101 } as const
const valueType = { integer: 1, float: 2, text: 3, blob: 4, null: 5 } as const
/** Tells SQLite to copy a bound text before the call returns (`SQLITE_TRANSIENT`). */
const transient = -1

/**
 * SQLite's C functions as sql.js exports them. Its `Database` class is not used: it cannot tell how
 * long a value is before it copies it, drops what follows a statement, keeps databases in a file
 * system of JavaScript arrays, and registers functions of its own.
 */
const nativeNames = [
  '_malloc',
  '_free',
  '_sqlite3_open',
  '_sqlite3_close_v2',
  '_sqlite3_errmsg',
  '_sqlite3_prepare_v2',
  '_sqlite3_step',
  '_sqlite3_reset',
  '_sqlite3_finalize',
  '_sqlite3_bind_text',
  '_sqlite3_bind_double',
  '_sqlite3_bind_int',
  '_sqlite3_clear_bindings',
  '_sqlite3_column_count',
  '_sqlite3_column_name',
  '_sqlite3_column_type',
  '_sqlite3_column_bytes',
  '_sqlite3_column_text',
  '_sqlite3_column_blob',
  '_sqlite3_column_double',
] as const

type NativeName = (typeof nativeNames)[number]
type Native = Record<NativeName, (...args: number[]) => number>

/** What this file uses of WebAssembly: TypeScript declares it only together with the DOM. */
interface WasmMemory {
  readonly buffer: ArrayBuffer
}
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: object }
  readonly Memory: { [Symbol.hasInstance](value: unknown): value is WasmMemory }
}

/** What SQLite says is wrong. */
export class SqliteError extends Error {
  override readonly name = 'SqliteError'
  readonly outOfMemory: boolean
  constructor(message: string, outOfMemory: boolean) {
    super(message)
    this.outOfMemory = outOfMemory
  }
}

export interface Sqlite {
  /** Opens an empty database in memory. */
  open(): Connection
  /** The size of the WebAssembly memory; it never shrinks. */
  memoryBytes(): number
}

export interface Connection {
  /** Runs statements of our own. Throws `SqliteError`. */
  exec(sql: string): void
  /** Compiles the first statement of a text. Throws `SqliteError`. */
  prepare(sql: string): Statement
  /** Closes the database; statements must be finalized before. */
  close(): void
}

export interface Statement {
  /** What SQLite left behind the first statement. */
  readonly tail: string
  readonly columnCount: number
  columnName(index: number): string
  bind(values: readonly (string | number | null)[]): void
  /** Goes to the next row; false after the last one. Throws `SqliteError`. */
  step(): boolean
  reset(): void
  /** The size of a text or blob in bytes, before it is copied; 0 for a number or null. */
  valueBytes(index: number): number
  /**
   * A value of the current row as JSON can hold it: an integer beyond 2^53 and an infinity as SQLite
   * prints them, a blob as `x'…'`, malformed UTF-8 with replacement characters.
   */
  value(index: number): string | number | null
  finalize(): void
}

/**
 * Loads SQLite into this thread, with a WebAssembly memory that cannot grow beyond `maxBytes`. Only
 * once per thread: sql.js answers every later call with its first module.
 */
export async function loadSqlite({ maxBytes }: { maxBytes: number }): Promise<Sqlite> {
  const file = fileURLToPath(import.meta.resolve('sql.js/dist/sql-wasm.wasm'))
  const wasm = new Uint8Array(await readFile(file))
  capWasmMemory(wasm, maxBytes)
  let memory: WasmMemory | undefined
  const exported: unknown = await initSqlJs({
    instantiateWasm(imports, onSuccess) {
      const instance = new WebAssembly.Instance(new WebAssembly.Module(wasm), imports)
      memory = toMemory(instance.exports)
      onSuccess(instance)
      return instance.exports
    },
  })
  if (!memory) throw new Error('sql.js was loaded in this thread before')
  return createSqlite(toNative(exported), memory)
}

function toMemory(exports: object): WasmMemory {
  for (const value of Object.values(exports)) {
    if (value instanceof WebAssembly.Memory) return value
  }
  throw new Error('sql.js exports no memory')
}

function toNative(exported: unknown): Native {
  // The module object is typed with its classes only; each function is looked for before it is used.
  const functions = exported as Partial<Native>
  const missing = nativeNames.filter((name) => typeof functions[name] !== 'function')
  if (missing.length > 0) throw new Error(`sql.js does not export ${missing.join(', ')}`)
  return functions as Native
}

function createSqlite(native: Native, memory: WasmMemory): Sqlite {
  const heap = createHeap(native, memory)
  return {
    open() {
      const database = heap.withText(':memory:', (name) =>
        heap.withPointers(1, (pointers) => {
          const code = native._sqlite3_open(name.pointer, pointers.address)
          if (code !== resultCode.ok) throw new SqliteError('out of memory', true)
          return pointers.read(0)
        }),
      )
      return createConnection({ native, heap, database })
    },
    memoryBytes: () => memory.buffer.byteLength,
  }
}

interface ConnectionParts {
  native: Native
  heap: Heap
  database: number
}

function createConnection({ native, heap, database }: ConnectionParts): Connection {
  function check(code: number): void {
    if (code === resultCode.ok) return
    const message = heap.readText(native._sqlite3_errmsg(database))
    throw new SqliteError(message, code === resultCode.noMemory)
  }

  function compile(sql: string): { handle: number; tail: string } {
    return heap.withText(sql, (text) =>
      heap.withPointers(2, (pointers) => {
        const [handle, tail] = [pointers.address, pointers.address + 4]
        check(native._sqlite3_prepare_v2(database, text.pointer, text.bytes + 1, handle, tail))
        const used = pointers.read(1) - text.pointer
        return { handle: pointers.read(0), tail: heap.read(text.pointer + used, text.bytes - used) }
      }),
    )
  }

  function prepare(sql: string): Statement {
    const { handle, tail } = compile(sql)
    return { tail, ...createStatement({ native, heap, handle, check }) }
  }

  return {
    exec(sql) {
      for (let rest = sql; rest.trim() !== '';) {
        const statement = prepare(rest)
        rest = statement.tail
        while (statement.step());
        statement.finalize()
      }
    },
    prepare,
    close() {
      native._sqlite3_close_v2(database)
    },
  }
}

interface StatementParts {
  native: Native
  heap: Heap
  handle: number
  check: (code: number) => void
}

function createStatement(parts: StatementParts): Omit<Statement, 'tail'> {
  const { native, heap, handle, check } = parts

  function bindOne(index: number, value: string | number | null): number {
    if (value === null) return resultCode.ok
    if (typeof value === 'number') return native._sqlite3_bind_double(handle, index, value)
    return heap.withText(value, ({ pointer, bytes }) =>
      native._sqlite3_bind_text(handle, index, pointer, bytes, transient),
    )
  }

  function text(index: number): string {
    const pointer = native._sqlite3_column_text(handle, index)
    if (pointer === 0) throw new SqliteError('out of memory', true)
    return heap.read(pointer, native._sqlite3_column_bytes(handle, index))
  }

  function number(index: number): string | number {
    const value = native._sqlite3_column_double(handle, index)
    const isExact =
      native._sqlite3_column_type(handle, index) === valueType.float
        ? Number.isFinite(value)
        : Number.isSafeInteger(value)
    return isExact ? value : text(index)
  }

  function blob(index: number): string {
    const pointer = native._sqlite3_column_blob(handle, index)
    const bytes = native._sqlite3_column_bytes(handle, index)
    return `x'${heap.copy(pointer, bytes).toHex()}'`
  }

  return {
    columnCount: native._sqlite3_column_count(handle),
    columnName: (index) => heap.readText(native._sqlite3_column_name(handle, index)),
    bind(values) {
      native._sqlite3_clear_bindings(handle)
      for (const [index, value] of values.entries()) check(bindOne(index + 1, value))
    },
    step() {
      const code = native._sqlite3_step(handle)
      if (code === resultCode.row) return true
      if (code !== resultCode.done) check(code)
      return false
    },
    reset() {
      native._sqlite3_reset(handle)
    },
    valueBytes(index) {
      const type = native._sqlite3_column_type(handle, index)
      const isSized = type === valueType.text || type === valueType.blob
      return isSized ? native._sqlite3_column_bytes(handle, index) : 0
    },
    value(index) {
      switch (native._sqlite3_column_type(handle, index)) {
        case valueType.null:
          return null
        case valueType.text:
          return text(index)
        case valueType.blob:
          return blob(index)
        default:
          return number(index)
      }
    },
    finalize() {
      native._sqlite3_finalize(handle)
    },
  }
}

interface Heap {
  /** Lends a NUL-terminated UTF-8 copy of a text; `bytes` does not count the NUL. */
  withText<T>(text: string, use: (lent: { pointer: number; bytes: number }) => T): T
  /** Lends cells that C functions write pointers into. */
  withPointers<T>(
    count: number,
    use: (lent: { address: number; read(index: number): number }) => T,
  ): T
  copy(pointer: number, bytes: number): Uint8Array
  read(pointer: number, bytes: number): string
  /** Reads a NUL-terminated text; a null pointer is empty. */
  readText(pointer: number): string
}

function createHeap(native: Native, memory: WasmMemory): Heap {
  const encoder = new TextEncoder()
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

  function lend<T>(bytes: number, use: (pointer: number) => T): T {
    const pointer = native._malloc(bytes)
    if (pointer === 0) throw new SqliteError('out of memory', true)
    try {
      return use(pointer)
    } finally {
      native._free(pointer)
    }
  }

  // A growing memory detaches its buffer, so every access takes the present one.
  const view = (pointer: number, bytes: number) => new Uint8Array(memory.buffer, pointer, bytes)
  const read = (pointer: number, bytes: number) => decoder.decode(view(pointer, bytes))

  return {
    withText(text, use) {
      const encoded = encoder.encode(text)
      return lend(encoded.length + 1, (pointer) => {
        view(pointer, encoded.length).set(encoded)
        view(pointer + encoded.length, 1).fill(0)
        return use({ pointer, bytes: encoded.length })
      })
    },
    withPointers(count, use) {
      return lend(count * 4, (address) =>
        use({
          address,
          read: (index) => new DataView(memory.buffer).getUint32(address + index * 4, true),
        }),
      )
    },
    copy: (pointer, bytes) => view(pointer, bytes).slice(),
    read,
    readText(pointer) {
      if (pointer === 0) return ''
      const bytes = new Uint8Array(memory.buffer, pointer).indexOf(0)
      return read(pointer, Math.max(bytes, 0))
    },
  }
}
