import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { withoutKind } from '../../src/articles/title-kind.ts'
import { groupsOf } from '../../src/duplicates/groups.ts'
import { keysOf } from '../../src/duplicates/keys.ts'
import {
  type Comparable,
  type Compared,
  type DuplicateReason,
  relate,
  toCompared,
} from '../../src/duplicates/relate.ts'
import { titleKeyOf } from '../../src/duplicates/text.ts'
import { labelledPairs } from './labelled.ts'
import { expectScores, print, scoresOf, tellScores } from './score.ts'

const noLine = () => false

describe.each(['chosen-by', 'held-out'] as const)('the labelled pairs of the half that was %s', half => {
  const pairs = labelledPairs(half, half === 'chosen-by' ? 1 : 2, 300)
  const compared = pairs.map(({ articles }) =>
    articles.map((article, id) =>
      toCompared({
        id,
        public: true,
        listedAt: new Date(article.publishedAt ?? ''),
        title: withoutKind(article.title),
        body: article.bodyText ?? '',
        code: article.ministry?.code ?? null,
        names: article.ministry ? [article.ministry.name] : [],
        source: article.source?.name ?? null,
        author: article.author ?? null,
      }),
    ),
  )
  const found = compared.map(([a, b]) => a && b && relate(a, b, noLine))

  test('are told apart', () => {
    const reasons = found.map(relation => relation?.reason ?? null)
    print(`${half}: ${tellScores(pairs, reasons)}`)
    expectScores(scoresOf(pairs, reasons))
  })

  test('share a key where they are duplicates', () => {
    const missed = compared.filter(([a, b], i) => {
      if (!a || !b || !found[i]) return false
      const { kept } = keysOf(a)
      return !keysOf(b).soughtFor.some(key => kept.includes(key))
    })
    expect(missed.length).toBeLessThanOrEqual(2)
  })
})

const release = (changes: Partial<Comparable> = {}): Compared =>
  toCompared({
    id: 1,
    public: true,
    listedAt: new Date('2026-01-20T10:00:00+09:00'),
    title: '순환경제 설명회로 새 사업의 길을 찾는다',
    body: Array.from(
      { length: 12 },
      (_, i) => `${i + 1}번째 문단은 부품 ${i + 20}종을 오래 쓰는 길을 말한다.`,
    ).join('\n\n'),
    code: 'A00015',
    names: ['산업통상부'],
    source: 'korea.kr',
    author: null,
    ...changes,
  })
const later = (changes: Partial<Comparable> = {}) =>
  release({ id: 2, listedAt: new Date('2026-01-21T10:00:00+09:00'), ...changes })
const midnight = new Date('2026-01-21T00:00:00+09:00')

describe('a reason', () => {
  test.each<[string, Compared, DuplicateReason | null]>([
    ['the next midnight', later({ listedAt: midnight }), 'midnight-relisting'],
    ['the next day, but not at midnight', later(), 'reissue'],
    ['midnight, but in another list', later({ listedAt: midnight, source: 'kpc-esg-board' }), 'reissue'],
    ['the midnight after that', later({ listedAt: new Date('2026-01-22T00:00:00+09:00') }), 'reissue'],
    ['another body', later({ code: 'A00019', names: ['기후에너지환경부'] }), 'joint-release'],
    ['a name that nobody has a code for', later({ code: null, names: ['산업통상부'] }), 'reissue'],
    ['another title', later({ title: '부품을 오래 쓰는 기업들' }), 'same-body'],
    [
      'the same text more than a year later',
      later({ listedAt: new Date('2027-02-01T10:00:00+09:00') }),
      null,
    ],
    ['another text under the same title', later({ body: '전혀 다른 소식이다. '.repeat(20) }), null],
    ['no text under the same title', later({ body: '' }), 'reissue'],
    ['no text, two days later', later({ body: '', listedAt: new Date('2026-01-22T10:00:00+09:00') }), null],
  ])('of %s', (_, other, reason) => {
    expect(relate(release(), other, noLine)?.reason ?? null).toBe(reason)
    expect(relate(other, release(), noLine)?.reason ?? null).toBe(reason)
  })

  test('is a reissue where one body came in the place of the other', () => {
    const successor = later({ code: 'A00041', names: ['재정경제부'] })
    const before = release({ code: 'A00007', names: ['기획재정부'] })
    const line = (code: string, other: string) => code === 'A00041' && other === 'A00007'
    expect(relate(before, successor, line)?.reason).toBe('reissue')
    expect(relate(before, successor, noLine)?.reason).toBe('joint-release')
  })

  test.each(['인사', '주간 보도계획', '장관 동정', '일일 상황 보고'])(
    'is never a title that recurs by itself: %s',
    title => {
      expect(
        relate(release({ title, body: '붙임 참조' }), later({ title, body: '붙임 참조' }), noLine),
      ).toBeNull()
    },
  )

  test('is not in the attachments that two bodies point at', () => {
    const body = '자세한 내용은 첨부파일을 참고하시기 바랍니다.\n붙임: 보도자료 1부. 끝.'
    expect(
      relate(release({ body }), later({ title: '다른 일을 알리는 다른 제목의 글', body }), noLine),
    ).toBeNull()
  })
})

test.each([
  ['‘농어촌ESG’ 인정기관', "'농어촌 ESG' 인정 기관"],
  ['대·중소기업 모여', '대ㆍ중소기업  모여'],
  ['[정정] 순환경제 설명회', '순환경제 설명회 (2차 수정)'],
  ['수소차 1,200대 보급', '수소차 1200대 보급'],
  ['1. 20. 주요 일정', '1.20 주요 일정'],
  ['ＥＳＧ 포럼', 'esg 포럼'],
])('%s and %s are one title', (a, b) => {
  expect(titleKeyOf(a).letters).toBe(titleKeyOf(b).letters)
})

test.each([
  ['주요 일정(1.2.)', '주요 일정(12)'],
  ['제3차 협의회', '제4차 협의회'],
])('%s and %s are two', (a, b) => {
  expect(titleKeyOf(a).letters).not.toBe(titleKeyOf(b).letters)
})

test.each(['1', '보도자료', ' 본', '재'])(
  'a bracket that is never closed is read at once: (정정%s…',
  scrap => {
    expect(titleKeyOf(`(정정${scrap.repeat(400)}!`).corrected).toBe(false)
    expect(titleKeyOf(`계획 (정정 ${'보도자료 2'.repeat(90)})`).corrected).toBe(true)
  },
)

test('a group is whoever is a duplicate of another, over any number of steps', () => {
  const pair = fc
    .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }))
    .filter(([a, b]) => a !== b)
  fc.assert(
    fc.property(fc.array(pair, { maxLength: 12 }), pairs => {
      const groups = groupsOf(pairs)
      for (const [a, b] of pairs) expect(groups.get(a)).toBe(groups.get(b))
      for (const [id, group] of groups) {
        const members = [...groups].filter(([, of]) => of === group).map(([member]) => member)
        expect(group).toBe(Math.min(...members))
        // Each is reached from the first one.
        const reached = new Set([group])
        for (const one of reached)
          for (const [a, b] of pairs) if (a === one || b === one) reached.add(a === one ? b : a)
        expect(reached.has(id)).toBe(true)
      }
    }),
  )
})
