/**
 * How far a replica is behind, told by when the primary was seen to be where the replica is now. No two clocks are compared,
 * and on an idle primary nothing grows old, as it would by the time of the last transaction that was replayed.
 */
export class Timeline {
  /** Places in the primary's log and when it was there last, the oldest first. */
  #seen: { at: number; place: number }[] = []

  /** @param at milliseconds on a clock that never goes back, before the place was asked for */
  note(at: number, place: number): void {
    const last = this.#seen.at(-1)
    // A primary that was brought back from a backup begins anew.
    if (last && place < last.place) this.#seen = []
    if (last?.place === place) last.at = at
    else this.#seen.push({ at, place })
    if (this.#seen.length > KEPT) this.#seen.shift()
  }

  /**
   * Milliseconds by which whoever has replayed up to a place was behind at the last note, at most: it may be less by the
   * time between two notes. Infinity where it is further behind than is known.
   */
  lagAt(place: number): number {
    const now = this.#seen.at(-1)
    const reached = this.#seen.findLast(seen => seen.place <= place)
    return now && reached ? now.at - reached.at : Number.POSITIVE_INFINITY
  }
}

/** Notes that are kept: ten minutes of one a second. */
const KEPT = 600
