/** What one imported file may cost. Whatever goes beyond is refused or cut, and said so. */
export const importLimits = {
  /** The file as it comes, and the text or the XML that it unpacks to. */
  fileBytes: 10 * 1024 * 1024,
  unpackedBytes: 64 * 1024 * 1024,
  /** Parts of an archive. */
  archiveEntries: 2000,
  sheets: 50,
  rows: 20_000,
  columns: 200,
  cellLength: 5000,
  /** How many problems are kept; the rest is counted. */
  problems: 500,
  /** Years before and after today that repeating events are followed. */
  years: 2,
  /** Steps of all recurrence rules of a file, also those outside these years. */
  recurrenceSteps: 200_000,
  /** Parsing in its thread. */
  timeMs: 20_000,
  heapMb: 384,
} as const
