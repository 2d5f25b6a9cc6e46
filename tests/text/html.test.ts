import { createRequire } from 'node:module'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { htmlToText, textToHtml } from '../../src/text/html-text.ts'
import { escapeMarkdown, htmlToMarkdown } from '../../src/text/markdown.ts'
import { sanitiseHtml } from '../../src/text/sanitise.ts'

/** A parser that builds trees as browsers do, other than the one that the sanitiser uses. */
const domino = createRequire(createRequire(import.meta.url).resolve('turndown'))('@mixmark-io/domino')
interface Element {
  localName: string
  attributes: ArrayLike<{ name: string; value: string }>
}

const ALLOWED: Record<string, string[]> = {
  a: ['href', 'rel'],
  img: ['src', 'alt', 'width', 'height'],
  td: ['colspan', 'rowspan', 'scope'],
  th: ['colspan', 'rowspan', 'scope'],
}
const PLAIN =
  'p br h1 h2 h3 h4 h5 h6 ul ol li table thead tbody tfoot tr caption colgroup col strong b em i u s sub sup blockquote pre code hr figure figcaption div dl dt dd ruby rt rp'
const TAGS = new Set([...Object.keys(ALLOWED), ...PLAIN.split(' ')])

const elementsOf = (html: string): Element[] =>
  Array.from(domino.createDocument(html).body.getElementsByTagName('*'))

/** What a browser would find in a body that it must not find. */
function intruders(html: string): string[] {
  const found: string[] = []
  for (const element of elementsOf(html)) {
    const tag = element.localName
    if (!TAGS.has(tag)) found.push(`<${tag}>`)
    for (const { name, value } of Array.from(element.attributes)) {
      if (!ALLOWED[tag]?.includes(name)) found.push(`${tag} ${name}`)
      const schemes = name === 'src' ? ['http:', 'https:'] : ['http:', 'https:', 'mailto:']
      if (['href', 'src'].includes(name) && !schemes.includes(new URL(value).protocol)) found.push(value)
    }
  }
  return found
}

const VECTORS = [
  '<script>alert(1)</script>',
  '<ScRiPt SRC=//evil.example/x.js></sCrIpT>',
  '<scr<script>ipt>alert(1)</scr</script>ipt>',
  '<script\x00>alert(1)</script>',
  '<scr\x00ipt>alert(1)</scr\x00ipt>',
  '<scr_x000D_ipt>alert(1)</scr_x000D_ipt>',
  '<script>alert(1)',
  '<<script>alert(1);//<</script>',
  '<img src=x onerror=alert(1)>',
  '<img src="https://a.example/x.png" onerror="alert(1)">',
  '<img/src="https://a.example/x"/onerror=alert(1)>',
  '<img """><script>alert(1)</script>">',
  '<img src=`javascript:alert(1)`>',
  '<img src="jav\tascript:alert(1)">',
  '<img src="data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+">',
  '<img srcset="javascript:alert(1) 1x">',
  '<a href="javascript:alert(1)">x</a>',
  '<a href="JaVaScRiPt:alert(1)">x</a>',
  '<a href=" \x01javascript:alert(1)">x</a>',
  '<a href="java\nscript:alert(1)">x</a>',
  '<a href="java&#x0A;script:alert(1)">x</a>',
  '<a href="&#106;avascript:alert(1)">x</a>',
  '<a href="&#0000106&#0000097&#0000118&#0000097&#0000115&#0000099&#0000114&#0000105&#0000112&#0000116&#0000058&#0000097">x</a>',
  '<a href="javas_x000D_cript:alert(1)">x</a>',
  '<a href="javas_x00_x000D_0D_cript:alert(1)">x</a>',
  '<a href="java\u00adscript:alert(1)">x</a>',
  '<a href="jav<!-- -->ascript:alert(1)">x</a>',
  '<a href="vbscript:msgbox(1)">x</a>',
  '<a href="data:text/html,<script>alert(1)</script>">x</a>',
  '<a href="//evil.example" target="_blank" ping="https://evil.example">x</a>',
  '<a href="blob:https://evil.example/1">x</a>',
  '<a href="https://a.example" onclick="alert(1)" style="x:expression(alert(1))">x</a>',
  '<svg onload=alert(1)>',
  '<svg><script>alert(1)</script></svg>',
  '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
  '<svg><style><img src=x onerror=alert(1)></style></svg>',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  '<math><annotation-xml encoding="text/html"><script>alert(1)</script></annotation-xml></math>',
  '<iframe src="javascript:alert(1)"></iframe>',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  '<object data="javascript:alert(1)"><p>x</p></object>',
  '<embed src="javascript:alert(1)">',
  '<applet code="x.class"></applet>',
  '<form action="javascript:alert(1)"><input type=submit><button formaction="javascript:alert(1)">x</button></form>',
  '<input autofocus onfocus=alert(1)>',
  '<select><option><script>alert(1)</script></option></select>',
  '<select><option>&lt;script&gt;alert(1)&lt;/script&gt;</option></select>',
  '<textarea></textarea><script>alert(1)</script>',
  '<xmp><script>alert(1)</script></xmp>',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
  '<noembed><img src=x onerror=alert(1)></noembed>',
  '<plaintext><script>alert(1)</script>',
  '<title><img src=x onerror=alert(1)></title>',
  '<template><script>alert(1)</script></template>',
  '<style>@import "//evil.example";</style>',
  '<style><!--</style><script>alert(1)//--></script>',
  '<link rel=stylesheet href="javascript:alert(1)">',
  '<meta http-equiv=refresh content="0;url=javascript:alert(1)">',
  '<base href="javascript:alert(1)//">',
  '<body onload=alert(1)>x</body>',
  '<details open ontoggle=alert(1)>x</details>',
  '<video><source onerror=alert(1)></video>',
  '<marquee onstart=alert(1)>x</marquee>',
  '<p style="background:url(javascript:alert(1))" id="x" class="y">x</p>',
  '<p onclick\n=\n"alert(1)">x</p>',
  '<p \u0338 onmouseover=alert(1)>x</p>',
  '<p>\u0338<img src=x onerror=alert(1)></p>',
  '<p>&#824;onmouseover=alert(1) x</p>',
  '<td colspan="1&quot; onclick=&quot;alert(1)">x</td>',
  '<!--><script>alert(1)</script>-->',
  '<!--[if gte IE 4]><script>alert(1)</script><![endif]-->',
  '<![CDATA[<script>alert(1)</script>]]>',
  '<?xml version="1.0"?><script>alert(1)</script>',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '<a href="https://a.example/&quot;onmouseover=alert(1)//">x</a>',
  '<constructor onclick=alert(1)>x</constructor><__proto__>y</__proto__>',
]

/** Scraps of HTML, well and badly formed. */
const scraps = fc
  .array(
    fc.oneof(
      fc.constantFrom(...VECTORS),
      fc.constantFrom(
        '<p>',
        '</p>',
        '<b>',
        '</b>',
        '<div>',
        '</div>',
        '<span>',
        '</span>',
        '<section>',
        '<a>',
        '</a>',
      ),
      fc.constantFrom(
        '<ul><li>',
        '</ul>',
        '<table><tr><td colspan=2>',
        '</td>',
        '</table>',
        '<th>',
        '<br>',
        '<hr/>',
      ),
      fc.constantFrom(
        '<a href="https://한글.kr/가 나">',
        '<img src=https://a.example/1.png>',
        '<center>',
        '</center>',
      ),
      fc.constantFrom(
        '_x000D_',
        '_x00',
        '0D_',
        '&#13;',
        '&#1;',
        '&amp;',
        '&amp;lt;',
        '\u0338',
        '\u0301',
        'e',
        '\r\n',
      ),
      fc.string({ unit: 'binary', maxLength: 6 }),
    ),
    { maxLength: 20 },
  )
  .map(parts => parts.join(''))

describe('sanitised HTML', () => {
  test.each(VECTORS)('runs nothing: %j', vector => {
    const clean = sanitiseHtml(vector)
    expect(intruders(clean)).toEqual([])
    expect(sanitiseHtml(clean)).toBe(clean)
  })

  test('runs nothing, is NFC and changes no more, whatever went in', () => {
    fc.assert(
      fc.property(scraps, html => {
        const clean = sanitiseHtml(html)
        expect(intruders(clean)).toEqual([])
        expect(clean.normalize('NFC')).toBe(clean)
        expect(sanitiseHtml(clean)).toBe(clean)
      }),
      { numRuns: 2000 },
    )
  })

  test('keeps what an article needs', () => {
    const body =
      '<h2>제목</h2><p>물 <strong>H<sub>2</sub>O</strong>, 10m<sup>2</sup><br />둘째 줄</p><ul><li>하나</li></ul>' +
      '<table><caption>표</caption><thead><tr><th colspan="2" scope="col">머리</th></tr></thead><tbody><tr><td rowspan="2">가</td><td>나</td></tr></tbody></table>' +
      '<figure><img src="https://a.example/1.png" alt="그림" width="300" height="200" /><figcaption>설명</figcaption></figure>' +
      '<blockquote>인용</blockquote><pre><code>a  b</code></pre><hr /><dl><dt>용어</dt><dd>뜻</dd></dl><ruby>漢字<rp>(</rp><rt>한자</rt><rp>)</rp></ruby>'
    expect(sanitiseHtml(body)).toBe(body)
  })

  test('joins words that an inline tag had split', () => {
    expect(sanitiseHtml('<p>탄<span style="color:red">소</span>중<font>립</font></p>')).toBe(
      '<p>탄소중립</p>',
    )
  })

  test('keeps unknown blocks apart', () => {
    expect(sanitiseHtml('<section>가</section><article>나</article>')).toBe('<div>가</div><div>나</div>')
  })

  test('guards links, and keeps the text of those that it drops', () => {
    expect(sanitiseHtml('<a href="https://www.korea.kr/a?b=1&c=2" target="_blank">정책</a>')).toBe(
      '<a href="https://www.korea.kr/a?b=1&amp;c=2" rel="noopener noreferrer">정책</a>',
    )
    expect(sanitiseHtml('<a href="mailto:a@korea.kr" rel="opener">메일</a>')).toContain(
      'rel="noopener noreferrer"',
    )
    expect(sanitiseHtml('<a href="/relative">정책</a> <a name="x">뉴스</a> <b>굵게</b>')).toBe(
      '정책 뉴스 <b>굵게</b>',
    )
  })

  test('leaves the name of a file in a URL as it was, even decomposed', () => {
    const name = '한글'.normalize('NFD')
    expect(sanitiseHtml(`<a href="https://a.example/${name}">x</a>`)).toContain(encodeURI(name))
  })

  test('takes out the artefacts of spreadsheets, carriage returns, control and invisible characters', () => {
    expect(sanitiseHtml('<p>가_x000D_\n나_x000d_다\r\n라\u0000마&#1;바\u200b사\ufeff아&shy;자</p>')).toBe(
      '<p>가\n나\n다\n라마바사아자</p>',
    )
  })

  test('keeps emoji that are joined by an invisible character', () => {
    expect(sanitiseHtml('<p>👩‍💻 ㈜한국 ①</p>')).toBe('<p>👩‍💻 ㈜한국 ①</p>')
  })

  test('composes Hangul', () => {
    expect(sanitiseHtml(`<p>${'탄소중립'.normalize('NFD')}</p>`)).toBe('<p>탄소중립</p>')
  })

  test('survives a million nested tags, and so do those who read it', () => {
    const clean = sanitiseHtml('<div><b>'.repeat(100_000) + '가'.repeat(10))
    expect(htmlToText(clean)).toBe('가'.repeat(10))
    expect(htmlToMarkdown(clean)).toContain('가'.repeat(10))
  })
})

describe('the text of a body', () => {
  test.each([
    ['<p>탄<span>소</span>중<b>립</b></p>', '탄소중립'],
    ['<p>첫째</p><p>둘째</p>\n\n<p>&nbsp;</p><p></p><p>셋째</p>', '첫째\n\n둘째\n\n셋째'],
    ['<h1>Title one</h1><p>본문</p>', 'Title one\n\n본문'],
    ['<p>가<br>나<br/><br/><br/>다  </p>', '가\n나\n\n다'],
    ['<p><a href="https://www.korea.kr/">정책브리핑</a>에서</p>', '정책브리핑에서'],
    ['<ul><li>하나</li><li>둘<ul><li>둘의 하나</li></ul></li></ul>', '- 하나\n- 둘\n  - 둘의 하나'],
    ['<ol><li>하나</li> <li>둘</li></ol>', '1. 하나\n2. 둘'],
    ['<ol start="4"><li>하나</li> <li>둘</li></ol>', '4. 하나\n5. 둘'],
    ['<p>3 &lt; 5 &amp; &quot;가&quot; &middot; &#44032;</p>', '3 < 5 & "가" · 가'],
    ['<p>대&nbsp;중소　기업</p>', '대 중소 기업'],
    ['<p>10m<sup>2</sup>, CO<sub>2</sub></p>', '10m2, CO2'],
    ['<p>앞</p><blockquote>인용</blockquote><hr /><p>뒤</p>', '앞\n\n인용\n\n뒤'],
    ['<p>앞<img src="https://a.example/1.png" alt=" 그림 설명"></p>', '앞 그림 설명'],
    ['<p><ruby>漢字<rp>(</rp><rt>한자</rt><rp>)</rp></ruby></p>', '漢字(한자)'],
    ['<dl><dt>용어</dt><dd>뜻</dd></dl>', '용어\n뜻'],
    ['<pre>a\n  b   c</pre>', 'a\n  b   c'],
    ['<div>가</div><div>나</div>', '가\n나'],
    [
      '<table><caption>표 1</caption><tr><th>품목</th><th>증감</th></tr><tr><td><p>가전</p><p>통신</p></td><td>+9.3%</td></tr></table>',
      '표 1\n\n품목 | 증감\n가전 통신 | +9.3%',
    ],
    ['<table><tr><td><p>틀 안의</p><p>본문</p></td></tr></table>', '틀 안의\n\n본문'],
    ['', ''],
  ])('%j', (html, text) => {
    expect(htmlToText(html)).toBe(text)
  })

  test('is never wrapped', () => {
    const long = '가나다 '.repeat(500).trim()
    expect(htmlToText(`<p>${long}</p>`)).toBe(long)
  })
})

describe('plain text as HTML', () => {
  test('has paragraphs, line breaks and nothing that is markup', () => {
    expect(textToHtml('첫 <b>줄</b>\n둘째 "줄" & 끝\r\n\r\n \n둘째 문단')).toBe(
      '<p>첫 &lt;b&gt;줄&lt;/b&gt;<br />둘째 &quot;줄&quot; &amp; 끝</p>\n<p>둘째 문단</p>',
    )
    expect(textToHtml(' \n ')).toBe('')
  })

  const normalised = (text: string) =>
    text
      .replace(/\r\n?/g, '\n')
      .split('\n')
      .map(line => line.replace(/\s+/g, ' ').trim())
      .join('\n')
      .replace(/\n{3,}/g, '\n\n')
      .replace(/^\n+|\n+$/g, '')
      .normalize('NFC')
  const texts = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          '\n',
          '\n\n',
          ' ',
          '\t',
          '\r\n',
          '\u00a0',
          '<b>',
          '&amp;',
          '- ',
          '1. ',
          '탄소',
          '㈜',
          '"',
          '> ',
        ),
        fc.string({ unit: 'grapheme', maxLength: 8 }),
        fc.string({ unit: 'binary', maxLength: 4 }),
      ),
      { maxLength: 15 },
    )
    .map(parts => parts.join(''))

  test('comes back from HTML as the text that it was', () => {
    fc.assert(
      fc.property(texts, text => expect(htmlToText(textToHtml(text))).toBe(normalised(text))),
      { numRuns: 2000 },
    )
  })

  test('reads the same after the sanitiser', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        const html = textToHtml(text.replace(/[\p{Cc}\u00ad\u200b\u2060\ufeff]/gu, ''))
        expect(htmlToText(sanitiseHtml(html))).toBe(htmlToText(html))
      }),
    )
  })
})

describe('Markdown', () => {
  test.each([
    ['<h2>개요<br>둘</h2><p>본문</p>', '## 개요 둘\n\n본문'],
    ['<ul><li>하나</li><li>둘<ul><li>셋</li></ul></li></ul>', '- 하나\n- 둘\n  - 셋'],
    ['<ol><li>하나</li><li>둘</li></ol>', '1. 하나\n2. 둘'],
    ['<ol start="4"><li>하나</li><li>둘</li></ol>', '4. 하나\n5. 둘'],
    ['<p><code>a</code><code>b</code> <code>c</code></p>', '<code>a</code><code>b</code> `c`'],
    ['<p>https://a.kr&lt;끝&gt;</p>', 'https\\://a.kr&lt;끝>'],
    [
      '<p>앞</p><ul><li><p>하나</p><p>더</p></li><li>둘</li></ul><p>뒤</p>',
      '앞\n\n- 하나\n\n  더\n\n- 둘\n\n뒤',
    ],
    ['<p>가<br>나</p>', '가  \n나'],
    ['<p><a href="https://a.example/b_(c)">링크</a></p>', '[링크](https://a.example/b_\\(c\\))'],
    ['<p><img src="https://a.example/1.png" alt="그림"></p>', '![그림](https://a.example/1.png)'],
    ['<pre>a\n```\nb</pre>', '````\na\n```\nb\n````'],
    [
      '<p>10m<sup>2</sup>, CO<sub>2</sub>, 각주<sup>*</sup></p>',
      '10m<sup>2</sup>, CO<sub>2</sub>, 각주<sup>\\*</sup>',
    ],
    ['<p><u>1</u>. 가</p>', '<u>1</u>. 가'],
    ['<p><ruby>漢字<rp>(</rp><rt>한자</rt><rp>)</rp></ruby></p>', '漢字(한자)'],
    ['<blockquote><p>인용</p></blockquote><hr><p>끝</p>', '> 인용\n\n---\n\n끝'],
  ])('%j', (html, markdown) => {
    expect(htmlToMarkdown(html)).toBe(markdown)
  })

  test.each([
    ['대·중소기업 3~5월', '대·중소기업 3\\~5월'],
    ['1. 첫째', '1\\. 첫째'],
    ['2) 둘째', '2\\) 둘째'],
    ['2026. 1. 23. 발표', '2026\\. 1. 23. 발표'],
    ['* 각주', '\\* 각주'],
    ['- 항목', '\\- 항목'],
    ['-2.7% 감소', '-2.7% 감소'],
    ['--', '\\--'],
    [':-|-:', '\\:-|-:'],
    ['# 제목', '\\# 제목'],
    ['#해시태그', '#해시태그'],
    ['===', '\\==='],
    ['> 인용', '\\> 인용'],
    ['_강조_ file_name_1', '\\_강조\\_ file_name_1'],
    ['[보도참고] 제목', '\\[보도참고\\] 제목'],
    ['<script>&lt;</script>', '&lt;script>\\&lt;&lt;/script>'],
    ['R&D와 A&B;', 'R&D와 A\\&B;'],
    ['`코드` \\ 역슬래시', '\\`코드\\` \\\\ 역슬래시'],
    ['□ 개요 ○ ※ ㈜', '□ 개요 ○ ※ ㈜'],
    ['(https://www.korea.kr/a_b) 참조', '(https://www.korea.kr/a_b) 참조'],
    ['[www.korea.kr] 참조', '\\[www\\.korea.kr\\] 참조'],
  ])('shows %j as it is', (text, markdown) => {
    expect(escapeMarkdown(text)).toBe(markdown)
    expect(htmlToMarkdown(textToHtml(text))).toBe(markdown)
  })

  test.each([
    ['<p><b>탄소</b>는</p>', '**탄소**는'],
    ['<p><b>탄소(CO₂)</b>는</p>', '<strong>탄소(CO₂)</strong>는'],
    ['<p><b>탄소(CO₂)</b> 는</p>', '**탄소(CO₂)** 는'],
    ['<p><b>□ 개요</b></p>', '**□ 개요**'],
    ['<p>그는 <em>“강조”</em>라고</p>', '그는 <em>“강조”</em>라고'],
    ['<p><b>가</b><b>나</b></p>', '<strong>가</strong><strong>나</strong>'],
    ['<p><b><i>가</i></b></p>', '***가***'],
    ['<p>전<s>취소</s>후</p>', '전~~취소~~후'],
    ['<p>앞<b> 뒤 </b>끝</p>', '앞 **뒤** 끝'],
    ['<p><b></b>가</p>', '가'],
  ])('marks emphasis only where the mark works: %j', (html, markdown) => {
    expect(htmlToMarkdown(html)).toBe(markdown)
  })

  test('has tables, with spans left empty, breaks and pipes kept', () => {
    expect(
      htmlToMarkdown(
        '<table><caption>표 1</caption><thead><tr><th rowspan="2">품목</th><th colspan="2">비중</th></tr><tr><th>모바일</th><th>PC</th></tr></thead>' +
          '<tbody><tr><td>가|나</td><td><p>92.8%</p><p>(예상)</p></td><td></td></tr><tr><td>다</td></tr></tbody></table><p>끝</p>',
      ),
    ).toBe(
      [
        '표 1',
        '',
        '| 품목 | 비중 |  |',
        '| --- | --- | --- |',
        '|  | 모바일 | PC |',
        '| 가\\|나 | 92.8%<br>(예상) |  |',
        '| 다 |  |  |',
        '',
        '끝',
      ].join('\n'),
    )
  })

  test('takes a table of one column for the frame that it is', () => {
    expect(htmlToMarkdown('<table><tr><td><h2>제목</h2><p>본문</p></td></tr></table>')).toBe(
      '## 제목\n\n본문',
    )
  })

  test('never prints a tag that was text', () => {
    fc.assert(
      fc.property(scraps, html => {
        const markdown = htmlToMarkdown(textToHtml(sanitiseHtml(html)))
        expect(markdown).not.toContain('<')
      }),
    )
  })

  test.each([
    ['a line of just a tag', '<p><u><br>&lt;img src=x onerror=alert(1)&gt;</u></p>'],
    ['code beside code', '<p><code>a</code><code>b`&lt;img src=x onerror=alert(1)&gt;</code></p>'],
    ['an address', '<p>https://a.example/<b>&lt;img src=x onerror=alert(1)&gt;</b></p>'],
  ])('never prints a tag that was text in %s', (_what, html) => {
    const markdown = htmlToMarkdown(sanitiseHtml(html))
    expect(markdown).toContain('onerror')
    expect(markdown).not.toMatch(/<img/)
  })

  test('white space without end, across tags, and lists without end are printed at once', () => {
    const spaces = `<h1>가${`<ruby>${'\u00a0'.repeat(100)}</ruby>`.repeat(2_000)}나</h1>`
    expect(htmlToMarkdown(sanitiseHtml(spaces))).toMatch(/^# 가\s+나$/u)
    for (const scrap of ['<b></b>', '<p></p>', '<b>a<br>', '<pre><p>a</p>'])
      expect(htmlToMarkdown(sanitiseHtml(`${'<div>'.repeat(90)}${scrap.repeat(15_000)}끝`))).toContain('끝')
    for (const tag of ['blockquote', 'ul><li']) {
      const deep = `${`<${tag}>`.repeat(45)}${'가<br>'.repeat(20_000)}`
      expect(htmlToMarkdown(sanitiseHtml(deep)).length).toBeLessThan(20_000 * 60)
    }
  })

  test('takes a table of many tables in stride', () => {
    const nested = `${'<table><tr><td>가</td><td>'.repeat(30)}나`
    expect(htmlToMarkdown(sanitiseHtml(nested))).toContain('나')
  })
})
