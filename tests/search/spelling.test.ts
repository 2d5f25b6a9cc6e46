import { describe, expect, test } from '@jest/globals'
import {
  beginningsOf,
  choseongLike,
  choseongOf,
  closest,
  otherKeyboard,
  romanOf,
} from '../../src/search/spelling.ts'

/** Whether a word lies in one of the ranges, by code points as PostgreSQL's "C" compares. */
const begins = (typed: string, word: string) =>
  beginningsOf(typed).some(
    ({ from, to, pattern }) =>
      word >= from && word < to && (pattern === null || new RegExp(pattern, 'u').test(word)),
  )

describe('what is typed so far', () => {
  test.each([
    // Every state of the keyboard on the way to the word.
    ...['ㅌ', '타', '탄', '탄ㅅ', '탄소', '탄솢', '탄소주', '탄소중', '탄소중ㄹ', '탄소중리', '탄소중립'].map(
      typed => [typed, '탄소중립'],
    ),
    ['닭', '달구벌'],
    ['닭', '닭고기'],
    ['달', '닭고기'],
    ['갑', '값어치'],
    ['앉', '안전'],
    ['고', '과학'],
    ['구', '국가'],
    ['구', '권리'],
    ['으', '의무'],
    ['밖', '바꾸다'],
    ['있', '이쑤시개'],
    ['핳', '핳'],
    ['힣', '힣'],
    ['히', '힝'],
    ['탄소ㅈㄹ', '탄소중립'],
    ['탄소ㄳ', '탄소감시'],
    ['es', 'esg'],
    ['esgㄱ', 'esg경영'],
    ['2', '2차전지'],
    ['r&ㅌ', 'r&투자'],
  ])('%s begins %s', (typed, word) => {
    expect(begins(typed, word)).toBe(true)
  })

  test.each([
    ['탄수', '탄소중립'],
    ['탄솢', '탄소비'],
    ['닭', '달나라'],
    ['구', '가게'],
    ['으', '이익'],
    ['고', '구'],
    ['탄소ㅈㄱ', '탄소중립'],
    ['ㅏ', '아이'],
    ['힣', '가'],
  ])('%s does not begin %s', (typed, word) => {
    expect(begins(typed, word)).toBe(false)
  })

  test('any syllable begins itself, and nothing breaks the ranges', () => {
    for (let unit = 0xac00; unit <= 0xd7a3; unit++) {
      const syllable = String.fromCharCode(unit)
      expect(begins(syllable, syllable)).toBe(true)
    }
    for (const odd of ['', '\ud7ff', '\u{10ffff}', '🙂', 'ㄳ', 'ㆍ', '\\', "'"])
      for (const { from, to } of beginningsOf(odd)) {
        expect(from.isWellFormed() && to.isWellFormed()).toBe(true)
        expect(from <= to).toBe(true)
      }
  })
})

test('initial consonants are taken as such only where nothing else is typed', () => {
  expect(['ㅌㅅㅈㄹ', 'ㄳ', 'ㄲ', '탄ㅅ', 'ㅏ', 'a', ''].map(choseongOf)).toEqual([
    'ㅌㅅㅈㄹ',
    'ㄱㅅ',
    'ㄲ',
    null,
    null,
    null,
    null,
  ])
})

test('the other keyboard is read where that makes sense', () => {
  expect(otherKeyboard('xksth')).toEqual(['탄소'])
  expect(otherKeyboard('xksthw')).toEqual(['탄솢'])
  expect(otherKeyboard('XKSTH')).toContain('탄소')
  expect(otherKeyboard('xtwf')).toEqual(['ㅌㅅㅈㄹ'])
  expect(otherKeyboard('RkcL')).toEqual(['까치', '가치'])
  expect(otherKeyboard('ㄷㄴㅎ')).toEqual(['esg'])
  for (const nothing of ['tanso', 'a1', 'x', '', '탄소 ', '2050']) expect(otherKeyboard(nothing)).toEqual([])
})

test('any Latin letters in the other layout', () => {
  const letters = [...'abcdefghijklmnopqrstuvwxyz']
  const texts = letters.flatMap(a => letters.flatMap(b => letters.map(c => `${a}${b}${c}`)))
  expect(texts.flatMap(text => otherKeyboard(text)).length).toBeGreaterThan(1_000)
  for (const nothing of ['hot', 'hotel', 'hospital', 'gihoek']) expect(otherKeyboard(nothing)).toEqual([])
})

test('romanised words are letters, whatever stands between them', () => {
  expect(['Tan-so Jungnip', 'TANSO', '탄소', 'tanso1', ''].map(romanOf)).toEqual([
    'tansojungnip',
    'tanso',
    null,
    null,
    null,
  ])
})

describe('typing errors', () => {
  const words = (list: Record<string, number>) => Object.entries(list).map(([word, df]) => ({ word, df }))

  test('are looked for among words that sound alike', () => {
    expect(choseongLike('탄소중닙')).toEqual(expect.arrayContaining(['ㅌㅅㅈㄴ', 'ㅌㅅㅈㄹ', 'ㄷㅅㅈㄴ']))
    expect(choseongLike('esg')).toEqual([])
  })

  test('are counted in jamo: the nearest first, unless it is rare', () => {
    const found = closest('탄소중닙', words({ 탄소중립: 40, 탄소: 900, 탄소중심: 90, 탄소중닙: 5 }), 5)
    expect(found.map(({ word }) => word)).toEqual(['탄소중립', '탄소중심'])
    expect(closest('탼소', words({ 탄소: 3, 탄수: 3, 담소: 900 }), 5)).toEqual([{ word: '탄소', df: 3 }])
  })

  test('in a short word may be one', () => {
    expect(closest('수소', words({ 산소: 99, 탄소: 99, 수수: 1, 소수: 99 }), 5)).toEqual([
      { word: '수수', df: 1 },
    ])
  })
})
