import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { bigramScores } from '../../src/search/bigrams.ts'

const article = (title: string, body = '') => ({ title, body })

/** Which documents score, best first. */
const ranked = (query: string, documents: { title: string; body: string }[]) =>
  bigramScores(query, documents)
    .map((score, i) => ({ score, i }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.i - b.i)
    .map(({ i }) => i)

/** Few letters, so that bigrams meet and come again. */
const texts = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('순', '환', '경', 'a') },
      { weight: 1, arbitrary: fc.constantFrom('B', '1', ' ', '  ', '\n', '·', '\ud83d', '𠀀', 'é') },
    ),
    { maxLength: 20, size: 'max' },
  )
  .map(parts => parts.join(''))
const documents = fc.array(fc.record({ title: texts, body: texts }), { maxLength: 8, size: 'max' })

/** The same by the book, from lists of strings. */
function byTheBook(query: string, given: { title: string; body: string }[]): number[] {
  const bigrams = (text: string) =>
    text
      .normalize('NFC')
      .toLowerCase()
      .replace(/(?<=\S) (?=\S)/g, '')
      .split(/[^\p{L}\p{N}]|[\u{10000}-\u{10ffff}]/u)
      .flatMap(run => Array.from({ length: Math.max(0, run.length - 1) }, (_, i) => run.slice(i, i + 2)))
  const lists = given.map(({ title, body }) => [...bigrams(title), ...bigrams(body)])
  const average = lists.flat().length / lists.length
  return lists.map(list => {
    let score = 0
    for (const bigram of new Set(bigrams(query))) {
      const n = lists.filter(other => other.includes(bigram)).length
      const tf = list.filter(other => other === bigram).length
      const idf = Math.log(1 + (lists.length - n + 0.5) / (n + 0.5))
      if (tf > 0) score += (idf * tf * 2.2) / (tf + 1.2 * (0.25 + (0.75 * list.length) / average))
    }
    return score
  })
}

/** But for the order in which they were summed. */
function expectClose(scores: number[], expected: number[]) {
  expect(scores.map(score => score.toFixed(9))).toEqual(expected.map(score => score.toFixed(9)))
}

describe('the scores of the rerank', () => {
  test('are BM25 by the book, whatever the texts', () => {
    fc.assert(
      fc.property(texts, documents, (query, given) => {
        expectClose(bigramScores(query, given), byTheBook(query, given))
      }),
      { numRuns: 1000 },
    )
  })

  test('are finite and never negative', () => {
    const any = fc.string({ unit: 'binary', maxLength: 30 })
    fc.assert(
      fc.property(any, fc.array(fc.record({ title: any, body: any }), { maxLength: 5 }), (query, given) => {
        for (const other of [query, given[0]?.body ?? ''])
          for (const score of bigramScores(other, given)) {
            expect(Number.isFinite(score)).toBe(true)
            expect(score).toBeGreaterThanOrEqual(0)
          }
      }),
    )
  })

  test('do not depend on the order of the documents', () => {
    fc.assert(
      fc.property(texts, documents, (query, given) => {
        expectClose(bigramScores(query, given.toReversed()).toReversed(), bigramScores(query, given))
      }),
    )
  })

  test('do not depend on spacing, case, width or composition', () => {
    const given = [
      article('순환 경제 R&D', '탄소중립을 앞당긴다'),
      article('순환경제 r&d', '탄소 중립을 앞당긴다'),
      article('ＥＳＧ 실천', '농어촌'),
    ]
    const [first, second, third] = bigramScores('순환경제 탄소중립 ESG', given)
    expect(first).toBe(second)
    expect(third).toBeGreaterThan(0)
    const same = bigramScores('순환경제 탄소중립', given)
    expect(bigramScores('순환경제 탄소중립'.normalize('NFD'), given)).toEqual(same)
    expect(
      bigramScores(
        '순환경제 탄소중립',
        given.map(({ title, body }) => article(title.normalize('NFD'), body.normalize('NFD'))),
      ),
    ).toEqual(same)
  })

  test('prefer the whole of a word over parts of it', () => {
    const given = [
      article('청년 일자리 계좌', '도약'),
      article('청년도약계좌 출시', '금융'),
      article('수소 산업', '전략'),
    ]
    expect(ranked('청년도약계좌', given)).toEqual([1, 0])
  })

  test('count a rare bigram for more than a frequent one', () => {
    const given = [article('환경'), article('환경'), article('환경'), article('수소')]
    expect(ranked('환경 수소', given)[0]).toBe(3)
  })

  test('prefer the shorter of two that say the same', () => {
    expect(ranked('수소', [article('수소', '경제의 여러 가지 이야기'), article('수소', '경제')])).toEqual([
      1, 0,
    ])
  })

  test.each(['', '물', '물.불', '· · ·'])('are all 0 for a query without two letters together: %j', query => {
    expect(bigramScores(query, [article('물을 아끼자', '불도')])).toEqual([0])
  })

  test('do not look further than 5,000 characters into a body', () => {
    const filler = '가'.repeat(4_998)
    const [within, beyond] = bigramScores('수소', [
      article('', `${filler}수소`),
      article('', `${filler}나수소`),
    ])
    expect(within).toBeGreaterThan(0)
    expect(beyond).toBe(0)
  })

  test('of no documents are none', () => {
    expect(bigramScores('수소', [])).toEqual([])
  })
})
