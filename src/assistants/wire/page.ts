/** Query of a list (reference 1.2): cursors are object ids, order is that of insertion. */
export interface PageQuery {
  /** 1 to 100. */
  limit: number
  order: 'asc' | 'desc'
  after?: string | undefined
  before?: string | undefined
}

/** One page of a list, as it goes over the wire. */
export interface Page<T> {
  object: 'list'
  data: T[]
  first_id: string | null
  last_id: string | null
  has_more: boolean
}
