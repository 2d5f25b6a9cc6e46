import { partsOf } from '../articles/cursor.ts'
import { badHeader, badParameter, Problem } from '../http/problem.ts'

/** Opaque places in the log. */

/** Whose eyes: an anonymous reader’s, or those of a holder of a key, who sees every change. */
export type View = 'public' | 'whole'

export interface Place {
  view: View
  /** The last change that was seen. */
  seq: number
  /**
   * Up to where the log had been compacted when a reader that began at its beginning was last here: what was taken away
   * before it, such a reader need not have seen.
   */
  floor: number
}

/** Grows when the meaning changes, so that an old cursor is refused and not misread. */
const VERSION = 1

export const beginning = (view: View): Place => ({ view, seq: 0, floor: 0 })

export const encodePlace = ({ view, seq, floor }: Place): string =>
  Buffer.from(JSON.stringify([VERSION, view[0], seq, floor])).toString('base64url')

/** Where a cursor may stand, and how its fault is told. */
const BLAME = {
  since: (en: string, ko: string) => badParameter('since', en, ko),
  'Last-Event-ID': (en: string, ko: string) => badHeader('Last-Event-ID', en, ko),
}

/** @throws Problem 400 where it was not made here, or for other eyes. */
export function decodePlace(text: string, view: View, where: keyof typeof BLAME = 'since'): Place {
  const bad = BLAME[where]
  const [version, eyes, seq, floor, ...rest] = partsOf(text)
  const whole = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0
  if (version !== VERSION || (eyes !== 'p' && eyes !== 'w') || !whole(seq) || !whole(floor) || rest.length)
    throw bad(
      'is no cursor of this feed; leave it out to start from the beginning, or send "now"',
      '이 피드의 커서가 아닙니다. 처음부터 읽으려면 빼고, 지금부터 읽으려면 "now"를 쓰십시오',
    )
  if (eyes !== view[0])
    throw bad(
      eyes === 'p'
        ? 'was given to a reader without a key: go on without one, or start again with it'
        : 'was given to a reader with a key of scope articles:read: go on with one, or start again',
      eyes === 'p'
        ? '키 없이 받은 커서입니다. 키 없이 이어 읽거나 키와 함께 처음부터 읽으십시오'
        : 'articles:read 권한이 있는 키로 받은 커서입니다. 키와 함께 이어 읽거나 처음부터 읽으십시오',
    )
  return { view, seq, floor }
}

export const expired = (): Problem =>
  new Problem('history-compacted', {
    en: 'Changes after this cursor were compacted. Start again without `since`: every article comes with its newest change, so that a mirror need not be emptied.',
    ko: '이 커서 뒤의 변경 기록이 정리되었습니다. since 없이 처음부터 다시 읽으십시오. 글마다 최신 변경이 나오므로 기존 사본을 비울 필요는 없습니다.',
  })
