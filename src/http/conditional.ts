import { Problem } from './problem.ts'

/** Conditional requests as RFC 9110, section 13, has them. */

const ETAG = /\s*((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")\s*(?:,|$)/y

/** The entity tags of a list; null for `*`. Text that is no list of tags yields an empty one, which matches nothing. */
export function parseEtags(header: string): string[] | null {
  if (header.trim() === '*') return null
  const tags: string[] = []
  ETAG.lastIndex = 0
  while (ETAG.lastIndex < header.length) {
    const match = ETAG.exec(header)
    if (!match?.[1]) return []
    tags.push(match[1])
  }
  return tags
}

const opaque = (tag: string) => tag.replace(/^W\//, '')

/** Whether If-None-Match says that the reader already has what carries `etag` (weak comparison). */
export function isFresh(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  const tags = parseEtags(ifNoneMatch)
  return tags === null || tags.some(tag => opaque(tag) === opaque(etag))
}

/**
 * Whether If-Modified-Since is the very date that the reader was given. A later one says no more: instants in the log of
 * changes may go back by the time that a writer waited.
 */
export const isSameDate = (ifModifiedSince: string | undefined, lastModified: Date): boolean =>
  ifModifiedSince !== undefined &&
  Date.parse(ifModifiedSince) === Math.floor(lastModified.getTime() / 1000) * 1000

/**
 * The ETag of what can be written: its version, then a digest of the representation. A reader's validator is the whole tag;
 * a writer's precondition is the version, so a neighbour that moved does not fail a write.
 */
export const versionEtag = (version: number, digest: string): string => `"${version}.${digest}"`

/** @throws Problem 428 where a write has no If-Match. */
export function requireIfMatch(ifMatch: string | undefined): string {
  if (ifMatch === undefined)
    throw new Problem('precondition-required', {
      en: 'Send If-Match with the ETag that you last read, so that nobody’s change is overwritten unseen.',
      ko: '마지막으로 읽은 ETag를 If-Match 헤더에 넣어 보내십시오. 다른 사람의 변경을 덮어쓰지 않기 위한 것입니다.',
    })
  return ifMatch
}

/** Whether a list of tags names a version, by strong comparison: a weak tag never does, `*` always. */
export function matches(header: string, version: number): boolean {
  const tags = parseEtags(header)
  return tags === null || tags.some(tag => new RegExp(`^"${version}(\\.[^"]*)?"$`).test(tag))
}

/** Of what can match no version, however often it is read again. */
function hintOf(ifMatch: string): [en: string, ko: string] {
  if (/^\s*W\//.test(ifMatch))
    return [' A weak ETag (W/…) never matches.', ' W/로 시작하는 ETag는 쓸 수 없습니다.']
  return ifMatch.includes('"')
    ? ['', '']
    : [' An ETag has its quotes: "1.…".', ' ETag는 큰따옴표까지 그대로 보내십시오("1.…").']
}

/**
 * Checks If-Match against the present version of a thing: `The article`.
 * @throws Problem 412 that carries the present version.
 */
export function assertMatch(ifMatch: string | undefined, version: number, thing: string): void {
  if (ifMatch === undefined || matches(ifMatch, version)) return
  const [en, ko] = hintOf(ifMatch)
  throw new Problem('precondition-failed', {
    en: `${thing} is at version ${version} now: read it again and repeat the change.${en}`,
    ko: `현재 버전은 ${version}입니다. 다시 읽은 뒤 변경하십시오.${ko}`,
  })
}
