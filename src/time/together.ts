/** What comes while work is going on, done together the next time. */

interface Waiting<Item, Result> {
  item: Item
  size: number
  resolve: (result: Result | Promise<Result>) => void
  reject: (error: unknown) => void
}

export interface Bounds<Item> {
  /** Batches that may be at work at the same time. */
  atOnce: number
  /** Items of a batch, and the sum of their sizes, unless one alone is larger. */
  most: number
  largest: number
  sizeOf: (item: Item) => number
}

/**
 * Work on one item that is done on many: what comes while `atOnce` batches are at work waits for one of them to end, and then
 * all that waits is the next. What comes alone waits for nobody. A result may still be a promise: then the batch is over without
 * it. Where `work` itself throws, each of its items fails with that.
 */
export function together<Item, Result>(
  work: (items: Item[]) => Promise<(Result | Promise<Result>)[]>,
  { atOnce, most, largest, sizeOf }: Bounds<Item>,
): (item: Item) => Promise<Result> {
  let waiting: Waiting<Item, Result>[] = []
  let running = 0

  const take = () => {
    let size = 0
    const beyond = waiting.findIndex((one, i) => {
      size += one.size
      return i === most || (i > 0 && size > largest)
    })
    const batch = beyond < 0 ? waiting : waiting.slice(0, beyond)
    waiting = beyond < 0 ? [] : waiting.slice(beyond)
    return batch
  }

  const run = async () => {
    running++
    while (waiting.length > 0) {
      const batch = take()
      try {
        const results = await work(batch.map(({ item }) => item))
        for (const [i, { resolve }] of batch.entries()) resolve(results[i] as Result | Promise<Result>)
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    running--
  }

  return item =>
    new Promise((resolve, reject) => {
      waiting.push({ item, size: sizeOf(item), resolve, reject })
      if (running < atOnce) void run()
    })
}
