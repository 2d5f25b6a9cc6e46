import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { addUpAll } from '../../src/articles/store-index.ts'
import { addDays, dayOf } from '../../src/time/seoul.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'
import { editor } from '../support/editor.ts'

const { call, db, authorize, clock } = await testApp({ PUBLIC_URL: 'https://api.example.go.kr' })
const send = editor(call, await authorize('admin'))

const QUERIES = [
  ...[
    '',
    'kind=explanation',
    'tag=순환경제',
    'author=글쓴이',
    'from=2026-01-20',
    'period=2d',
    'ministry=시험부',
  ],
  ...['ministry=고용노동부', 'q=순환경제', 'q=서큘러', 'duplicates=collapse', 'sort=publishedAt&pageSize=1'],
  ...['q=수소', 'q=순환경제&sort=relevance', 'sort=-views'],
]
const ADDRESSES = [
  ...QUERIES.map(query => `/v1/articles.atom?${query}`),
  ...['', 'ministry=시험부'].map(query => `/v1/articles/feed.json?${query}`),
  '/v1/ministries.opml',
]

const START = Date.parse('2026-01-21T00:00:00+09:00')
const BODY = '순환경제 설명회를 열었다. 산업계와 학계가 모여 자원을 되살리는 길을 함께 찾았다고 밝혔다.'
const rows = await insertArticles(
  db,
  [1, 2, 3].map(i => anArticle({ title: `첫 글 ${i}`, bodyText: BODY, ministry: { name: '고용노동부' } })),
  new Date(START),
)
const ids = rows.map(({ id }) => id)

const today = () => dayOf(clock.at ?? new Date())
/** A word that nobody has written before. */
const syllable = () => String.fromCharCode(0xac00 + Math.floor(Math.random() * 11_172))

/** What may move a feed, and what may not. */
const ACTS: Record<string, (id: number) => Promise<unknown>> = {
  create: id =>
    send(
      'POST',
      '/v1/articles',
      anArticle({ bodyText: `${BODY} ${id}`, publishedAt: '2026-01-19T10:00:00+09:00' }),
    ),
  twin: () =>
    send(
      'POST',
      '/v1/articles',
      anArticle({ title: '첫 글 1', bodyText: BODY, ministry: { name: '고용노동부' } }),
    ),
  retitle: id => send('PATCH', `/v1/articles/${id}`, { title: `수소충전${syllable()}소 글` }),
  explain: id =>
    send('PATCH', `/v1/articles/${id}`, { kind: 'explanation', tags: ['순환경제'], author: '글쓴이' }),
  press: id => send('PATCH', `/v1/articles/${id}`, { kind: 'press-release', tags: [], author: null }),
  hide: id => send('PATCH', `/v1/articles/${id}`, { status: 'hidden' }),
  show: id => send('PATCH', `/v1/articles/${id}`, { status: 'published' }),
  remove: id => send('DELETE', `/v1/articles/${id}`),
  restore: id => send('POST', `/v1/articles/${id}/restore`),
  view: id =>
    call({
      method: 'POST',
      url: `/v1/articles/${id}/views`,
      headers: { 'visitor-id': String(Math.random()) },
    }),
  addSynonym: () => send('POST', '/v1/synonyms', { terms: ['순환경제', '서큘러'] }),
  async dropSynonym() {
    const { items } = (await call('/v1/synonyms?pageSize=100')).json()
    const group = items.find(({ terms }: { terms: string[] }) => terms.includes('서큘러'))
    if (group) await send('DELETE', `/v1/synonyms/${group.id}`)
  },
  rename: id =>
    send('PUT', '/v1/ministries/A00001', {
      ...{ code: 'A00001', kind: 'ministry' },
      names: [
        { name: '고용노동부', shortNames: ['노동부'], from: null, to: today() },
        { name: `시험부${id % 2 ? '' : ' 둘'}`, shortNames: ['시험부'], from: addDays(today(), 1), to: null },
      ],
    }),
  async tomorrow() {
    clock.at = new Date((clock.at?.getTime() ?? START) + 86_400_000)
  },
}

test('whatever happens, a validator never stands for two documents', async () => {
  const seen = new Map<string, string>()
  const look = async (since: string[]) => {
    for (const address of ADDRESSES) {
      const { statusCode, headers, body } = await call(address)
      // A name is none before its day.
      if (statusCode === 400) continue
      const known = `${address} ${headers.etag}`
      expect([address, since, body]).toEqual([address, since, seen.get(known) ?? body])
      seen.set(known, body)
    }
  }
  clock.at = new Date(START)
  await look([])
  const acts = fc.array(fc.tuple(fc.constantFrom(...Object.keys(ACTS)), fc.nat({ max: ids.length - 1 })), {
    ...{ minLength: 3, maxLength: 6 },
  })
  await fc.assert(
    fc.asyncProperty(acts, async steps => {
      for (const [name, i] of steps) {
        await ACTS[name]?.(ids[i] ?? 0)
        await look(steps.map(([act]) => act))
        // What searches go by is added up a while after a write.
        await addUpAll(db)
        await look(steps.map(([act]) => act))
      }
    }),
    { numRuns: 12, endOnFailure: true },
  )
  expect(seen.size).toBeGreaterThan(100)
}, 120_000)
