/**
 * The cheapest way through words that follow each other (Viterbi), in AssemblyScript: half of what analysing a text takes, and twice
 * as fast so as it is in JavaScript. A text makes some ten nodes a character. `../lattice.ts` is the caller, and gives the memory.
 */

/** A word that may follow those that end at the place last moved to; or, by its left context, one of the two below. */
@unmanaged
class Word {
  left: u16
  right: u16
  cost: i32
  end: i32
  token: i32
}

/** Contexts that no word has. A move to the place `end`: words after it start at `cost`. */
const MOVE: u16 = 0xffff
/** All that the dictionary has for what ends there: `cost` is its first token << 8 | how many, `right` the row of penalties. */
const ENTRIES: u16 = 0xfffe

/** A token of the dictionary. */
@unmanaged
class Token {
  left: u16
  right: u16
  posid: u16
  cost: i16
  feature: i32
  unused: i32
}

/** The rows of penalties from this one on are of words that no space stands before. */
const ATTACHED: u16 = 3

/** Of a row of penalties. */
const POSIDS: usize = 1024

/** The context before the first and after the last word. */
const EDGE: i32 = 0

/** A word, at the end of the cheapest way to it. */
@unmanaged
class Node {
  right: i32
  total: i32
  previous: usize
  /** The node before it of those that end where it does. */
  next: usize
  start: i32
  token: i32
}

/** What can stand before a place: of the nodes with one right context the cheapest. */
@unmanaged
class Rival {
  right: i32
  total: i32
  node: usize
}

/** Which rival has a right context, if the round is this one. */
@unmanaged
class Slot {
  round: i32
  rival: usize
}

/** The best rival for a left context, which many words of a place share, if the round is this one. */
@unmanaged
class Best {
  round: i32
  total: i32
  node: usize
}

/** A word of the cheapest way. */
@unmanaged
class Step {
  start: i32
  token: i32
}

let connections: usize
let floors: usize
let attached: usize
let contexts: i32
let tokens: usize
let penalties: usize
let slots: usize
let bests: usize
let rivals: usize
let endings: usize
let nodes: usize
let words: usize

/** Goes up with each place. */
let round: i32
const LAST_ROUND: i32 = 1 << 30
let start: i32
let afterRivals: usize
let afterNodes: usize

/** Bytes that so many words of a text with fewer places take. */
export function bytesFor(capacity: i32): usize {
  const context = offsetof<Slot>() + offsetof<Best>() + offsetof<Rival>()
  const word = sizeof<usize>() + offsetof<Node>() + offsetof<Word>()
  return <usize>contexts * context + <usize>(capacity + 1) * word
}

/**
 * Where the dictionary lies, and how many right contexts it has; left ones are no more. Connections are what it costs that a left
 * context follows a right one, of 16 bits: [right + contexts × left]; floors are the least of each left context; attached is which of
 * them each is where no space stands before it; penalties are of a place, by posid.
 */
export function read(
  connectionsAt: usize,
  floorsAt: usize,
  attachedAt: usize,
  tokensAt: usize,
  penaltiesAt: usize,
  count: i32,
): void {
  connections = connectionsAt
  floors = floorsAt
  attached = attachedAt
  tokens = tokensAt
  penalties = penaltiesAt
  contexts = count
}

/** Takes so many bytes into use, and gives where the words belong. */
export function use(room: usize, capacity: i32): usize {
  slots = room
  bests = slots + <usize>contexts * offsetof<Slot>()
  rivals = bests + <usize>contexts * offsetof<Best>()
  endings = rivals + <usize>contexts * offsetof<Rival>()
  nodes = endings + <usize>(capacity + 1) * sizeof<usize>()
  words = nodes + <usize>(capacity + 1) * offsetof<Node>()
  forgetRounds()
  return words
}

/** What the cheapest way through so many words and moves costs, the last of which is the move to the end of the text. */
export function cheapest(count: i32, length: i32): i32 {
  if (round > LAST_ROUND) forgetRounds()
  memory.fill(endings, 0, <usize>(length + 1) * sizeof<usize>())
  afterNodes = nodes
  putNode(EDGE, 0, 0, 0, 0)
  const end = words + <usize>count * offsetof<Word>()
  for (let at = words; at < end; at += offsetof<Word>()) {
    const word = changetype<Word>(at)
    if (word.left === MOVE) {
      moveTo(word.end)
      start = word.cost
    } else if (word.left === ENTRIES) addEntries(word)
    else addNode(word.left, word.right, word.cost, word.end, word.token)
  }
  return findBest(EDGE).total
}

/** Writes the steps of that way over its words, the last one first, and gives how many they are. */
export function way(): i32 {
  let at = words
  for (let node = findBest(EDGE).node; node !== nodes; node = changetype<Node>(node).previous) {
    const step = changetype<Step>(at)
    step.start = changetype<Node>(node).start
    step.token = changetype<Node>(node).token
    at += offsetof<Step>()
  }
  return <i32>((at - words) / offsetof<Step>())
}

function forgetRounds(): void {
  memory.fill(slots, 0, rivals - slots)
  round = 0
}

function endingAt(place: i32): usize {
  return endings + <usize>place * sizeof<usize>()
}

function addEntries(entries: Word): void {
  const first = <u32>entries.cost >>> 8
  const last = first + (<u32>entries.cost & 0xff)
  const row = penalties + ((<usize>entries.right * POSIDS) << 2)
  for (let number = first; number < last; number++) {
    const token = changetype<Token>(tokens + <usize>number * offsetof<Token>())
    const penalty = entries.right ? load<i32>(row + ((<usize>token.posid) << 2)) : 0
    const left = entries.right >= ATTACHED ? load<u16>(attached + ((<usize>token.left) << 1)) : token.left
    addNode(left, token.right, <i32>token.cost + penalty, entries.end, number)
  }
}

function addNode(left: i32, right: i32, cost: i32, end: i32, token: i32): void {
  const best = findBest(left)
  putNode(right, best.total + cost, best.node, end, token)
}

function putNode(right: i32, total: i32, previous: usize, end: i32, token: i32): void {
  const node = changetype<Node>(afterNodes)
  node.right = right
  node.total = total
  node.previous = previous
  node.start = start
  node.token = token
  node.next = load<usize>(endingAt(end))
  store<usize>(endingAt(end), afterNodes)
  afterNodes += offsetof<Node>()
}

function moveTo(place: i32): void {
  round++
  afterRivals = rivals
  for (let node = load<usize>(endingAt(place)); node !== 0; node = changetype<Node>(node).next) addRival(node)
  sortRivals()
}

function addRival(at: usize): void {
  const node = changetype<Node>(at)
  const slot = changetype<Slot>(slots + <usize>node.right * offsetof<Slot>())
  if (slot.round !== round) {
    slot.round = round
    slot.rival = afterRivals
    afterRivals += offsetof<Rival>()
  } else if (node.total >= changetype<Rival>(slot.rival).total) return
  putRival(slot.rival, node.right, node.total, at)
}

function putRival(at: usize, right: i32, total: i32, node: usize): void {
  const rival = changetype<Rival>(at)
  rival.right = right
  rival.total = total
  rival.node = node
}

/** By what they cost, of equal ones the last first: there are few of them. */
function sortRivals(): void {
  for (let at = rivals + offsetof<Rival>(); at < afterRivals; at += offsetof<Rival>()) {
    const right = changetype<Rival>(at).right
    const total = changetype<Rival>(at).total
    const node = changetype<Rival>(at).node
    let to = at
    for (; to > rivals; to -= offsetof<Rival>()) {
      const before = changetype<Rival>(to - offsetof<Rival>())
      if (before.total < total || (before.total === total && before.node > node)) break
      putRival(to, before.right, before.total, before.node)
    }
    putRival(to, right, total, node)
  }
}

function findBest(left: i32): Best {
  const best = changetype<Best>(bests + <usize>left * offsetof<Best>())
  if (best.round === round) return best
  const row = connections + ((<usize>(left * contexts)) << 1)
  const floor = <i32>load<i16>(floors + ((<usize>left) << 1))
  let least = i32.MAX_VALUE
  // Most connections lie far apart in memory: those that cannot win any more are not read.
  for (let at = rivals; at < afterRivals; at += offsetof<Rival>()) {
    const rival = changetype<Rival>(at)
    if (rival.total + floor >= least) break
    const total = rival.total + <i32>load<i16>(row + ((<usize>rival.right) << 1))
    if (total >= least) continue
    least = total
    best.node = rival.node
  }
  best.round = round
  best.total = least
  return best
}
