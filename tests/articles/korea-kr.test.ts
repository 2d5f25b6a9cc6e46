import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { koreaKrKind, koreaKrSource } from '../../src/articles/korea-kr.ts'

const canonical = 'https://www.korea.kr/briefing/pressReleaseView.do?newsId=156576172'
const release = { name: 'korea.kr', externalId: '156576172', url: canonical }

describe('the identity of an article at korea.kr', () => {
  test.each([
    canonical,
    'http://www.korea.kr/briefing/pressReleaseView.do?newsId=156576172',
    'https://m.korea.kr/briefing/pressReleaseView.do?newsId=156576172',
    'https://korea.kr/briefing/pressReleaseView.do?newsId=156576172#content',
    'HTTPS://WWW.KOREA.KR/briefing/pressReleaseView.do?newsId=156576172',
    'https://www.korea.kr/briefing/pressReleaseView.do?newsId=156576172&call_from=openData',
    'https://www.korea.kr/briefing/pressReleaseView.do?pageIndex=8&repCode=A00007,A00002&newsId=156576172&srchWord=',
    'https://www.korea.kr/briefing/pressReleaseView.do?pageIndex=8&amp;newsId=156576172&amp;period=direct',
    'https://www.korea.kr/briefing/pressReleaseView.do;jsessionid=0A1B.node2?newsId=156576172',
  ])('is the same for %s', address => {
    expect(koreaKrSource(address)).toEqual(release)
  })

  test('does not depend on the search context around it', () => {
    const context = fc.dictionary(
      fc.string().filter(key => key !== 'newsId'),
      fc.string(),
    )
    fc.assert(
      fc.property(context, context, (before, after) => {
        const query = [new URLSearchParams(before), 'newsId=156576172', new URLSearchParams(after)].join('&')
        expect(koreaKrSource(`http://m.korea.kr/briefing/pressReleaseView.do?${query}`)).toEqual(release)
      }),
    )
  })

  test.each([
    '',
    '(산업통상자원부, 2023.06.21)',
    'www.korea.kr/briefing/pressReleaseView.do?newsId=1',
    'ftp://www.korea.kr/briefing/pressReleaseView.do?newsId=1',
    'https://www.korea.kr/',
    'https://www.korea.kr/briefing/pressReleaseList.do?newsId=1',
    'https://www.korea.kr/archive/expDocView.do?newsId=1',
    'https://www.korea.kr/briefing/pressReleaseView.do',
    'https://www.korea.kr/briefing/pressReleaseView.do?newsId=',
    'https://www.korea.kr/briefing/pressReleaseView.do?newsId=12x',
    'https://www.korea.kr/briefing/pressReleaseView.do?srchWord=newsId%3D1',
    'https://www.korea.kr/briefing/pressReleaseView.do#newsId=1',
    'https://korea.kr.example.org/briefing/pressReleaseView.do?newsId=1',
    'https://www.korea.kr@example.org/briefing/pressReleaseView.do?newsId=1',
  ])('is not found in “%s”', address => {
    expect(koreaKrSource(address)).toBeNull()
  })
})

test.each([
  ['/briefing/pressReleaseView.do', 'press-release'],
  ['/news/policyNewsView.do', 'policy-news'],
  ['/multi/visualNewsView.do', 'visual'],
  ['/briefing/policyBriefingView.do', 'other'],
])('the page %s tells the kind %s', (path, kind) => {
  const source = koreaKrSource(`https://www.korea.kr${path}?newsId=1`)
  expect(source && koreaKrKind(source)).toBe(kind)
})
