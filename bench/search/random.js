/** Pseudo-random numbers that are a pure function of a seed and an index, and weighted choice in constant time. */

/** Mixes two numbers to 32 bits. */
export function mix(a, b) {
  let h = (Math.imul(a, 0x9e3779b1) ^ Math.imul(b + 0x7f4a7c15, 0x85ebca6b)) | 0
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad)
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97)
  return (h ^ (h >>> 15)) >>> 0
}

/** The generator sfc32: 128 bits of state, so that a million streams do not meet. */
export class Random {
  constructor(seed, index = 0) {
    this.reset(seed, index)
  }

  reset(seed, index) {
    this.a = mix(seed, index) | 0
    this.b = mix(index, seed ^ 0x5bd1e995) | 0
    this.c = index | 0
    this.counter = 1
    for (let i = 0; i < 12; i++) this.float()
  }

  /** In [0, 1). */
  float() {
    const t = (this.a + this.b + this.counter++) | 0
    this.a = this.b ^ (this.b >>> 9)
    this.b = (this.c + (this.c << 3)) | 0
    this.c = (((this.c << 21) | (this.c >>> 11)) + t) | 0
    return (t >>> 0) / 0x100000000
  }

  /** In 0 … n - 1. */
  below(n) {
    return Math.floor(this.float() * n)
  }

  of(list) {
    return list[Math.floor(this.float() * list.length)]
  }

  /** In 0 … n - 1, where k is as frequent as 1 / (k + shift): Zipf's law without a table. */
  harmonic(n, shift) {
    return Math.floor(shift * (n / shift + 1) ** this.float() - shift)
  }

  /** Standard normal (Box and Muller). */
  normal() {
    return Math.sqrt(-2 * Math.log(1 - this.float())) * Math.cos(2 * Math.PI * this.float())
  }

  /** A shuffled copy. */
  shuffle(list) {
    const copy = [...list]
    for (let i = copy.length - 1; i > 0; i--) {
      const j = this.below(i + 1)
      const kept = copy[i]
      copy[i] = copy[j]
      copy[j] = kept
    }
    return copy
  }
}

/** Items by weight, with Walker's alias table. */
export class Weighted {
  constructor(items, weights) {
    const n = items.length
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    const scaled = weights.map(weight => (weight * n) / total)
    this.items = items
    this.own = new Float64Array(n).fill(1)
    this.alias = Uint32Array.from(items, (_, i) => i)
    const small = []
    const large = []
    scaled.forEach((weight, i) => {
      ;(weight < 1 ? small : large).push(i)
    })
    while (small.length > 0 && large.length > 0) {
      const less = small.pop()
      const more = large[large.length - 1]
      this.own[less] = scaled[less]
      this.alias[less] = more
      scaled[more] -= 1 - scaled[less]
      if (scaled[more] < 1) small.push(large.pop())
    }
  }

  pick(random) {
    const x = random.float() * this.items.length
    const i = Math.floor(x)
    return this.items[x - i < this.own[i] ? i : this.alias[i]]
  }
}

/** Items by their rank: Zipf's law with Mandelbrot's shift, which flattens the top. */
export const zipf = (items, shift = 1, exponent = 1) =>
  new Weighted(
    items,
    items.map((_, rank) => 1 / (rank + 1 + shift) ** exponent),
  )
