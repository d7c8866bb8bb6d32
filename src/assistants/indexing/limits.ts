const megabyte = 1024 * 1024

/** What a document may take, whoever made it. */
export const documentLimits = {
  /** Of the whole document, as the hosted API has it. */
  tokens: 5_000_000,
  /** Files of text are held in memory as bytes; five million tokens are 20 to 30 MB. */
  textBytes: 64 * megabyte,
  /** The parts of an Office document that are read, unpacked. */
  unpackedBytes: 512 * megabyte,
  archiveEntries: 10_000,
  /** Elements inside each other. */
  depth: 5000,
  pages: 20_000,
  /** Characters of one page; what is beyond is left out. */
  pageCharacters: 1_000_000,
  /** JavaScript's heap of a thread. */
  heapMb: 224,
  /** What the PDF engine may take; it is started afresh between pages once it took a quarter. */
  pdfBytes: 256 * megabyte,
  /** Without a sign of life while nobody else is waited for. */
  stallMs: 60_000,
  /** Of work on one document, not counting the time that chunks wait to be taken. */
  workMs: 15 * 60_000,
  headingLength: 200,
} as const
