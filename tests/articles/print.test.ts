import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { describe, expect, test } from '@jest/globals'
import { articleToMarkdown, articleToText, fileSize } from '../../src/articles/plain.ts'
import { articleToHtml, PRINT_CSP } from '../../src/articles/print.ts'
import type { Article } from '../../src/articles/schema.ts'

const domino = createRequire(createRequire(import.meta.url).resolve('turndown'))('@mixmark-io/domino')
const options = { baseUrl: 'https://gongbo.example' }

const bare: Article = {
  id: 21,
  version: 1,
  status: 'published',
  kind: 'press-release',
  title: '제목',
  subtitles: [],
  ministry: null,
  author: null,
  publishedAt: null,
  publishedOn: null,
  postedOn: null,
  source: null,
  licence: null,
  tags: [],
  thumbnailUrl: null,
  counts: { comments: 0, views: 0, likes: 0, dislikes: 0 },
  isNew: false,
  modifiedAt: '2026-01-23T09:30:00+09:00',
  bodyHtml: '',
  bodyText: '',
  attribution: null,
  attachments: [],
  embargoUntil: null,
  sourceModifiedAt: null,
  recordedAt: '2026-01-23T09:30:00+09:00',
  deletedAt: null,
  previous: null,
  next: null,
}

const full: Article = {
  ...bare,
  title: '[보도참고] 대·중소기업 3~5월 순환경제',
  subtitles: ['산업부, 라운지 개최', '7개 컨소시엄'],
  ministry: { code: 'A00015', name: '산업통상부', publishedName: '산업통상자원부' },
  author: '한국생산성본부',
  publishedAt: '2023-06-21T00:00:00+09:00',
  publishedOn: '2023-06-21',
  postedOn: '2023-07-03',
  source: {
    name: 'korea.kr',
    externalId: '156576172',
    url: 'https://www.korea.kr/briefing/pressReleaseView.do?newsId=156576172&a=b',
  },
  licence: 'kogl-1',
  tags: ['순환경제', 'ESG'],
  thumbnailUrl: 'https://example.org/1.jpg',
  counts: { comments: 1, views: 1565, likes: 3, dislikes: 2 },
  bodyHtml: '<p>본문 <strong>굵게</strong></p>',
  bodyText: '본문 굵게',
  attribution: '(산업통상자원부, 2023.06.21)',
  attachments: [
    { name: '보도자료 (1).hwpx', url: 'https://example.org/f?id=1&b=(2)', mediaType: null, size: 284_116 },
    { name: '붙임.pdf', url: 'https://example.org/2.pdf' },
  ],
  previous: { id: 20, title: '이전 <제목>', publishedOn: '2023-06-20' },
  next: { id: 22, title: '다음 제목', publishedOn: '2023-06-22' },
}

const parse = (article: Article) => domino.createDocument(articleToHtml(article, options))
const jsonLd = (article: Article) => JSON.parse(parse(article).querySelector('script').textContent)
const text = (article: Article, selector: string): string =>
  parse(article).querySelector(selector).textContent.replace(/\s+/g, ' ').trim()
const linksIn = (article: Article, selector: string): string[] =>
  Array.from<{ getAttribute(name: string): string }>(parse(article).querySelectorAll(`${selector} a`)).map(
    a => a.getAttribute('href'),
  )

describe('the page to print', () => {
  test('says what the board says', () => {
    const facts = text(full, 'header .facts')
    for (const fact of ['담당부서산업통상부', '발표 당시산업통상자원부', '글쓴이한국생산성본부', '상태노출'])
      expect(facts).toContain(fact)
    for (const fact of [
      '발표일2023. 6. 21.',
      '게시일2023. 7. 3.',
      '댓글1',
      '조회1,565',
      '좋아요3',
      '싫어요2',
    ])
      expect(facts).toContain(fact)
    expect(text(full, 'h1')).toBe(full.title)
    expect(text(full, '.subtitles')).toContain('7개 컨소시엄')
    expect(text(full, '.attribution')).toBe(full.attribution)
    expect(text(full, 'footer')).toContain('공공누리 제1유형')
    expect(parse(full).querySelector('.body').innerHTML.trim()).toBe(full.bodyHtml)
    expect(parse(full).documentElement.getAttribute('lang')).toBe('ko')
  })

  test('links to the files, the source, the licence and the neighbours', () => {
    expect(linksIn(full, '.files')).toEqual(full.attachments.map(({ url }) => url))
    expect(linksIn(full, 'footer .facts')).toEqual([
      full.source?.url,
      'https://www.kogl.or.kr/info/licenseType1.do',
      'https://gongbo.example/v1/articles/21',
    ])
    expect(linksIn(full, 'nav')).toEqual([
      'https://gongbo.example/v1/articles/20',
      'https://gongbo.example/v1/articles/22',
    ])
    expect(text(full, 'nav')).toContain('이전 <제목>')
  })

  test.each([
    ['draft', '작성 중'],
    ['scheduled', '공개 예정'],
    ['published', '노출'],
    ['hidden', '비노출'],
  ] as const)('names the status %s, and keeps all but the published from search engines', (status, label) => {
    expect(text({ ...full, status }, 'header .facts')).toContain(`상태${label}`)
    expect(parse({ ...full, status }).querySelectorAll('meta[name=robots]')).toHaveLength(
      status === 'published' ? 0 : 1,
    )
  })

  test('says when an embargo ends and that an article was deleted', () => {
    const scheduled = { ...full, status: 'scheduled' as const, embargoUntil: '2026-12-01T10:00:00+09:00' }
    expect(text(scheduled, 'header .facts')).toContain('공개 예정2026. 12. 1. 10:00')
    expect(text({ ...full, deletedAt: full.modifiedAt }, 'header .facts')).toContain('상태삭제됨')
  })

  test('does not repeat a name that has not changed', () => {
    const ministry = { code: null, name: '통계청', publishedName: '통계청' }
    expect(text({ ...full, ministry }, 'header .facts')).not.toContain('발표 당시')
  })

  test('leaves out whatever is null or empty', () => {
    const page = articleToHtml(bare, options)
    expect(page).not.toMatch(/null|undefined|NaN|\[object/)
    expect(parse(bare).querySelectorAll('.subtitles, .files, .attribution, nav')).toHaveLength(0)
    expect(text(bare, 'header .facts')).toBe('댓글0 조회0 좋아요0 싫어요0 상태노출')
  })

  test.each([
    '</script><script>alert(1)</script>',
    '</title><img src=x onerror=alert(1)>',
    '<!-- <script>',
    ']]> --> "quoted" \'single\' & &amp; \\u003c \u2028',
    '㈜가나 🌱👩‍💻 “따옴표”',
    '$& $1 !$ {title} `',
  ])('shows %j as text everywhere', nasty => {
    const article: Article = {
      ...full,
      title: nasty,
      subtitles: [nasty],
      author: nasty,
      tags: [nasty],
      attribution: nasty,
      ministry: { code: null, name: nasty, publishedName: `${nasty}2` },
      attachments: [{ name: nasty, url: 'https://example.org/?"><script>alert(1)</script>' }],
      bodyText: nasty,
      previous: { id: 1, title: nasty, publishedOn: '2023-06-20' },
    }
    const document = parse(article)
    expect(document.querySelectorAll('script')).toHaveLength(1)
    expect(document.querySelectorAll('img, [onerror]')).toHaveLength(0)
    expect(document.querySelector('h1').textContent).toBe(nasty)
    expect(document.querySelector('title').textContent).toBe(nasty)
    expect(document.querySelector('.attribution').textContent).toBe(nasty)
    expect(jsonLd(article)).toMatchObject({ headline: nasty, articleBody: nasty, keywords: [nasty] })
  })

  test('links to nothing but the web', () => {
    const attachments = [{ name: '파일', url: 'javascript:alert(1)' }]
    expect(linksIn({ ...full, attachments }, '.files')).toEqual([])
    expect(text({ ...full, attachments }, '.files')).toBe('파일')
  })

  test('carries schema.org JSON-LD', () => {
    expect(jsonLd(full)).toEqual({
      '@context': 'https://schema.org',
      '@type': 'NewsArticle',
      headline: full.title,
      alternativeHeadline: '산업부, 라운지 개최 7개 컨소시엄',
      datePublished: '2023-06-21T00:00:00+09:00',
      dateModified: '2026-01-23T09:30:00+09:00',
      author: { '@type': 'Organization', name: '한국생산성본부' },
      publisher: { '@type': 'Organization', name: '산업통상자원부' },
      isBasedOn: full.source?.url,
      inLanguage: 'ko',
      license: 'https://www.kogl.or.kr/info/licenseType1.do',
      keywords: ['순환경제', 'ESG'],
      articleSection: '보도자료',
      articleBody: '본문 굵게',
      image: 'https://example.org/1.jpg',
      url: 'https://gongbo.example/v1/articles/21',
    })
    expect(jsonLd({ ...full, author: null }).author.name).toBe('산업통상자원부')
    expect(jsonLd({ ...full, author: '홍길동 사무관' }).author['@type']).toBe('Person')
  })

  test('has a Content-Security-Policy with the hash of its own style, and neither script nor outside file', () => {
    const document = parse(full)
    const hash = createHash('sha256').update(document.querySelector('style').textContent).digest('base64')
    expect(PRINT_CSP).toContain(`style-src 'sha256-${hash}'`)
    expect(PRINT_CSP).toContain("default-src 'none'")
    expect(document.querySelectorAll('[style], link, script:not([type="application/ld+json"])')).toHaveLength(
      0,
    )
  })
})

describe('an article without markup', () => {
  test('is Markdown with a title, facts, body and files', () => {
    expect(articleToMarkdown(full, options)).toBe(`# \\[보도참고\\] 대·중소기업 3\\~5월 순환경제

**산업부, 라운지 개최**

**7개 컨소시엄**

- 분류: 보도자료
- 담당부서: 산업통상부
- 발표 당시: 산업통상자원부
- 글쓴이: 한국생산성본부
- 발표일: 2023. 6. 21.
- 게시일: 2023. 7. 3.
- 댓글: 1
- 조회: 1,565
- 좋아요: 3
- 싫어요: 2
- 상태: 노출

본문 **굵게**

(산업통상자원부, 2023.06.21)

## 첨부파일

- [보도자료 (1).hwpx (277 KB)](<https://example.org/f?id=1&b=(2)>)
- [붙임.pdf](<https://example.org/2.pdf>)

---

- 키워드: 순환경제, ESG
- 출처: [korea.kr](<https://www.korea.kr/briefing/pressReleaseView.do?newsId=156576172&a=b>)
- 라이선스: [공공누리 제1유형 (출처표시)](<https://www.kogl.or.kr/info/licenseType1.do>)
- 주소: [https://gongbo.example/v1/articles/21](<https://gongbo.example/v1/articles/21>)
`)
  })

  test('is text in the same order', () => {
    expect(articleToText(full, options)).toBe(`[보도참고] 대·중소기업 3~5월 순환경제

산업부, 라운지 개최
7개 컨소시엄

분류: 보도자료
담당부서: 산업통상부
발표 당시: 산업통상자원부
글쓴이: 한국생산성본부
발표일: 2023. 6. 21.
게시일: 2023. 7. 3.
댓글: 1
조회: 1,565
좋아요: 3
싫어요: 2
상태: 노출

본문 굵게

(산업통상자원부, 2023.06.21)

첨부파일
- 보도자료 (1).hwpx (277 KB) https://example.org/f?id=1&b=(2)
- 붙임.pdf https://example.org/2.pdf

키워드: 순환경제, ESG
출처: korea.kr https://www.korea.kr/briefing/pressReleaseView.do?newsId=156576172&a=b
라이선스: 공공누리 제1유형 (출처표시) https://www.kogl.or.kr/info/licenseType1.do
주소: https://gongbo.example/v1/articles/21
`)
  })

  test('leaves out whatever is null or empty', () => {
    for (const written of [articleToMarkdown(bare, options), articleToText(bare, options)]) {
      expect(written).not.toMatch(/null|undefined|NaN|첨부파일|출처|\n{3}/)
      expect(written).toMatch(/\n$/)
    }
  })

  test('stays one line where a title or a name has line breaks, and shows tags as text', () => {
    const article = { ...bare, title: '# 첫\n\n<b>둘</b>', source: { name: 'a', externalId: '1', url: null } }
    expect(articleToMarkdown(article, options)).toMatch(/^# \\# 첫 &lt;b>둘&lt;\/b>\n\n/)
    expect(articleToText(article, options)).toMatch(/^# 첫 <b>둘<\/b>\n\n/)
    expect(articleToText(article, options)).toContain('출처: a\n')
  })

  test.each([
    [0, '0 B'],
    [1023, '1,023 B'],
    [284_116, '277 KB'],
    [2_284_116, '2.2 MB'],
    [5 * 1024 ** 4, '5,120 GB'],
  ])('writes %d bytes as %s', (bytes, size) => {
    expect(fileSize(bytes)).toBe(size)
  })
})
