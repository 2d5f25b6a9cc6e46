import { badBody, type Problem } from '../http/problem.ts'
import { isAllowed, literalOf, type Network } from './address.ts'

/** Where an endpoint may be, as far as its address tells; where its name leads is seen with each attempt. */

const bad = (en: string, ko: string): Problem => badBody('/url', en, ko)

/** The address as it is kept. @throws Problem 400 that says what is wrong with it. */
export function checkTarget(
  text: string,
  { networks, allowHttp }: { networks: readonly Network[]; allowHttp: boolean },
): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || !/^https?:$/.test(url.protocol))
    throw bad('must be an address that begins with https://', 'https://로 시작하는 주소여야 합니다')
  if (url.protocol === 'http:' && !allowHttp)
    throw bad(
      'must begin with https://; WEBHOOK_HTTP allows http as well',
      'https://로 시작해야 합니다. http는 WEBHOOK_HTTP 설정으로 허용합니다',
    )
  if (url.username !== '' || url.password !== '')
    throw bad(
      'must not contain a user or password: the signature says who sends',
      '사용자 이름이나 비밀번호를 넣을 수 없습니다. 보낸 곳은 서명으로 확인합니다',
    )
  if (url.hash !== '') throw bad('must not have a fragment (#…)', '#으로 시작하는 부분을 넣을 수 없습니다')
  const literal = /(^|\.)localhost\.?$/.test(url.hostname) ? '127.0.0.1' : literalOf(url.hostname)
  if (literal !== null && !isAllowed(literal, networks))
    throw bad(
      `${url.hostname} is not public; WEBHOOK_NETWORKS allows networks of yours`,
      `${url.hostname}은(는) 공개 주소가 아닙니다. 내부망은 WEBHOOK_NETWORKS 설정으로 허용합니다`,
    )
  return url.href
}
