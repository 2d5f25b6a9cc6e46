import { releaseOf } from './days.js'
import { Random, Weighted, zipf } from './random.js'
import * as sentences from './sentences.js'
import { makeVocabulary, NAMES, nameAt, nameOf, openCompound } from './vocabulary.js'
import * as lists from './words.js'

/**
 * A corpus of Korean policy articles without end, for the benchmarks of search: the words are real, their frequencies
 * follow Zipf's law, topics make them occur together, the sentences mean nothing.
 */

/** Characters of a body: log-normal. Below and above, cut. */
const LENGTH = { median: 1000, spread: 0.5, least: 270, most: 4200 }
/** Sentences of a paragraph, at most. */
const PARAGRAPH = 3
const TITLE = { least: 15, most: 40 }
/** Share of the articles of a ministry that are of its own topics. */
const OWN_TOPICS = 0.8
/** Milliseconds within which articles come in out of order. */
const ARRIVAL = 6 * 3_600_000
/** Weights of the ministries in their order: the first five have 40 %. */
const TOP_FIVE = [10, 9, 8, 7, 6]

const ministries = new Weighted(
  lists.MINISTRIES,
  lists.MINISTRIES.map((_, rank) => {
    const rest = lists.MINISTRIES.slice(TOP_FIVE.length).map((_, i) => 1 / (i + 6))
    const sum = rest.reduce((total, weight) => total + weight, 0)
    return TOP_FIVE[rank] ?? (60 * rest[rank - TOP_FIVE.length]) / sum
  }),
)
const kinds = new Weighted(Object.keys(lists.KINDS), Object.values(lists.KINDS))
const latin = zipf(lists.LATIN, 1)
const places = zipf([...lists.PROVINCES, ...lists.PLACES], 4)
const jobs = zipf(lists.JOBS, 1)
const verbs = zipf(lists.VERBS.map(sentences.conjugate), 8)
const common = zipf(sentences.SENTENCES, 40)
const amounts = makeAmounts(new Random(20, 1))
const PREFIXES = {
  reference: '[보도참고] ',
  explanation: '(설명자료) ',
  visual: '[카드뉴스] ',
  'fact-check': '[사실은 이렇습니다] ',
}

function makeAmounts(random) {
  return Array.from({ length: 1 << 14 }, () => {
    const [unit, low, high] = random.of(lists.UNITS)
    const value = 10 ** (low + random.float() * (high - low))
    const digits =
      value < 100 && (unit === '%' || unit === '배') ? value.toFixed(1) : Math.ceil(value).toString()
    return digits.replace(/\B(?=(\d{3})+$)/g, ',') + unit
  })
}

/** What a ministry was called on a day: names end before theirs. */
const nameOn = ({ name, former }, day) => former.find(([until]) => day < until)?.[1] ?? name

/**
 * @typedef {{ title: string, subtitles: string[], bodyText: string, bodyHtml: string, ministryCode: string,
 *   ministryName: string, ministryPublishedName: string, kind: string, tags: string[], author: string,
 *   publishedAt: Date, source: string, externalId: string }} BenchArticle
 */

/** `article(i)` is a pure function of the seed and i. Not for two threads: each makes a corpus of its own. */
export function makeCorpus(seed = 1) {
  const vocabulary = makeVocabulary(seed)
  const actionForms = new Map(lists.ACTIONS.map(action => [action, sentences.conjugateAction(action)]))
  const random = new Random(seed)

  /** What the article at hand is about; set anew for each. */
  let topics
  let focus
  let cast
  let release

  const topic = () => {
    const roll = random.float()
    return topics[topics.length === 1 || roll < 0.65 ? 0 : topics.length === 2 || roll < 0.88 ? 1 : 2]
  }
  const spell = entry => random.of(entry.forms)
  const focused = () => spell(focus[random.harmonic(focus.length, 1)])
  /** An article has its favourites, so that a word is more often twice in one article than once in two. */
  function general() {
    const roll = random.float()
    if (roll < 0.4) return random.of(cast.general)
    return roll < 0.75 ? vocabulary.general.pick(random) : topic().nouns.pick(random).word
  }
  const action = () => (random.float() < 0.5 ? random.of(cast.actions) : vocabulary.actions.pick(random))

  function subject() {
    const roll = random.float()
    const { nouns, compounds } = topic()
    if (roll < 0.14) return focused()
    if (roll < 0.5) return nouns.pick(random).word
    if (roll < 0.63) return `${nouns.pick(random).word} ${nouns.pick(random).word}`
    if (roll < 0.86) return spell(compounds.pick(random))
    if (roll < 0.94) return openCompound(random, topic())
    if (roll < 0.96) return latin.pick(random)
    return general()
  }

  function any() {
    const roll = random.float()
    return roll < 0.2 ? focused() : roll < 0.35 ? action() : subject()
  }

  function body() {
    if (random.float() < 0.5) return random.of(cast.bodies)
    return random.float() < 0.6
      ? random.of(lists.BODIES)
      : places.pick(random) + random.of(lists.LOCAL_BODIES)
  }

  function place() {
    const roll = random.float()
    if (roll < 0.5) return cast.place
    return roll < 0.85 ? places.pick(random) : `${places.pick(random)} ${nameOf(random, NAMES.village)}`
  }

  function day() {
    const roll = random.below(4)
    if (roll === 0) return `${release.day}일`
    if (roll === 1) return `지난 ${1 + random.below(28)}일`
    return roll === 2 ? `오는 ${1 + random.below(28)}일` : `${release.month}월 ${1 + random.below(28)}일`
  }

  function time() {
    const roll = random.below(8)
    if (roll < 5) return `${release.year - 2 + roll}년`
    return roll === 5
      ? '올해'
      : roll === 6
        ? '내년'
        : random.of(['올해 상반기', '올해 하반기', '내년 상반기'])
  }

  /** The words of the gaps of sentences.js. */
  const fill = {
    A: any,
    B: body,
    C: () => (random.float() < 0.6 ? cast.firm : nameOf(random, NAMES.firm)),
    D: day,
    F: focused,
    G: general,
    J: () => jobs.pick(random),
    K: action,
    L: () => latin.pick(random),
    M: () => release.ministry,
    N: subject,
    P: place,
    Q: time,
    R: () => (random.float() < 0.7 ? cast.person : nameOf(random, NAMES.person)),
    V: ending => (random.float() < 0.8 ? actionForms.get(action())[ending] : verbs.pick(random)[ending]),
    X: () => random.of(amounts),
  }
  const gap = (slot, ending) => fill[slot](ending)
  const sentence = templates => sentences.write(random.of(templates), gap)
  const another = () => sentences.write(common.pick(random), gap)

  function makeTitle(kind) {
    if (kind === 'personnel') return `[인사] ${release.ministry} ${general()} ${jobs.pick(random)} 임명`
    const prefix = PREFIXES[kind] ?? ''
    for (let attempt = 0; ; attempt++) {
      const title = prefix + sentence(sentences.TITLES)
      if (title.length >= TITLE.least && title.length <= TITLE.most) return title
      if (attempt > 8) return `${prefix}${focus[0].word} ${action()} ${title}`.slice(0, TITLE.most)
    }
  }

  function makeParagraphs() {
    const { median, spread, least, most } = LENGTH
    const wanted = Math.min(most, Math.max(least, median * Math.exp(spread * random.normal())))
    const paragraphs = []
    let length = 0
    let paragraph = sentence(sentences.LEADS)
    for (let left = random.below(2); length + paragraph.length < wanted; left--) {
      if (left <= 0) {
        paragraphs.push(paragraph)
        length += paragraph.length
        paragraph = another()
        left = 1 + random.below(PARAGRAPH)
      } else paragraph += ` ${another()}`
    }
    paragraphs.push(paragraph)
    if (random.below(2) === 0) paragraphs.push(sentence(sentences.CLOSINGS))
    return paragraphs
  }

  /** What an article begins with. */
  function begin(i) {
    random.reset(seed, i)
    return { ministry: ministries.pick(random), kind: kinds.pick(random), publishedAt: releaseOf(random) }
  }

  /** The first `count` articles as they would have come in: by their release, give or take some hours. */
  function inOrder(count) {
    const at = Float64Array.from({ length: count }, (_, i) => {
      const { publishedAt } = begin(i)
      return publishedAt.getTime() + random.float() * ARRIVAL
    })
    return Uint32Array.from({ length: count }, (_, i) => i).sort((a, b) => at[a] - at[b])
  }

  /** @returns {BenchArticle} */
  function article(i) {
    const { ministry, kind, publishedAt } = begin(i)
    const date = new Date(publishedAt.getTime() + 9 * 3_600_000).toISOString()
    release = {
      year: Number(date.slice(0, 4)),
      month: Number(date.slice(5, 7)),
      day: Number(date.slice(8, 10)),
      ministry: nameOn(ministry, date),
    }

    const own = vocabulary.topicsOf.get(ministry.code)
    const count = [1, 1, 1, 2, 2, 3][random.below(6)]
    topics = Array.from({ length: count }, () =>
      (own !== null && random.float() < OWN_TOPICS ? own : vocabulary.anyTopic).pick(random),
    )
    focus = Array.from({ length: 5 }, () => {
      const { nouns, compounds } = topic()
      return (random.float() < 0.6 ? compounds : nouns).pick(random)
    })
    cast = {
      place: places.pick(random),
      bodies: [random.of(lists.BODIES), places.pick(random) + random.of(lists.LOCAL_BODIES)],
      general: Array.from({ length: 4 }, () => vocabulary.general.pick(random)),
      actions: Array.from({ length: 4 }, () => vocabulary.actions.pick(random)),
      person: nameOf(random, NAMES.person),
      firm: nameOf(random, NAMES.firm),
    }

    const paragraphs = makeParagraphs()
    const tags = focus.slice(0, 1 + random.below(4)).map(entry => entry.word)
    return {
      title: makeTitle(kind),
      subtitles: Array.from({ length: random.below(3) }, () => sentence(sentences.SUBTITLES)),
      bodyText: paragraphs.join('\n\n'),
      bodyHtml: `<p>${paragraphs.join('</p><p>').replaceAll('&', '&amp;')}</p>`,
      ministryCode: ministry.code,
      ministryName: ministry.name,
      ministryPublishedName: release.ministry,
      kind,
      tags: [...new Set(tags)],
      author: random.float() < 0.2 ? '대변인실' : random.of(topics[0].departments),
      publishedAt,
      source: 'bench',
      externalId: `${seed}-${i}`,
    }
  }

  const { nouns, compounds } = vocabulary
  return { article, inOrder, vocabulary: { nouns, compounds }, queryWords: makeQueryWords(vocabulary) }
}

/** Of each sort of names, so many are tried as queries. */
const NAMES_ASKED = 400

/** The words that queries are made of. How frequent each is, `sampleFrequencies` tells. */
function makeQueryWords({ nouns, compounds }) {
  const single = (kind, words) => words.map(word => ({ word, parts: [word], kind }))
  return [
    ...nouns.map(({ word, parts }) => ({ word, parts, kind: 'noun' })),
    ...single('general', lists.GENERAL),
    ...compounds.map(({ word, parts }) => ({ word, parts, kind: 'compound' })),
    ...single('latin', lists.LATIN),
    ...single('body', lists.BODIES),
    ...single('place', lists.PLACES),
    ...Object.entries(NAMES).flatMap(([kind, names]) =>
      single(
        kind,
        Array.from({ length: NAMES_ASKED }, (_, k) => nameAt(names, k)),
      ),
    ),
  ]
}

/** @typedef {{ word: string, parts: string[], kind: string, df: number, band: 'common' | 'middling' | 'rare' }} QueryWord */

/** Shares of the documents between which a word is middling. */
const BANDS = { common: 0.03, rare: 0.001 }

/**
 * In how many of the first `n` articles each query word stands, in title or body, however it is spaced, also inside a
 * longer word. Those that stand in none are left out.
 * @returns {QueryWord[]} the most frequent first
 */
export function sampleFrequencies(corpus, n) {
  const counted = new Map(corpus.queryWords.map(entry => [entry.word, { ...entry, df: 0, last: -1 }]))
  /** Words by their first two characters, of which every word has as many. */
  const byStart = new Map()
  for (const entry of counted.values()) {
    const start = entry.word.slice(0, 2)
    if (!byStart.has(start)) byStart.set(start, [])
    byStart.get(start).push(entry)
  }
  for (let i = 0; i < n; i++) {
    const { title, bodyText } = corpus.article(i)
    const text = `${title}\n${bodyText}`.replaceAll(' ', '')
    for (let at = 0; at < text.length - 1; at++)
      for (const entry of byStart.get(text.slice(at, at + 2)) ?? [])
        if (entry.last !== i && text.startsWith(entry.word, at)) {
          entry.last = i
          entry.df++
        }
  }
  return [...counted.values()]
    .filter(({ df }) => df > 0)
    .sort((a, b) => b.df - a.df)
    .map(({ last: _, ...entry }) => ({
      ...entry,
      band: entry.df > BANDS.common * n ? 'common' : entry.df < BANDS.rare * n ? 'rare' : 'middling',
    }))
}
