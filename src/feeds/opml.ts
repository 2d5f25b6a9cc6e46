import { type Body, nameOn } from '../ministries/names.ts'
import { PATHS } from './feed.ts'
import { writeXml } from './xml.ts'

/** The feeds of all ministries as a list to subscribe to (OPML 2.0, http://opml.org/spec2.opml). */

/** Not registered, but what everybody uses. */
export const OPML = 'text/x-opml'

const KINDS = { ministry: '부', office: '처', agency: '청', commission: '위원회', other: '기타' }

/** Bodies with a name in force on a day, by kind, each in the order of the alphabet. */
export function ministriesToOpml(
  bodies: Iterable<Body>,
  { day, base }: { day: string; base: string },
): string {
  const named = [...bodies].flatMap(({ code, kind, names }) => {
    const name = nameOn({ code, kind, names }, day)?.name
    return name === undefined ? [] : [{ code, kind, name }]
  })
  named.sort((a, b) => a.name.localeCompare(b.name, 'ko'))
  const groups = Object.entries(KINDS).map(([kind, label]) => ({
    '@text': label,
    outline: named
      .filter(body => body.kind === kind)
      .map(({ code, name }) => ({
        '@type': 'rss',
        '@version': 'ATOM1',
        '@text': name,
        '@title': name,
        '@language': 'ko',
        '@xmlUrl': `${base}${PATHS.atom}?ministry=${code}`,
        '@htmlUrl': `${base}${PATHS.list}?ministry=${code}`,
      })),
  }))
  return writeXml({
    opml: {
      '@version': '2.0',
      head: { title: '공보: 기관별 피드', docs: 'http://opml.org/spec2.opml' },
      body: { outline: groups.filter(({ outline }) => outline.length > 0) },
    },
  })
}
