import fc from 'fast-check'
import type { NewArticle } from '../../src/articles/schema.ts'

/** Articles of which many say the same as others, or nearly. */

/** Paragraphs of a body. */
export const TEXT = Array.from(
  { length: 10 },
  (_, i) => `${i + 1}번째 문단은 부품 ${i + 20}종을 오래 쓰는 길과 그 값을 말한다.`,
)
const OTHER = Array.from(
  { length: 10 },
  (_, i) => `어촌의 ${i + 40}개 마을이 ${i + 60}번째 돌봄 마당을 연다고 알려 왔다.`,
)

/** What they are made of; `text` in paragraphs. */
export const ALIKE = {
  title: fc.constantFrom(
    '순환경제 설명회로 새 길을 찾는다',
    '[정정] 순환경제 설명회로 새 길을 찾는다',
    '인사',
  ),
  text: fc.constantFrom(TEXT, TEXT.slice(0, 8), [...TEXT, ...OTHER], OTHER, ['붙임 참조'], []),
  status: fc.constantFrom<NewArticle['status']>('published', 'published', 'hidden', 'draft'),
}
