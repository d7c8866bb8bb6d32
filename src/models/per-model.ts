/** Clients may ask for any name. */
const mostModels = 1000

/** What is learned about each model of an endpoint; of too many, the oldest is forgotten. */
export function createPerModel<Known>(begin: (model: string) => Known): (model: string) => Known {
  const all = new Map<string, Known>()
  return (model) => {
    const known = all.get(model)
    if (known !== undefined) return known
    const [oldest] = all.keys()
    if (oldest !== undefined && all.size >= mostModels) all.delete(oldest)
    const fresh = begin(model)
    all.set(model, fresh)
    return fresh
  }
}
