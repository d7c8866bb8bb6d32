import type { Attributes, SearchFilter } from './file-search.ts'

type Value = Attributes[string]
type Comparison = Exclude<SearchFilter, { filters: unknown }>

/**
 * Whether a file with these attributes passes (reference 5.6). A key that it has not matches only
 * `ne` and `nin`; values of different types are neither equal nor in any order.
 */
export function matches(attributes: Attributes, filter: SearchFilter): boolean {
  if (!('filters' in filter)) return compares(attributes, filter)
  // Checked in shape and depth where it came in; the SDK's type leaves the inner ones open.
  const inner = filter.filters as SearchFilter[]
  return filter.type === 'and'
    ? inner.every((each) => matches(attributes, each))
    : inner.some((each) => matches(attributes, each))
}

function compares(attributes: Attributes, { type, key, value: given }: Comparison): boolean {
  const own = Object.hasOwn(attributes, key) ? attributes[key] : undefined
  const values = Array.isArray(given) ? given : [given]
  const [value] = values
  switch (type) {
    case 'eq':
      return own === value
    case 'ne':
      return own !== value
    case 'in':
      return own !== undefined && values.some((each) => each === own)
    case 'nin':
      return !values.some((each) => each === own)
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return isInOrder(type, own, value)
    default:
      return type satisfies never
  }
}

function isInOrder(
  type: 'gt' | 'gte' | 'lt' | 'lte',
  own: Value | undefined,
  value: Value | undefined,
): boolean {
  if (own === undefined || value === undefined || typeof own !== typeof value) return false
  switch (type) {
    case 'gt':
      return own > value
    case 'gte':
      return own >= value
    case 'lt':
      return own < value
    case 'lte':
      return own <= value
    default:
      return type satisfies never
  }
}
