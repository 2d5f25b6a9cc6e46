import { withSums } from '../search/amounts.ts'
import { loadAnalysis } from '../search/analysis.ts'
import { HIGHLIGHTED, listMarks, lookedAt, snippet } from '../search/highlight.ts'
import { wantedOf } from '../search/wanted.ts'
import { turn } from '../time/turns.ts'
import type { ArticleSummary } from './schema.ts'
import type { Page } from './search.ts'

/** Where the keywords of a search stand in the articles of its page. */

/** Characters of all bodies of a page that are looked at: some 300 ms. */
const LOOKED_AT = 250_000

export async function highlightPage({ rows, keywords }: Page): Promise<ArticleSummary['highlight'][] | null> {
  if (!keywords?.knowledge) return null
  const { analyser } = await loadAnalysis()
  const wanted = wantedOf(keywords.words, keywords.knowledge, keywords.report.relaxed !== null)
  const share = Math.min(HIGHLIGHTED, Math.floor(LOOKED_AT / Math.max(1, rows.length)))
  const marksIn = (text: string) => listMarks(withSums(text, analyser.analyse(text)), wanted)
  const whole = (text: string) => snippet(text, marksIn(text), Number.POSITIVE_INFINITY)
  const marked = (texts: string[]) => texts.map(whole).filter(({ ranges }) => ranges.length > 0)
  const highlights: ArticleSummary['highlight'][] = []
  for (const { title, subtitles, tags, bodyText } of rows) {
    await turn()
    const body = lookedAt(bodyText, share)
    highlights.push({
      title: whole(title),
      body: snippet(bodyText, marksIn(body)),
      subtitles: marked(subtitles),
      tags: marked(tags),
    })
  }
  return highlights
}
