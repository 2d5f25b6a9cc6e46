import { escapeMarkdown, htmlToMarkdown } from '../text/markdown.ts'
import type { Article } from './schema.ts'
import type { Attachment } from './words.ts'

/** An article as Markdown and as text, and the facts about it in Korean that every representation prints. */

export interface Site {
  /** Where this API is, without a slash at the end: `https://gongbo.example`. */
  baseUrl: string
}

/** A fact about an article, in the words of the board. */
export interface Fact {
  label: string
  value: string
  url?: string
}

const KIND: Record<Article['kind'], string> = {
  'press-release': '보도자료',
  reference: '보도참고',
  explanation: '설명자료',
  'policy-news': '정책뉴스',
  'fact-check': '사실은 이렇습니다',
  visual: '카드·영상',
  activity: '동정',
  personnel: '인사',
  other: '기타',
}
const STATUS: Record<Article['status'], string> = {
  draft: '작성 중',
  scheduled: '공개 예정',
  published: '노출',
  hidden: '비노출',
}
const LICENCE: Record<NonNullable<Article['licence']>, string> = {
  'kogl-1': '공공누리 제1유형 (출처표시)',
  'kogl-2': '공공누리 제2유형 (출처표시, 상업적 이용금지)',
  'kogl-3': '공공누리 제3유형 (출처표시, 변경금지)',
  'kogl-4': '공공누리 제4유형 (출처표시, 상업적 이용금지, 변경금지)',
}

/** The page of the Korea Open Government Licence that sets out a type. */
export const licenceUrl = (licence: NonNullable<Article['licence']>): string =>
  `https://www.kogl.or.kr/info/licenseType${licence.at(-1)}.do`

/** A type of the licence in Korean: 공공누리 제1유형 (출처표시). */
export const licenceLabel = (licence: NonNullable<Article['licence']>): string => LICENCE[licence]

/** The kind of an article in Korean: 보도자료. */
export const kindLabel = (kind: Article['kind']): string => KIND[kind]

/** The address of an article in this API. */
export const articleUrl = (id: number, { baseUrl }: Site): string => `${baseUrl}/v1/articles/${id}`

/** A day as Korean offices write it: `2023. 6. 21.` */
const day = (date: string) => `${date.slice(0, 10).split('-').map(Number).join('. ')}.`

/** Instants in the contract carry Seoul's offset, so that their text is Seoul's clock. */
const minute = (instant: string) => `${day(instant)} ${instant.slice(11, 16)}`

const fact = <T>(label: string, value: T | null, print: (value: T) => string = String): Fact[] =>
  value === null ? [] : [{ label, value: print(value) }]

/** Who issued an article and when; its counts; its status. Facts that are not known are left out. */
export function issueFacts(article: Article): Fact[] {
  const { ministry, counts } = article
  return [
    ...fact('담당부서', ministry?.name ?? null),
    ...fact(
      '발표 당시',
      ministry && ministry.publishedName !== ministry.name ? ministry.publishedName : null,
    ),
    ...fact('글쓴이', article.author),
    ...fact('발표일', article.publishedOn, day),
    ...fact('게시일', article.postedOn, day),
    ...fact('공개 예정', article.status === 'scheduled' ? article.embargoUntil : null, minute),
    ...[
      ['댓글', counts.comments] as const,
      ['조회', counts.views] as const,
      ['좋아요', counts.likes] as const,
      ['싫어요', counts.dislikes] as const,
    ].flatMap(([label, count]) => fact(label, count, n => n.toLocaleString('ko-KR'))),
    ...fact('상태', article.deletedAt === null ? STATUS[article.status] : '삭제됨'),
  ]
}

/** Where an article comes from and how it may be used. */
export function originFacts(article: Article, site: Site): Fact[] {
  const { source, licence, tags } = article
  const url = articleUrl(article.id, site)
  return [
    ...fact('키워드', tags.length > 0 ? tags.join(', ') : null),
    ...fact('출처', source).map(of => ({ ...of, value: source?.name ?? '', url: source?.url ?? undefined })),
    ...fact('라이선스', licence, licenceLabel).map(of => ({
      ...of,
      url: licence ? licenceUrl(licence) : undefined,
    })),
    // A path alone leads nowhere from a printed page.
    ...(site.baseUrl === '' ? [] : [{ label: '주소', value: url, url }]),
  ]
}

/** A number of bytes for people: `278 KB`. */
export function fileSize(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB']
  const step = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1)
  const number = (bytes / 1024 ** step).toLocaleString('ko-KR', { maximumFractionDigits: step > 1 ? 1 : 0 })
  return `${number} ${units[step]}`
}

/** The name of a file with its size, where that is known. */
export const fileLabel = ({ name, size }: Attachment): string =>
  `${oneLine(name)}${typeof size === 'number' ? ` (${fileSize(size)})` : ''}`

const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim()

const paragraphs = (parts: (string | null)[]) => `${parts.filter(part => part?.trim()).join('\n\n')}\n`

/** An article as Markdown: title, subtitles, facts, body, the line that a re-user must print, files. */
export function articleToMarkdown(article: Article, site: Site): string {
  const plain = (text: string) => escapeMarkdown(oneLine(text))
  const link = (text: string, url: string) =>
    `[${plain(text)}](<${url.replace(/[<>\\\s]/g, encodeURIComponent)}>)`
  const facts = (of: Fact[]) =>
    of
      .map(
        ({ label, value, url }) => `- ${url ? `${label}: ${link(value, url)}` : plain(`${label}: ${value}`)}`,
      )
      .join('\n')
  return paragraphs([
    `# ${plain(article.title)}`,
    ...article.subtitles.map(subtitle => `**${plain(subtitle)}**`),
    facts([{ label: '분류', value: kindLabel(article.kind) }, ...issueFacts(article)]),
    htmlToMarkdown(article.bodyHtml),
    article.attribution && plain(article.attribution),
    article.attachments.length > 0 ? '## 첨부파일' : null,
    article.attachments.map(file => `- ${link(fileLabel(file), file.url)}`).join('\n'),
    '---',
    facts(originFacts(article, site)),
  ])
}

/** An article as plain text, in the order of `articleToMarkdown`. */
export function articleToText(article: Article, site: Site): string {
  const facts = (of: Fact[]) =>
    of
      .map(({ label, value, url }) => `${label}: ${oneLine(value)}${url && url !== value ? ` ${url}` : ''}`)
      .join('\n')
  return paragraphs([
    oneLine(article.title),
    article.subtitles.map(oneLine).join('\n'),
    facts([{ label: '분류', value: kindLabel(article.kind) }, ...issueFacts(article)]),
    article.bodyText,
    article.attribution,
    article.attachments.length > 0
      ? `첨부파일\n${article.attachments.map(file => `- ${fileLabel(file)} ${file.url}`).join('\n')}`
      : null,
    facts(originFacts(article, site)),
  ])
}
