/** The same draws for the same seed. */
export class Draw {
  private state: number
  constructor(seed: number) {
    this.state = seed >>> 0
  }

  float(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let t = this.state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  /** Both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.float() * (most - least + 1))
  }

  chance(p: number): boolean {
    return this.float() < p
  }

  of<T>(items: readonly T[]): T {
    return items[this.between(0, items.length - 1)] as T
  }

  some<T>(items: readonly T[], n: number): T[] {
    return this.shuffle(items).slice(0, n)
  }

  shuffle<T>(items: readonly T[]): T[] {
    const left = [...items]
    const drawn: T[] = []
    while (left.length > 0) drawn.push(...left.splice(this.between(0, left.length - 1), 1))
    return drawn
  }
}
