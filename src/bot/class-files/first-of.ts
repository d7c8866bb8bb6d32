/** Objects that are looked through at most; a server with more is shared with others. */
const maxLookedAt = 10_000

/** The first that fits of a list that comes in pages, among its first ten thousand. */
export async function firstOf<Item>(
  items: AsyncIterable<Item>,
  fits: (item: Item) => boolean,
): Promise<Item | null> {
  let looked = 0
  for await (const item of items) {
    if (fits(item)) return item
    looked += 1
    if (looked === maxLookedAt) break
  }
  return null
}
