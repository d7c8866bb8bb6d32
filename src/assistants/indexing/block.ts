/** A paragraph, heading, row, line of code or the like, in the order of reading. */
export interface Block {
  text: string
  /** From 1; null where the format has none. */
  page: number | null
  /** The nearest heading at or above it. */
  heading: string | null
  /** It is that heading, so nothing is cut between it and what follows. */
  isHeading?: boolean
  /** What stands between it and the block before. Default: an empty line. */
  join?: '' | '\n'
}

/** What an extractor reads. Throws `DocumentError` for what is wrong with the document. */
export interface Source {
  path: string
  bytes: number
}

/** Reads the blocks of a document in order, without holding all of them. */
export type Extract = (source: Source) => AsyncIterable<Block>
