import { quoteTerm } from '../../dist/search/document.js'
import { loadAnalyser } from '../../dist/text/analyser/analyse.js'

const analyser = await loadAnalyser()

/** The morphemes of a word one after another, as plain SQL would have them. */
const phrase = word =>
  `(${analyser
    .analyse(word)
    .filter(({ kind }) => kind === 'morpheme')
    .map(({ term }) => quoteTerm(term))
    .join(' <-> ')})`

const queryOf = words => ({ q: words.join(' '), words, tsquery: words.map(phrase).join(' & ') })

/** Evenly over a list, so that every frequency has its share. */
const spread = (list, n) =>
  Array.from({ length: Math.min(n, list.length) }, (_, i) => list[Math.floor(((i + 0.5) * list.length) / n)])

const searchable = ({ word }) => analyser.analyse(word).some(({ kind }) => kind === 'morpheme')

/** Pairs of words that stand in one article, by the rarer of the two. */
function pairs(corpus, words, band, n) {
  const known = new Map(words.map(entry => [entry.word, entry]))
  const found = []
  for (let i = 0; found.length < n && i < 200 * n; i++) {
    const { title } = corpus.article(3_000_000 + i)
    const inTitle = title
      .split(' ')
      .flatMap(word => known.get(word.replace(/[은는이가을를의에]$/, '')) ?? known.get(word) ?? [])
    const [a, b] = inTitle
    if (!a || !b || a.word === b.word || !searchable(a) || !searchable(b)) continue
    const rarer = a.df < b.df ? a : b
    if (rarer.band === band) found.push(queryOf([a.word, b.word]))
  }
  return found
}

/**
 * Queries of one and two words over common, middling and rare words, as measured in a sample.
 * @returns {Record<string, { q: string, words: string[], tsquery: string }[]>}
 */
export function chooseQueries(corpus, words, n) {
  const classes = {}
  for (const band of ['common', 'middling', 'rare']) {
    const single = words.filter(entry => entry.band === band && searchable(entry))
    classes[`one word, ${band}`] = spread(single, n).map(({ word }) => queryOf([word]))
    classes[`two words, ${band}`] = pairs(corpus, words, band, n)
  }
  return classes
}
