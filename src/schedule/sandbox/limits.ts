const kib = 1024
const mib = 1024 * kib

/** What one query, and what one worker, may use. The time limit belongs to the pool. */
export const limits = {
  /** Length of a statement, in UTF-16 code units. */
  statementLength: 10_000,
  rows: 200,
  /** Columns and rows of a result as JSON, in UTF-8 bytes; leaves room for a note within 16 KiB. */
  resultBytes: 15 * kib,
  columns: 100,
  /** All column names of a result as JSON, in UTF-8 bytes. */
  columnNameBytes: 4 * kib,
  /** The most that the WebAssembly memory can grow to: a page more is refused by the engine. */
  wasmMemoryBytes: 64 * mib,
  /** What SQLite may allocate in it; below the wall, so that SQLite itself reports the shortage. */
  sqliteHeapBytes: 48 * mib,
  /** WebAssembly memory never shrinks; a worker whose memory is larger than this is replaced. */
  keptMemoryBytes: 32 * mib,
  /** Guilds' databases that one worker keeps; the least recently used one goes. */
  databases: 32,
  /** What they may take together, as far as their content tells; a single one may be larger. */
  databaseBytes: 12 * mib,
} as const
