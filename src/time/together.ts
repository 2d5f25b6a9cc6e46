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
 * Work on one item that is done on many: what comes while a batch is at work waits, and then all that waits is the next. A
 * batch that only waits itself may give way: the next begins meanwhile, up to `atOnce`. What comes alone waits for nobody. A
 * result may still be a promise: then the batch is over without it. Where `work` throws, each of its items fails with that.
 */
export function together<Item, Result>(
  work: (items: Item[], giveWay: () => void) => Promise<(Result | Promise<Result>)[]>,
  { atOnce, most, largest, sizeOf }: Bounds<Item>,
): (item: Item) => Promise<Result> {
  let waiting: Waiting<Item, Result>[] = []
  let running = 0
  /** The one that does not give way yet. */
  let first: symbol | null = null

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

  const begin = () => {
    if (first === null && running < atOnce && waiting.length > 0) void run(take())
  }

  const run = async (batch: Waiting<Item, Result>[]) => {
    const me = Symbol()
    first = me
    running++
    const giveWay = () => {
      if (first === me) first = null
      begin()
    }
    try {
      const results = await work(
        batch.map(({ item }) => item),
        giveWay,
      )
      for (const [i, { resolve }] of batch.entries()) resolve(results[i] as Result | Promise<Result>)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
    running--
    giveWay()
  }

  return item =>
    new Promise((resolve, reject) => {
      waiting.push({ item, size: sizeOf(item), resolve, reject })
      begin()
    })
}
