import { DOMAINS } from './domains.js'
import { mix, Random, zipf } from './random.js'
import * as lists from './words.js'

/** Words of several parts, and topics, in which words occur together. */

/** Shares of how a compound is written: without spaces 60 %. */
const UNSPACED = 6
const SPACED = 4

/** How a compound is written, as often as it is: in one, in words, and of three parts or more also with one space. */
function spellings(parts) {
  const spaced = [parts.join(' ')]
  if (parts.length > 2)
    spaced.push(`${parts[0]} ${parts.slice(1).join('')}`, `${parts.slice(0, -1).join('')} ${parts.at(-1)}`)
  const forms = Array.from({ length: UNSPACED * spaced.length }, () => parts.join(''))
  for (const form of spaced) for (let i = 0; i < SPACED; i++) forms.push(form)
  return forms
}

const COMPOUNDS_A_DOMAIN = { head: 60, pair: 34, pairHead: 36, modified: 16, modifiedHead: 22, long: 6 }

/** The compounds of a subject, in no order. */
function makeCompounds(nouns, random) {
  const noun = () => random.of(nouns)
  const recipes = {
    head: () => [noun(), random.of(lists.HEADS)],
    pair: () => [noun(), noun()],
    pairHead: () => [noun(), noun(), random.of(lists.HEADS)],
    modified: () => [random.of(lists.MODIFIERS), noun()],
    modifiedHead: () => [random.of(lists.MODIFIERS), noun(), random.of(lists.HEADS)],
    long: () => [random.of(lists.MODIFIERS), noun(), noun(), random.of(lists.HEADS)],
  }
  const found = new Map()
  for (const [recipe, count] of Object.entries(COMPOUNDS_A_DOMAIN))
    for (let made = 0; made < count; ) {
      const parts = recipes[recipe]()
      const word = parts.join('')
      if (new Set(parts).size < parts.length || found.has(word)) continue
      found.set(word, { word, parts, forms: spellings(parts) })
      made++
    }
  return [...found.values()]
}

/** A topic's own order of its subject's words: near to the written one, so that what is rare is so in every topic. */
const jumble = (list, random) =>
  list
    .map((item, i) => ({ item, at: i + 12 * random.normal() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)

const TOPICS = 200

/** @returns everything that articles are made of, the same for the same seed. */
export function makeVocabulary(seed) {
  const random = new Random(seed, 0x7fffffff)
  const nounOf = new Map()
  const noun = word => {
    if (!nounOf.has(word)) nounOf.set(word, { word, parts: [word], forms: [word] })
    return nounOf.get(word)
  }
  const domains = DOMAINS.map(({ name, ministries, nouns }) => ({
    name,
    ministries,
    nouns: nouns.map(noun),
    compounds: makeCompounds(nouns, random),
  }))

  const topics = Array.from({ length: TOPICS }, (_, i) => {
    const domain = domains[i % domains.length]
    const others = [random.of(domains), random.of(domains)]
    const nouns = jumble(domain.nouns, random)
    const departments = nouns.slice(0, 4).map(({ word }) => `${word}${random.of(DEPARTMENTS)}`)
    // A topic borrows some words of two other subjects.
    const borrowed = others.flatMap(other => random.shuffle(other.nouns).slice(0, 8))
    const lent = others.flatMap(other => random.shuffle(other.compounds).slice(0, 15))
    return {
      id: i,
      domain,
      departments,
      nouns: zipf([...nouns, ...random.shuffle(borrowed)], 3, 1.5),
      compounds: zipf([...random.shuffle(domain.compounds), ...lent], 2, 1.1),
    }
  })
  return {
    topics,
    topicsOf: new Map(
      lists.MINISTRIES.map(({ code }) => {
        const own = topics.filter(({ domain }) => domain.ministries.includes(code))
        return [code, own.length > 0 ? zipf(own, 1) : null]
      }),
    ),
    anyTopic: zipf(random.shuffle(topics), 8),
    general: zipf(lists.GENERAL, 25, 1.6),
    actions: zipf(lists.ACTIONS, 30, 1.6),
    nouns: [...nounOf.values()],
    compounds: [
      ...new Map(domains.flatMap(({ compounds }) => compounds.map(entry => [entry.word, entry]))).values(),
    ],
  }
}

const DEPARTMENTS = ['정책과', '산업과', '지원과', '안전과', '기획과', '관리과', '협력과', '제도과']

/** Compounds without end: the k-th of a topic, of which small k are frequent. */
const OPEN = 1 << 21

export function openCompound(random, topic) {
  const hash = new Hash(mix(topic.id, random.harmonic(OPEN, 20)))
  const { nouns } = topic.domain
  const first = nouns[hash.below(nouns.length)].word
  const second =
    hash.below(3) === 0 ? nouns[hash.below(nouns.length)].word : lists.HEADS[hash.below(lists.HEADS.length)]
  const third = hash.below(2) === 0 ? lists.HEADS[hash.below(lists.HEADS.length)] : ''
  const gap = random.float() < UNSPACED / (UNSPACED + SPACED) ? '' : ' '
  return third === '' ? first + gap + second : `${first}${second}${gap}${third}`
}

/** Several small choices out of one hash. */
class Hash {
  constructor(value) {
    this.value = value
  }

  below(n) {
    this.value = mix(this.value, n)
    return this.value % n
  }
}

/** Names without end: the k-th person, company and village. */
export const NAMES = {
  person: { count: 1 << 16, parts: [lists.SURNAMES, lists.GIVEN, lists.GIVEN] },
  firm: { count: 1 << 15, parts: lists.FIRM_PARTS },
  village: { count: 1 << 13, parts: [lists.VILLAGE_SYLLABLES, lists.VILLAGE_SYLLABLES, lists.VILLAGE_ENDS] },
}

export function nameAt({ count, parts }, k) {
  const hash = new Hash(mix(count, k))
  return parts.map(list => list[hash.below(list.length)]).join('')
}

export const nameOf = (random, names) => nameAt(names, random.harmonic(names.count, 200))
