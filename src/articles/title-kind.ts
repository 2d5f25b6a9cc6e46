import type { NewArticle } from './schema.ts'

/** What the prefix of a title tells about its kind: `[보도참고] …`, `(인사) …`. */

type Kind = NewArticle['kind']

const KINDS: [Kind, string[]][] = [
  ['press-release', ['보도자료', '즉시보도', '배포즉시보도', '석간', '조간']],
  ['reference', ['보도참고', '보도참고자료', '참고자료', '참고', '언론참고', '언론참고자료']],
  [
    'explanation',
    [
      ...['설명자료', '보도설명', '보도설명자료', '언론설명자료', '설명'],
      ...['해명자료', '보도해명', '보도해명자료', '해명', '보도반박', '반박자료', '정정보도'],
    ],
  ],
  ['fact-check', ['사실은이렇습니다', '사실은', '팩트체크', '사실확인']],
  ['activity', ['동정', '동정자료', '보도동정', '장관동정', '차관동정', '장차관동정', '청장동정']],
  ['personnel', ['인사', '인사발령', '인사이동', '인사발표']],
  ['visual', ['카드뉴스', '인포그래픽', '영상', '동영상', '웹툰']],
  ['policy-news', ['정책뉴스']],
]
const KIND_OF = new Map(KINDS.flatMap(([kind, words]) => words.map(word => [word, kind] as const)))

/** A last word that says as much with others before it: 고용노동부 보도자료, but not 새해 인사. */
const AFTER_OTHERS = new Set<Kind>(['press-release', 'reference', 'explanation', 'activity'])

// 1차관 동정 stays; what is cut is a date or a number behind the word: 보도자료 1.20.
const PREFIX =
  /^\s*(?:\[([^[\]]{1,30})\]|\(([^()]{1,30})\)|【([^【】]{1,30})】|〔([^〔〕]{1,30})〕|<([^<>]{1,30})>|［([^［］]{1,30})］|（([^（）]{1,30})）)/
const NUMBER_BEHIND = /[\s\d.,:/~-]+$/

/** The kind that the first telling prefix of a title names; null where none does. Prefixes may follow one another. */
export function titleKind(title: string): Kind | null {
  for (const { kind } of prefixesOf(title)) if (kind) return kind
  return null
}

/** A title without the prefixes that tell its kind; others stay. */
export function withoutKind(title: string): string {
  const prefixes = prefixesOf(title)
  const rest = title.normalize('NFC').slice(prefixes.reduce((length, { text }) => length + text.length, 0))
  return [...prefixes.flatMap(({ text, kind }) => (kind ? [] : [text])), rest].join('')
}

function prefixesOf(title: string): { text: string; kind: Kind | null }[] {
  const prefixes = []
  for (let rest = title.normalize('NFC'); ; ) {
    const match = PREFIX.exec(rest)
    if (!match) return prefixes
    const [text, ...inner] = match
    prefixes.push({ text, kind: kindNamed(inner.find(words => words !== undefined) ?? '') })
    rest = rest.slice(text.length)
  }
}

function kindNamed(text: string): Kind | null {
  const words = text
    .replace(NUMBER_BEHIND, '')
    .split(/[\s·]+/)
    .filter(Boolean)
  const whole = KIND_OF.get(words.join(''))
  if (whole) return whole
  const last = KIND_OF.get(words.at(-1) ?? '')
  return last && AFTER_OTHERS.has(last) ? last : null
}
