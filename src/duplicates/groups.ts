import { inOrder, type Placed } from './relate.ts'

/** Groups of duplicates: whoever is one of another, over any number of steps. */

/** The least identity in the group of each article that has a duplicate. */
export function groupsOf(pairs: readonly (readonly [number, number])[]): Map<number, number> {
  const parents = new Map<number, number>()
  const rootOf = (id: number): number => {
    let root = id
    for (let parent = parents.get(root); parent !== undefined && parent !== root; parent = parents.get(root))
      root = parent
    for (let at = id; at !== root; ) {
      const next = parents.get(at) ?? root
      parents.set(at, root)
      at = next
    }
    return root
  }
  for (const [a, b] of pairs) {
    const [low, high] = [rootOf(a), rootOf(b)].sort((x, y) => x - y) as [number, number]
    parents.set(low, low)
    parents.set(high, low)
  }
  return new Map([...parents.keys()].map(id => [id, rootOf(id)]))
}

/** Each with so many of the same text as come next in time. */
export function nextInText<T extends Pick<Placed, 'id' | 'listedAt'>>(
  all: readonly T[],
  textOf: (one: T) => string,
  count: number,
): [T, T][] {
  const alike = new Map<string, T[]>()
  for (const one of all) {
    const text = textOf(one)
    const others = alike.get(text)
    if (others) others.push(one)
    else alike.set(text, [one])
  }
  return [...alike.values()].flatMap(group =>
    group
      .sort(inOrder)
      .flatMap((one, i) => group.slice(i + 1, i + 1 + count).map((other): [T, T] => [one, other])),
  )
}
