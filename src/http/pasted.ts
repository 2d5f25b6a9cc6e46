import type { FastifyRequest } from 'fastify'
import { Problem } from './problem.ts'
import { splitTarget } from './target.ts'

/** Addresses that readers paste: into a parameter, out of a mail or the source of a page, with or without a scheme. */

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The parameter that takes a whole address, its own query included. */
    pasted?: string
  }
}

/**
 * The address that somebody pasted: without white space, `<…>` or quotes around it, without the escapes of HTML, and
 * decoded where it came percent-encoded as a whole. Null where it is none of http or https.
 */
export function readPasted(text: string): URL | null {
  const bare = withoutBrackets(text.replaceAll(/[\u200b\ufeff]/g, '').trim())
    .replace(/^(["'])(.*)\1$/, '$2')
    .replace(/^[“‘](.*)[”’]$/, '$1')
  const address = decoded(bare).replaceAll(/&(?:amp;)+|&#38;|&#x26;/gi, '&')
  const whole = address.startsWith('//')
    ? `https:${address}`
    : /^[\w-]+(?:\.[\w-]+)+(?::\d+)?(?:[/?#]|$)/.test(address)
      ? `https://${address}`
      : address
  const url = URL.canParse(whole) ? new URL(whole) : null
  return url && /^https?:$/.test(url.protocol) ? url : null
}

/** What stands in `<…>` as mails have it, perhaps with RFC 3986's `URL:`. By a pattern it could take time without bounds. */
function withoutBrackets(text: string): string {
  if (!text.startsWith('<') || text.indexOf('>') !== text.length - 1) return text
  const inner = text.slice(1, -1).trim()
  return /^URL:/i.test(inner) ? inner.slice(4).trim() : inner
}

function decoded(address: string): string {
  if (!/^https?%3a/i.test(address)) return address
  try {
    return decodeURIComponent(address)
  } catch {
    return address
  }
}

/** More culprits than these say nothing new. */
const MOST_NAMED = 20

/**
 * Refuses an address that was pasted without percent-encoding: its own `&` ends the parameter, and what follows would
 * be taken for parameters of this API.
 */
export async function refuseSplitAddress(request: FastifyRequest): Promise<void> {
  const parameter = request.routeOptions.config.pasted
  if (parameter === undefined) return
  const { path, search } = splitTarget(request.url)
  const parts = search.split('&')
  const at = parts.findIndex(part => part.startsWith(`${parameter}=`))
  const torn = parts.slice(at + 1).filter(part => part !== '')
  // A question mark as it is: whoever encodes an address encodes that.
  if (at < 0 || torn.length === 0 || !parts[at]?.includes('?')) return
  const whole = parts
    .slice(at)
    .join('&')
    .slice(parameter.length + 1)
  const names = torn.slice(0, MOST_NAMED).map(part => part.split('=', 1)[0] ?? '')
  const detail = {
    en: `percent-encode the address as a whole, as curl --get --data-urlencode '${parameter}=…' does: its own & ended it before ${names[0]}`,
    ko: `주소 전체를 퍼센트 인코딩하십시오(curl --get --data-urlencode '${parameter}=…'). 주소 안의 & 때문에 ${names[0]} 앞에서 잘렸습니다`,
  }
  throw new Problem(
    'invalid-parameter',
    { en: `${parameter}: ${detail.en}`, ko: `${parameter}: ${detail.ko}` },
    {
      faults: [
        { parameter, detail, suggestion: `${path}?${parameter}=${encodeURIComponent(whole)}` },
        ...names.map(name => ({
          parameter: name,
          detail: {
            en: `is a part of the address in ${parameter}`,
            ko: `${parameter}에 붙여 넣은 주소의 일부입니다`,
          },
        })),
      ],
    },
  )
}
