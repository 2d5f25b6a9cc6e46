import { describe, expect, test } from '@jest/globals'
import { loadAnalysis } from '../../src/search/analysis.ts'
import { listWordsWith, suggestSpellings, WORDS_WITH } from '../../src/search/store-words.ts'
import { describeTerms, insideOf } from '../../src/search/words.ts'
import { testDatabase } from '../support/database.ts'

const db = await testDatabase()

/** Terms with their counts, described as the upkeep of the index does. */
async function insertTerms(terms: Record<string, number>): Promise<void> {
  const { analyser } = await loadAnalysis()
  for (const [term, df] of Object.entries(terms))
    await db.pool.query('INSERT INTO search_terms (term, df) VALUES ($1, $2)', [term, df])
  for (const { term, word, inside, choseong, roman, bigrams } of describeTerms(analyser, Object.keys(terms)))
    await db.pool.query('INSERT INTO search_words VALUES ($1, $2, $3, $4, $5, $6)', [
      ...[term, word, inside, choseong, roman, bigrams],
    ])
}

await insertTerms({
  ...{ '=탄소중립': 50, 탄소: 90, 저탄소: 7, '=저탄소': 8, '=탄소국경조정제도': 6, '=지원전략': 5, 원전: 9 },
  ...{
    '=재자원화': 4,
    자원: 30,
    생분해: 3,
    '=초안': 0,
    초안지: 0,
    esg: 12,
    '=esg경영': 5,
    산업부: 40,
    '=탄소중닙': 2,
  },
})
await db.pool.query(
  `INSERT INTO search_words VALUES ('수탄소', '수탄소', '{탄소}', 'ㅅㅌㅅ', 'sutanso', '{수탄,탄소}')`,
)
await db.pool.query(`INSERT INTO search_terms VALUES ('수탄소', 2)`)

const wordsWith = async (part: string) => (await listWordsWith(db.pool, [part])).get(part) ?? []
const withPart = async (part: string) => (await wordsWith(part)).map(({ term }) => term)
const spelt = async (word: string) => (await suggestSpellings(db.pool, word, 5)).map(one => one.word)

describe('words in which a part stands inside', () => {
  test('begin or end with it at the boundary of a part, the most frequent first', async () => {
    expect(await wordsWith('탄소')).toEqual([
      { term: '저탄소', df: 7 },
      { term: '수탄소', df: 2 },
    ])
    expect(await withPart('원전')).toEqual([])
    expect(await withPart('esg')).toEqual([])
  })

  test('are not the stems that have it as a part, whose articles have the part too', async () => {
    expect(await withPart('자원')).toEqual([])
    expect(insideOf('재자원화', [0, 1, 3, 4], true)).not.toContain('자원')
    expect(insideOf('재자원화', [0, 1, 2, 4], true)).toContain('자원')
    expect(insideOf('재자원화', [0, 3, 4], true)).toContain('자원')
    expect(insideOf('지원전략', [0, 2, 4], true)).not.toContain('원전')
  })

  test('stand in public articles; a single character has none', async () => {
    expect(await withPart('초안')).toEqual([])
    expect(await withPart('탄')).toEqual([])
    expect(await withPart('')).toEqual([])
    expect(await withPart("'%_\\")).toEqual([])
  })

  test('are bounded in number', async () => {
    await db.pool.query(`
      WITH made AS (SELECT i, '곳수소' || chr(44032 + i) AS word FROM generate_series(1, 100) AS i),
        words AS (INSERT INTO search_words SELECT word, word, '{수소}', '', '', '{곳수,수소}' FROM made)
      INSERT INTO search_terms SELECT word, i FROM made`)
    const found = await wordsWith('수소')
    expect([found.length, found[0]?.df]).toEqual([WORDS_WITH, 100])
  })
})

describe('a word that finds nothing', () => {
  test('was typed with the wrong keyboard layout, or romanised', async () => {
    expect(await spelt('xksth')).toEqual(['탄소'])
    expect(await spelt('ㄷㄴㅎ')).toEqual(['esg'])
    expect(await spelt('tanso')).toEqual(['탄소'])
    expect(await spelt('tksdjqqn')).toEqual(['산업부'])
  })

  test('has a typing error, in whichever layout', async () => {
    expect(await spelt('탼소')).toEqual(['탄소'])
    expect(await spelt('산덥부')).toEqual(['산업부'])
    expect(await spelt('산업부부')).toEqual(['산업부'])
    expect(await spelt('탄소국경죠정재도')).toEqual(['탄소국경조정제도'])
    expect(await spelt('xksthwndslq')).toEqual(['탄소중닙'])
    expect(await spelt('xksthwndflw')).toEqual(['탄소중립', '탄소중닙'])
  })

  test('is not what it stands for itself, nor a rarer word, nor one of drafts', async () => {
    expect(await spelt('탄소중닙')).toEqual(['탄소중립'])
    expect(await spelt('탄소중립')).toEqual([])
    expect(await spelt('초얀')).toEqual([])
    for (const word of ['', ' ', '가', '🙂', "'\\", 'ㅋㅋㅋ', '가'.repeat(200)])
      expect(await spelt(word)).toEqual([])
  })
})

test('no word is what nobody is understood to mean by it: stems of verbs, and what says nothing', async () => {
  const { analyser } = await loadAnalysis()
  const described = describeTerms(analyser, [
    '밝히',
    '옮기',
    '함께',
    '안내',
    '하남',
    'r&d',
    '=탄소중립',
    '=2기',
  ])
  expect(described.map(({ word }) => word)).toEqual(['안내', '하남', 'r&d', '탄소중립', '2기'])
})
