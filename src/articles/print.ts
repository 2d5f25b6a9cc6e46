import { createHash } from 'node:crypto'
import { html } from 'ghtml'
import {
  articleUrl,
  type Fact,
  fileLabel,
  issueFacts,
  kindLabel,
  licenceUrl,
  originFacts,
  type Site,
} from './plain.ts'
import type { Article } from './schema.ts'

const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #1c1e21; --quiet: #5f6670; --line: #dfe3e8; --shade: #f5f7f9; --accent: #0b57a8;
}
@media (prefers-color-scheme: dark) {
  :root { --paper: #16181b; --ink: #e4e6e9; --quiet: #9aa3ad; --line: #343a41; --shade: #1f2327; --accent: #8ab8f0; }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.7 "Pretendard", "Noto Sans KR", "Noto Sans CJK KR", "Apple SD Gothic Neo", "Malgun Gothic", sans-serif;
  word-break: keep-all; overflow-wrap: anywhere;
}
main { max-width: 42rem; margin: 0 auto; padding: 3.5rem 1.25rem 4rem; }
a { color: var(--accent); text-decoration-thickness: .06em; text-underline-offset: .2em; }
header { padding-bottom: 1.25rem; border-bottom: 1px solid var(--line); }
.kind { margin: 0 0 .6rem; color: var(--accent); font-size: .875rem; font-weight: 700; }
h1 { margin: 0; font-size: 1.875rem; line-height: 1.35; letter-spacing: -.02em; text-wrap: balance; }
.subtitles { margin: 1rem 0 0; padding: 0; list-style: none; color: var(--quiet); line-height: 1.55; }
.subtitles li { padding-left: .9rem; text-indent: -.9rem; }
.subtitles li::before { content: "–"; display: inline-block; width: .9rem; text-indent: 0; }
.facts { display: flex; flex-wrap: wrap; gap: .15rem 1.1rem; margin: 1.4rem 0 0; font-size: .875rem; }
.facts div { display: flex; gap: .4rem; }
.facts dt { color: var(--quiet); white-space: nowrap; }
.facts dd { margin: 0; font-variant-numeric: tabular-nums; }
.body { margin: 2rem 0 2.5rem; }
.body > :first-child { margin-top: 0; }
p, ul, ol, dl, pre, table, figure, blockquote { margin: 0 0 1.15rem; }
.body :is(h1, h2, h3, h4, h5, h6) { margin: 2.2rem 0 .7rem; font-size: 1.0625rem; line-height: 1.45; letter-spacing: -.01em; }
.body h1 { font-size: 1.4375rem; }
.body h2 { font-size: 1.3125rem; }
.body h3 { font-size: 1.1875rem; }
ul, ol { padding-left: 1.4rem; }
li { margin: .3rem 0; }
li :is(ul, ol) { margin: 0; }
dt { font-weight: 600; }
.facts dt { font-weight: 400; }
.body dd { margin: 0 0 .6rem 1rem; }
img { max-width: 100%; height: auto; }
figure img { display: block; }
figcaption, caption { color: var(--quiet); font-size: .875rem; }
figcaption { margin-top: .5rem; }
caption { padding-bottom: .5rem; text-align: left; }
blockquote { padding: .1rem 0 .1rem 1.1rem; border-left: 3px solid var(--line); color: var(--quiet); }
blockquote > :last-child, td > :last-child, th > :last-child { margin-bottom: 0; }
code, pre { font: .9em/1.6 ui-monospace, "D2Coding", "Noto Sans Mono CJK KR", monospace; }
pre { padding: .9rem 1.1rem; background: var(--shade); border-radius: .4rem; overflow-x: auto; white-space: pre-wrap; }
hr { margin: 2.2rem 0; border: 0; border-top: 1px solid var(--line); }
table { display: block; max-width: 100%; overflow-x: auto; border-collapse: collapse; font-size: .9375rem; line-height: 1.5; font-variant-numeric: tabular-nums; }
th, td { min-width: 4rem; padding: .5rem .8rem; border: 1px solid var(--line); text-align: left; vertical-align: top; }
th { background: var(--shade); font-weight: 600; }
sub, sup { font-size: .75em; line-height: 0; }
.attribution { color: var(--quiet); text-align: right; }
footer { padding-top: 1.25rem; border-top: 1px solid var(--line); font-size: .875rem; line-height: 1.6; }
footer h2 { margin: 0 0 .35rem; font-size: .875rem; }
.files { margin: 0 0 1.25rem; padding: 0; list-style: none; }
.files li { margin: .15rem 0; }
footer .facts { display: block; margin: 0; font-size: inherit; }
footer .facts dt { flex: 0 0 4.2rem; }
footer .facts div { margin: .15rem 0; }
nav { display: grid; gap: .5rem; font-size: .9375rem; margin-top: 1.5rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
nav a { display: grid; grid-template-columns: 4.2rem 1fr auto; gap: .4rem; color: inherit; text-decoration: none; }
nav a:hover b { text-decoration: underline; }
nav b { font-weight: 500; }
nav span, nav time { color: var(--quiet); }
@media (max-width: 30rem) {
  main { padding-top: 2rem; }
  h1 { font-size: 1.5rem; }
}
@page { size: A4; margin: 18mm 18mm 20mm; @bottom-center { content: counter(page) " / " counter(pages); font-size: 8.5pt; color: #666; } }
@media print {
  :root { color-scheme: light; --paper: #fff; --ink: #000; --quiet: #444; --line: #bbb; --shade: #f2f2f2; --accent: #000; }
  html { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  nav { display: none; }
  h1 { font-size: 17pt; }
  a { text-decoration: none; }
  p, li { orphans: 3; widows: 3; }
  h1, h2, h3, h4, h5, h6, caption { break-after: avoid; }
  table { display: table; overflow: visible; }
  thead { display: table-header-group; }
  tr, img, figure, pre, blockquote, footer div, .files li { break-inside: avoid; }
  th { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .facts a[href]::after, .files a[href]::after { content: " " attr(href); color: #444; font-size: 8.5pt; word-break: break-all; }
  .facts a.bare::after { content: none; }
}
`

/**
 * The Content-Security-Policy of the page: its own style by hash, pictures of the body, and nothing else. JSON-LD is
 * data, to which script-src does not apply.
 */
export const PRINT_CSP: string = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  'img-src https: http:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const organisation = (name: string) => ({ '@type': 'Organization', name })

/** Titles at the end of a name that only people carry; most authors on the board are offices. */
const PERSON = /\S\s+\S*(?:기자|사무관|서기관|주무관|에디터)$/

function newsArticle(article: Article, site: Site) {
  const { ministry, author } = article
  const issuer = ministry && organisation(ministry.publishedName)
  return {
    '@context': 'https://schema.org',
    '@type': 'NewsArticle',
    headline: article.title,
    alternativeHeadline: article.subtitles.length > 0 ? article.subtitles.join(' ') : undefined,
    datePublished: article.publishedAt ?? undefined,
    dateModified: article.modifiedAt,
    author: author
      ? { '@type': PERSON.test(author) ? 'Person' : 'Organization', name: author }
      : (issuer ?? undefined),
    publisher: issuer ?? undefined,
    isBasedOn: article.source?.url ?? undefined,
    inLanguage: 'ko',
    license: article.licence ? licenceUrl(article.licence) : undefined,
    keywords: article.tags.length > 0 ? article.tags : undefined,
    articleSection: kindLabel(article.kind),
    articleBody: article.bodyText,
    image: article.thumbnailUrl ?? undefined,
    url: articleUrl(article.id, site),
  }
}

/** JSON in which neither `</script>` nor `<!--` can occur: both would end or change the script element around it. */
const inScript = (value: unknown) =>
  JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

const link = (text: string, url: string | undefined) =>
  url && /^https?:\/\//i.test(url)
    ? html`<a href="${url}" rel="noopener noreferrer"!${text === url ? ' class="bare"' : ''}>${text}</a>`
    : html`${text}`

const factList = (facts: Fact[]) => html`<dl class="facts">
!${facts.map(({ label, value, url }) => html`<div><dt>${label}</dt><dd>!${link(value, url)}</dd></div>`).join('\n')}
</dl>`

function neighbours({ previous, next }: Article, site: Site): string {
  const rows = [['이전 글', 'prev', previous] as const, ['다음 글', 'next', next] as const].flatMap(
    ([label, rel, of]) =>
      of
        ? html`<a rel="${rel}" href="${articleUrl(of.id, site)}"><span>${label}</span><b>${of.title}</b><time datetime="${of.publishedOn}">${of.publishedOn}</time></a>`
        : [],
  )
  return rows.length > 0 ? html`<nav aria-label="이전 글과 다음 글">!${rows}</nav>` : ''
}

/**
 * An article as a page to read and to print: one HTML document without scripts or files of its own, with schema.org
 * JSON-LD. `bodyHtml` goes in as it is and must have been sanitised. Send it with PRINT_CSP.
 */
export function articleToHtml(article: Article, site: Site): string {
  const { title, subtitles, attachments, attribution } = article
  const isPublic = article.status === 'published' && article.deletedAt === null
  return html`<!doctype html>
<html lang="ko">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
!${isPublic ? '' : '<meta name="robots" content="noindex">\n'}<title>${title}</title>
<style>!${STYLE}</style>
<script type="application/ld+json">!${inScript(newsArticle(article, site))}</script>
</head>
<body>
<main>
<article>
<header>
<p class="kind">${kindLabel(article.kind)}</p>
<h1>${title}</h1>
!${subtitles.length > 0 ? html`<ul class="subtitles">!${subtitles.map(line => html`<li>${line}</li>`)}</ul>` : ''}
!${factList(issueFacts(article))}
</header>
<div class="body">
!${article.bodyHtml}
</div>
!${attribution ? html`<p class="attribution">${attribution}</p>` : ''}
<footer>
!${
    attachments.length > 0
      ? html`<h2>첨부파일</h2><ul class="files">!${attachments.map(file => html`<li>!${link(fileLabel(file), file.url)}</li>`)}</ul>`
      : ''
  }
!${factList(originFacts(article, site))}
</footer>
</article>
!${neighbours(article, site)}
</main>
</body>
</html>
`
}
