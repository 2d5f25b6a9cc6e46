import { loadAnalyser } from '../../dist/text/analyser/analyse.js'
import { makeCorpus, sampleFrequencies } from './corpus.js'

/**
 * What the corpus is like: lengths, words, frequencies, and how fast it is made on one core. Usage:
 * node bench/search/inspect.js [articles, 20000] [of which are analysed, 4000]
 */
const count = Number(process.argv[2] ?? 20_000)
const analysed = Math.min(count, Number(process.argv[3] ?? 4000))

const corpus = makeCorpus()
const print = text => process.stdout.write(`${text}\n`)
const table = (title, rows) =>
  print(
    `| ${title} | |\n|---|---|\n${Object.entries(rows)
      .map(row => `| ${row.join(' | ')} |`)
      .join('\n')}\n`,
  )
const share = (part, whole = count) => `${((100 * part) / whole).toFixed(1)} %`

function spread(values) {
  const sorted = Float64Array.from(values).sort()
  const at = quantile => Math.round(sorted[Math.floor(quantile * (sorted.length - 1))])
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length
  return `mean ${mean.toFixed(0)}; ${[0, 0.05, 0.5, 0.95, 1].map(at).join(' / ')}`
}

/** How often each value occurs, the commonest first. */
class Tally extends Map {
  add(value) {
    this.set(value, (this.get(value) ?? 0) + 1)
  }

  top(n) {
    return [...this].sort((a, b) => b[1] - a[1]).slice(0, n)
  }
}

for (let i = 0; i < 2000; i++) corpus.article(i)
const began = performance.now()
for (let i = 0; i < count; i++) corpus.article(i)
const perSecond = (1000 * count) / (performance.now() - began)

const [ministries, kinds, years, hours, weekdays] = Array.from({ length: 5 }, () => new Tally())
const [bodies, titles, tags] = [[], [], []]
for (let i = 0; i < count; i++) {
  const article = corpus.article(i)
  const seoul = new Date(article.publishedAt.getTime() + 9 * 3_600_000)
  bodies.push(article.bodyText.length)
  titles.push(article.title.length)
  tags.push(article.tags.length)
  ministries.add(article.ministryName)
  kinds.add(article.kind)
  years.add(seoul.getUTCFullYear())
  hours.add(seoul.toISOString().slice(11, 19) === '00:00:00' ? 'midnight' : seoul.getUTCHours())
  weekdays.add([0, 6].includes(seoul.getUTCDay()) ? 'weekend' : 'week')
}
const list = (tally, n = 5) =>
  tally
    .top(n)
    .map(([value, times]) => `${value} ${share(times)}`)
    .join(', ')
let byDay = 0
for (let hour = 6; hour < 18; hour++) byDay += hours.get(hour) ?? 0
table(`${count} articles`, {
  'made a second, one core': perSecond.toFixed(0),
  'characters of a body (least / 5 % / median / 95 % / most)': spread(bodies),
  'characters of a title': spread(titles),
  tags: spread(tags),
  'first five of the ministries': share(ministries.top(5).reduce((sum, [, times]) => sum + times, 0)),
  ministries: `${ministries.size}: ${list(ministries)} …`,
  kinds: list(kinds, 9),
  'years 2008, 2017, 2025': [2008, 2017, 2025].map(year => share(years.get(year) ?? 0)).join(', '),
  'at weekends': share(weekdays.get('weekend')),
  'at exactly 00:00': share(hours.get('midnight')),
  'of the others, from 06:00 to 18:00': share(byDay, count - hours.get('midnight')),
})

const frequencies = sampleFrequencies(corpus, count)
const banded = new Tally()
for (const { band, kind } of frequencies) {
  banded.add(band)
  banded.add(`${band} compounds`)
  if (kind !== 'compound') banded.set(`${band} compounds`, banded.get(`${band} compounds`) - 1)
}
table('query words, however spaced', {
  words: `${frequencies.length} of ${corpus.queryWords.length}`,
  ...Object.fromEntries(
    ['common', 'middling', 'rare'].map(band => [
      band,
      `${banded.get(band)}, of which ${banded.get(`${band} compounds`)} compounds`,
    ]),
  ),
  commonest: frequencies
    .slice(0, 20)
    .map(({ word, df }) => `${word} ${share(df)}`)
    .join(', '),
  'by rank': [50, 100, 300, 1000, 3000, 6000, 9000]
    .filter(rank => rank <= frequencies.length)
    .map(
      rank =>
        `${rank}: ${frequencies[rank - 1].word} ${((100 * frequencies[rank - 1].df) / count).toFixed(3)} %`,
    )
    .join('; '),
})

const analyser = await loadAnalyser()
const found = { morpheme: new Tally(), stem: new Tally() }
const lengths = { morpheme: [], stem: [], distinct: [] }
const growth = []
for (let i = 0; i < analysed; i++) {
  const { title, bodyText } = corpus.article(i)
  const here = { morpheme: new Set(), stem: new Set() }
  const counts = { morpheme: 0, stem: 0 }
  for (const { kind, term } of analyser.analyse(`${title}\n${bodyText}`)) {
    counts[kind]++
    here[kind].add(term)
  }
  for (const kind of ['morpheme', 'stem']) {
    lengths[kind].push(counts[kind])
    for (const term of here[kind]) found[kind].add(term)
  }
  lengths.distinct.push(here.morpheme.size)
  const n = i + 1
  if (n === analysed || n === analysed >> 1 || n === analysed >> 2)
    growth.push(`${n}: ${found.morpheme.size} + ${found.stem.size}`)
}
const once = tally => share([...tally.values()].filter(times => times === 1).length, tally.size)
table(`${analysed} articles, analysed`, {
  'morphemes of an article': spread(lengths.morpheme),
  'different ones': spread(lengths.distinct),
  'stems of an article': spread(lengths.stem),
  'morphemes + stems of the vocabulary after n articles': growth.join('; '),
  'in one article only': `${once(found.morpheme)} of the morphemes, ${once(found.stem)} of the stems`,
  'commonest morphemes': found.morpheme
    .top(25)
    .map(([term, times]) => `${term} ${share(times, analysed)}`)
    .join(', '),
  'commonest stems': found.stem
    .top(15)
    .map(([term, times]) => `${term} ${share(times, analysed)}`)
    .join(', '),
})
