import { readFileSync } from 'node:fs'
import { loadAnalyser } from '../dist/text/analyser/analyse.js'
import { htmlToText } from '../dist/text/html-text.js'

/**
 * How fast the Korean analyser is on one core, how long it takes to load and what memory it adds. Articles are made of
 * the paragraphs of the samples, recombined to 850 characters on average. Usage: node bench/analyse.js [articles]
 */
const COUNT = Number(process.argv[2] ?? 5000)
const LENGTH = 850

const samples = readFileSync(new URL('../samples/articles.ndjson', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map(line => JSON.parse(line))
const titles = samples.map(({ title }) => title)
const paragraphs = samples.flatMap(({ bodyHtml }) => htmlToText(bodyHtml).split('\n\n'))

/** Pseudo-random and the same in every run. */
let seed = 1
const pick = from => {
  seed = (seed * 48271) % 0x7fffffff
  return from[seed % from.length]
}

const articles = Array.from({ length: COUNT }, () => {
  let text = pick(titles)
  while (text.length < LENGTH - 60) text += `\n\n${pick(paragraphs)}`
  return text
})
const characters = articles.reduce((sum, text) => sum + text.length, 0)

const resident = () => process.memoryUsage().rss / 2 ** 20
const mebibytes = resident()
const began = performance.now()
const analyser = await loadAnalyser()
const loaded = performance.now()
for (const text of articles.slice(0, 300)) analyser.analyse(text)
const warm = performance.now()
const used = process.cpuUsage()
let tokens = 0
for (const text of articles) tokens += analyser.analyse(text).length
const seconds = (performance.now() - warm) / 1000
const { user, system } = process.cpuUsage(used)

const rows = {
  'articles a second': (COUNT / seconds).toFixed(0),
  'articles a second of processor time': (COUNT / ((user + system) / 1e6)).toFixed(0),
  'characters an article': (characters / COUNT).toFixed(0),
  'tokens an article': (tokens / COUNT).toFixed(0),
  'load, ms': (loaded - began).toFixed(0),
  'first 300 articles, ms': (warm - loaded).toFixed(0),
  'resident memory added, MiB': (resident() - mebibytes).toFixed(0),
}
process.stdout.write('| analysis, one core | |\n|---|---|\n')
for (const [name, value] of Object.entries(rows)) process.stdout.write(`| ${name} | ${value} |\n`)
