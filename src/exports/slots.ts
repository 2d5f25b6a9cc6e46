import { Problem } from '../http/problem.ts'

/** How many exports may run at once in this process: each has a connection to the database and holds a snapshot. */
export class Slots {
  private readonly taken = new Set<Promise<void>>()
  private readonly limit: number

  constructor(limit: number) {
    this.limit = limit
  }

  /**
   * Takes a place, which the returned function gives back. The last one of several is kept for those with a key.
   * @throws Problem 503
   */
  take(keyed: boolean): () => void {
    const { size } = this.taken
    if (size >= (keyed ? this.limit : Math.max(1, this.limit - 1)))
      throw new Problem(
        'too-many-exports',
        {
          en: `${size} exports are running here, as many as may. Try again when one has ended.`,
          ko: `내보내기 ${size}건이 진행 중입니다. 끝난 뒤 다시 시도하십시오.`,
        },
        { headers: { 'retry-after': '30' } },
      )
    let free = () => {}
    const place = new Promise<void>(done => {
      free = done
    }).then(() => {
      this.taken.delete(place)
    })
    this.taken.add(place)
    return free
  }

  /** Comes back when all that are taken were given back. */
  async settled(): Promise<void> {
    await Promise.all(this.taken)
  }
}
