import createClient from 'openapi-fetch'
import type { components, paths } from './generated/api.js'

/** Answers are read as JSON; problems come as problem+json. */
type Json = 'application/json' | 'application/problem+json'
type ArticlePage = components['schemas']['ArticlePage']

/** What a frontend does: a board's page, an article, a correction, and an error that says what was wrong. */
export async function tour(baseUrl: string, key: string) {
  const anonymous = createClient<paths, Json>({ baseUrl })
  const editor = createClient<paths, Json>({ baseUrl, headers: { authorization: `Bearer ${key}` } })

  const created = await editor.POST('/v1/articles', {
    headers: { 'idempotency-key': 'client-tour' },
    body: {
      status: 'published',
      kind: 'press-release',
      title: '고용노동부, 새해 안전 점검 시작',
      bodyText: '점검을 시작한다.',
      ministry: { code: 'A00001', name: '고용노동부' },
      publishedAt: '2026-01-20T09:00:00+09:00',
    },
  })
  if (!created.data) throw new Error(created.error.detail)

  const list = await anonymous.GET('/v1/articles', {
    params: { query: { from: '2026-01-20', to: '2026-01-20', ministry: ['고용노동부'], pageSize: 5 } },
  })
  if (!list.data) throw new Error(list.error?.detail)
  // Without `fields` every item is whole.
  const page = list.data as ArticlePage
  const titles: string[] = page.items.map(item => `${item.number} ${item.title} ${item.publishedOn ?? ''}`)

  const read = await anonymous.GET('/v1/articles/{id}', { params: { path: { id: created.data.id } } })
  if (!read.data) throw new Error(read.error?.detail)

  const patched = await editor.PATCH('/v1/articles/{id}', {
    params: {
      path: { id: created.data.id },
      header: { 'if-match': read.response.headers.get('etag') ?? '' },
    },
    body: { title: '고용노동부, 새해 안전 점검에 나서다' },
    headers: { 'content-type': 'application/merge-patch+json' },
  })
  if (!patched.data) throw new Error(patched.error.detail)

  const stale = await editor.DELETE('/v1/articles/{id}', {
    params: { path: { id: created.data.id }, header: { 'if-match': '"1.stale"' } },
  })

  const uploaded = await editor.POST('/v1/imports', {
    params: { query: { source: 'kpc-esg-board' } },
    body: '제목,본문,번호,날짜\r\n순환경제 설명회 개최,설명회를 연다.,1,2026-01-21\r\n',
    bodySerializer: file => file,
    headers: { 'content-type': 'text/csv' },
  })
  if (!uploaded.data) throw new Error(uploaded.error.detail)
  let job = uploaded.data
  while (job.state === 'queued' || job.state === 'running') {
    const looked = await editor.GET('/v1/imports/{id}', { params: { path: { id: job.id } } })
    if (!looked.data) throw new Error(looked.error.detail)
    job = looked.data
  }
  return {
    total: page.total,
    titles,
    previous: read.data.previous?.title ?? null,
    title: patched.data.title,
    version: patched.data.version,
    imported: { state: job.state, created: job.records.created },
    stale: { status: stale.response.status, type: stale.error?.type },
  }
}
