import { InvalidRequestError } from '../../errors.ts'
import type { Page, PageQuery } from '../wire/page.ts'

/** A part of a list: everything between two positions, exclusive, from one end. */
interface SeqRange {
  above: number
  below: number
  order: 'asc' | 'desc'
  limit: number
}

export interface PageSource<Row, T> {
  /** What the list is of, as messages say it: `message`. */
  noun: string
  query: PageQuery
  /** The position of an object of this list. */
  seqOf: (id: string) => Promise<{ seq: number } | undefined>
  rows: (range: SeqRange) => Promise<Row[]>
  toObject: (row: Row) => T
}

/**
 * One page of a list (reference 1.2). `after` wins over `before` as to where the page starts; with
 * `before` alone it is the page next to that object, still in the order asked for.
 */
export async function readPage<Row, T extends { id: string }>({
  noun,
  query,
  seqOf,
  rows,
  toObject,
}: PageSource<Row, T>): Promise<Page<T>> {
  const position = async (param: 'after' | 'before') => {
    const id = query[param]
    if (id === undefined) return undefined
    const row = await seqOf(id)
    if (!row) throw new InvalidRequestError(`No ${noun} found with id '${id}'.`, { param })
    return row.seq
  }
  const after = await position('after')
  const before = await position('before')
  const ascending = query.order === 'asc'
  const fromTheEnd = after === undefined && before !== undefined
  const opposite = ascending ? 'desc' : 'asc'

  const found = await rows({
    above: (ascending ? after : before) ?? 0,
    below: (ascending ? before : after) ?? Number.MAX_SAFE_INTEGER,
    order: fromTheEnd ? opposite : query.order,
    limit: query.limit + 1,
  })
  const data = found.slice(0, query.limit).map(toObject)
  if (fromTheEnd) data.reverse()
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: found.length > query.limit,
  }
}
