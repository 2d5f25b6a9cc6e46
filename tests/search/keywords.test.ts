import { describe, expect, test } from '@jest/globals'
import { buildApp } from '../../src/app.ts'
import { addUpAll } from '../../src/articles/store-index.ts'
import { readConfig } from '../../src/config.ts'
import { openDatabase } from '../../src/db/client.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'

const { call, db, authorize } = await testApp()

const TEXTS: Record<string, [title: string, body: string]> = {
  circular: ['순환경제 규제특례 설명회', '산업부는 금속 재자원화 분야의 기업을 만났다.'],
  spaced: ['대·중소기업 모여 순환 경제 신사업 함께 만든다', '생분해 플라스틱을 쓰는 기업이 늘었다.'],
  hydrogen: ['수소를 만드는 기업 지원', '수소충전소를 전국에 짓는다. 탄소중립을 앞당긴다.'],
  nuclear: ['원전 안전 점검', '원자력발전소의 전력계통을 살핀다. 위험을 줄인다.'],
  before: ['보조금 지원 전 점검', '신청 지원전략을 세우기 전에 서류를 확인한다.'],
  cbam: ['탄소국경조정제도 대응', '수출 기업이 이에스지 공시를 준비한다.'],
  esg: ['ESG 경영 확산', '탄소 국경 조정 제도에 대비해 CBAM 상담을 연다.'],
  apart: ['국토의 계획', '경계의 조정으로 국토를 넓힌 계획을 세운다.'],
  plan: ['국토·계획 학회', '국토 계획 조정을 논의했다.'],
  dotted: ['한·미 통상 회담', '노·사·정이 모여 11회 만났다. 2026년에도 모인다.'],
  whole: ['한미 정상 통화', '노사정이 만났다.'],
  notice: ['달라지는 업무 안내', '철강 보고서를 펴낸다.'],
  verbs: ['뜻을 내다', '의견을 낸다. 앞을 보고 간다.'],
  pasted: [
    '투명 페트병 모아 새 벤치로… 총 3곳 더 연다',
    '수출입은행과 협력사가 함께 GTX-A 역에서 300㎿ 규모로 연다.',
  ],
  particles: [
    '물이 부족한 지역 지원',
    '위험도를 낮추고 26조원을 쓴다. 인공지능(AI)과 드론, 전문의의 우선 진료(3.27.).',
  ],
  amounts: ['1조 5천억 원 융자', '3만5천 가구에 1억 2,000만 3천 원을 준다. 5억 3천 곳'],
  digits: ['1.5조 원 융자', '35,000가구에 120,003,000원을 준다'],
  forms: ['조례를 고친 뒤', '벽돌을 만든 곳이 값을 올린다. 해양수산부는 성과를 낸 마을의 만족도 30% 상승'],
  counted: ['제2기 참여단 30곳', '2기 건설에 30명이 나선 뒤 2만 원을 낮춘다.'],
  acts: [
    'AI기본법 시행령',
    '인공지능 기본법을 알린다. 농촌진흥청이 산 땅, 커진 몫과 24%, 전기차충전소와 에프티에이협정',
  ],
  days: ['5·18 민주화운동 기념식', '4.19혁명과 6·25전쟁을 기린다.'],
  towns: ['세종시 청사 방문', '이천시와 회의(7.3.(목) 14:00)를 마쳤다.'],
  warm: ['낮 기온 15도', '35톤을 옮기고 25%를 이룬다.'],
  decimal: ['지구 1.5도 목표', '3.5톤, 2.5%'],
  africa: ['남아프리카 방문', '휴가지에서 쉰다.'],
  few: ['제주 4·3 추모', '제주에서 추모한다.'],
  share: ['참여 비중 43%', '봄이 왔다.'],
  alone: [
    '결국 다 태운다”는 주장',
    'GTXA 노선, K-푸드 수출. 전 국민이 총 사업비를 대고, 식사 전 손씻기. 각 시·도',
  ],
  phrases: ['스웨덴의 에너지 협력체계 구축', '가격 급등 여부를 매주 살핀다.'],
}
const rows = await insertArticles(
  db,
  Object.values(TEXTS).map(([title, bodyText], i) =>
    anArticle({ title, bodyText, publishedAt: `2026-01-${String(3 + i).padStart(2, '0')}T10:00:00+09:00` }),
  ),
)
await addUpAll(db)
const names = new Map(rows.map((row, i) => [row.id, Object.keys(TEXTS)[i]]))

const search = async (q: string, more = '') =>
  (await call(`/v1/articles?q=${encodeURIComponent(q)}${more}`)).json()
const found = async (q: string, more = '') => {
  const { items } = await search(q, more)
  return items.map(({ id }: { id: number }) => names.get(id)).sort()
}

describe('a keyword search finds', () => {
  test.each([
    ['순환경제', ['circular', 'spaced']],
    ['전국민', ['alone']],
    ['총사업비', ['alone']],
    ['전손씻기', []],
    ['시도', ['alone']],
    ['각 시·도', ['alone']],
    ['총 노선', ['alone']],
    ['순환 경제', ['circular', 'spaced']],
    ['"순환 경제"', ['circular', 'spaced']],
    ['수소', ['hydrogen']],
    ['수소를', ['hydrogen']],
    ['기업 -수소', ['cbam', 'circular', 'spaced']],
    ['수소 OR 원전', ['hydrogen', 'nuclear']],
    ['(수소 OR 원전) 점검', ['nuclear']],
    ['title:점검', ['before', 'nuclear']],
    ['title:기업', ['hydrogen', 'spaced']],
    ['title:"순환 경제"', ['circular', 'spaced']],
    ['재자원*', ['circular']],
    ['탄소국경조정제도', ['cbam', 'esg']],
    ['CBAM', ['cbam', 'esg']],
    ['이에스지', ['cbam', 'esg']],
    ['ESG', ['cbam', 'esg']],
    ['ＥＳＧ', ['cbam', 'esg']],
    ['ESG,', ['cbam', 'esg']],
    ['ESG는', ['cbam', 'esg']],
    ['이에스지가', ['cbam', 'esg']],
    ['탄소국경조정제도의', ['cbam', 'esg']],
    ['탄소 국경 조정', ['cbam', 'esg']],
    ['중소기업', ['spaced']],
    ['대중소기업', ['spaced']],
    ['국토계획', ['plan']],
    ['해수부', ['forms']],
    ['안산', []],
    ...['5.18', '5·18', '5.18민주화운동', '4.19', '4·19혁명', '6.25전쟁'].map(
      q => [q, ['days']] as [string, string[]],
    ),
    ...['세종', '세종시', '이천', '회의(7.3.(목) 14:00)'].map(q => [q, ['towns']] as [string, string[]]),
    ['청도', []],
    ['아픈', []],
    ['가졌다', []],
    ['아프리카', ['africa']],
    ['4·3', ['few']],
    ['4.3', ['few']],
    ['43', ['share']],
    ['24%', ['acts']],
    ['커진', ['acts']],
    ['농촌진흥청,전기차', ['acts']],
    ['인공지능기본법', ['acts']],
    ['인공지능기본법시행령', ['acts']],
    ['EV충전소', ['acts']],
    ['FTA협정', ['acts']],
    ['고친', ['forms']],
    ['만든', ['forms', 'hydrogen', 'spaced']],
    ['올린', ['forms']],
    ['나선', ['counted']],
    ['낮춘', ['counted', 'particles']],
    ['만족도', ['forms']],
    ['2기', ['counted']],
    ['30%', ['forms']],
    ['30퍼센트', ['forms']],
    ['30', ['counted', 'forms']],
    ['한미', ['dotted', 'whole']],
    ['한·미', ['dotted', 'whole']],
    ['"한미"', ['dotted', 'whole']],
    ['title:한미', ['dotted', 'whole']],
    ['노사정', ['dotted', 'whole']],
    ['안내', ['notice']],
    ['title:안내', ['notice']],
    ['업무 안내', ['notice']],
    ['낸다', ['forms', 'verbs']],
    ['보고서를', ['notice']],
    ['철강의', ['notice']],
    ['철강의 안내', ['notice']],
    ['11회', ['dotted']],
    ['1회', []],
    ['2026년', ['dotted']],
    ['26년', []],
    ['20', []],
    ['title:국토계획', ['plan']],
    ['국토계획조정', ['plan']],
    ['"국토 계획"', ['plan']],
    ['"국토의 계획"', ['apart', 'plan']],
    ['"국토 계획 조정"', ['plan']],
    ['"에너지 협력체계"', ['phrases']],
    ['title:"에너지 협력체계"', ['phrases']],
    ['"급등 여부를"', ['phrases']],
    ['"여부를 급등"', []],
    ['국토 계획', ['apart', 'plan']],
    ['국토계획 조정', ['plan']],
    ['국토 -국토계획', ['apart']],
    ['투명 페트병 모아 새 벤치로… 총 3곳 더 연다', ['pasted']],
    ['“결국 다 태운다”는 주장', ['alone']],
    ['title:결국 title:태운다', ['alone']],
    ['수출입은행과', ['pasted']],
    ['협력사가', ['pasted']],
    ['수출입은행과 협력사가', ['pasted']],
    ['GTXA', ['alone', 'pasted']],
    ['GTX-A', ['alone', 'pasted']],
    ['K푸드', ['alone']],
    ['K-푸드', ['alone']],
    ['물이', ['particles']],
    ['물의', ['particles']],
    ['지역에서의', ['particles']],
    ['지역에게도', ['particles']],
    ['11회의', ['dotted']],
    ['26조원으로', ['particles']],
    ['지원이', ['before', 'hydrogen', 'particles']],
    ['위험', ['nuclear', 'particles']],
    ['위험도', ['particles']],
    ['위험도가', ['particles']],
    ['26조원', ['particles']],
    ['26조 원', ['particles']],
    ['인공지능(AI)과 드론', ['particles']],
    ['전문의', ['particles']],
    ['우선', ['particles']],
    ['3.27', ['particles']],
    ['3.27.', ['particles']],
    ['3.28', []],
    ['수소 -지원이', []],
    ['1.5조', ['amounts', 'digits']],
    ['"1조 5천억"', ['amounts', 'digits']],
    ['title:1.5조', ['amounts', 'digits']],
    ['35,000가구', ['amounts', 'digits']],
    ['3만5천가구', ['amounts', 'digits']],
    ['"3만 5천 가구"', ['amounts', 'digits']],
    ['3만 5천', ['amounts']],
    ['3만', ['amounts']],
    ['120,003,000원', ['amounts', 'digits']],
    ['300MW', ['pasted']],
    ['300㎿', ['pasted']],
  ])('%s', async (q, expected) => {
    expect(await found(q)).toEqual(expected)
  })

  test('a word inside a longer one, but nothing across two words', async () => {
    expect(await found('자원')).toEqual(['circular'])
    expect(await found('분해')).toEqual(['spaced'])
    expect(await found('원전')).toEqual(['nuclear'])
  })
})

describe('the report of a search', () => {
  test('names what says nothing', async () => {
    expect((await search('수소 의')).search.ignored).toEqual(['의'])
    expect(await search('의')).toMatchObject({ total: 0, items: [], search: { ignored: ['의'] } })
  })

  test('names it wherever it stands among the words', async () => {
    for (const q of ['페트병을 다른', '다른 페트병을'])
      expect([q, await search(q)]).toMatchObject([q, { total: 1, search: { ignored: ['다른'] } }])
  })

  test('offers another spelling where nothing is found', async () => {
    const { total, search: report } = await search('순환경재')
    expect(total).toBe(0)
    expect(report.didYouMean).toEqual(['순환경제'])
    expect((await search('수소 순환경재')).search.didYouMean).toEqual([])
    expect((await search('금속 순환경재')).search.didYouMean).toEqual(['금속 순환경제'])
    // What is found only by asking for less is not what was meant.
    for (const q of ['코로나19 순환경재', '순환경재 원전'])
      for (const sort of ['-publishedAt', 'relevance'])
        expect([q, sort, (await search(q, `&sort=${sort}`)).search.didYouMean]).toEqual([q, sort, []])
  })

  test('offers none for words that are found by themselves, nor for numbers', async () => {
    for (const q of ['수소 원전', '수소 안내', '27조원', '12회', '9월 8일'])
      expect([q, await search(q)]).toMatchObject([q, { total: 0, search: { didYouMean: [] } }])
  })

  test('says what was relaxed, by relevance only', async () => {
    expect(await search('순환경제 수소 원전')).toMatchObject({ total: 0, search: { relaxed: null } })
    const relaxed = await search('순환경제 수소 원전', '&sort=relevance')
    expect(relaxed.search.relaxed).toEqual({ how: 'any-word', dropped: [] })
    expect(relaxed.total).toBe(4)
    expect(await found('순환경제 수소 -기업', '&sort=relevance')).toEqual([])
  })

  test('what was relaxed comes behind what has all of the words, whatever its title', async () => {
    const prose = '서로 다른 낱말을 길게 늘어놓은 문장이 이어진다. '.repeat(40)
    const both = anArticle({ title: '봄나들이', bodyText: `${prose}양식장에 문어가 산다.` })
    const named = anArticle({ title: '문어', bodyText: '문어 문어' })
    const others = Array.from({ length: 6 }, (_, i) => anArticle({ title: `양식장 ${i}`, bodyText: '바다' }))
    await insertArticles(db, [both, named, ...others])
    await addUpAll(db)
    const { items, total, search: report } = await search('양식장 문어', '&sort=relevance')
    expect([report.relaxed.how, total]).toEqual(['any-word', 8])
    expect(items[0].title).toBe('봄나들이')
  })

  test('what was relaxed counts what the query found before, too', async () => {
    // 미곡 정책 is 쌀시책; neither of its words is.
    const texts = ['쌀시책 발표', '미곡 값', '미곡 시장', '가을 정책', '겨울 정책', '여름 정책']
    await insertArticles(
      db,
      texts.map(title => anArticle({ title, bodyText: '전문' })),
    )
    await addUpAll(db)
    const headers = await authorize('admin')
    const made = await call({
      ...{ method: 'POST', url: '/v1/synonyms', headers },
      payload: { terms: ['미곡 정책', '쌀시책'] },
    })
    const { items, total, search: report } = await search('미곡 정책', '&sort=relevance')
    expect([report.relaxed.how, items.length, total]).toEqual(['any-word', 6, 6])
    expect(items.map(({ number }: { number: number }) => number)).toEqual([6, 5, 4, 3, 2, 1])
    const { location, etag } = made.headers
    await call({ method: 'DELETE', url: String(location), headers: { ...headers, 'if-match': String(etag) } })
  })
})

test('a query that cannot be read is refused, and pointed at', async () => {
  const response = await call(`/v1/articles?q=${encodeURIComponent('수소 (원전')}`)
  expect(response.statusCode).toBe(400)
  expect(response.json().errors[0]).toMatchObject({ parameter: 'q' })
  expect(response.json().errors[0].detail).toContain('column 4')
})

describe('what goes only with keywords', () => {
  test.each(['sort=relevance', 'highlight=true'])('%s is refused without', async parameter => {
    const response = await call(`/v1/articles?${parameter}`)
    expect(response.statusCode).toBe(400)
    expect(response.json().errors[0].parameter).toBe(parameter.split('=')[0])
  })
})

test('drafts are found by key holders alone', async () => {
  const key = await authorize('articles:read')
  await insertArticles(db, [anArticle({ status: 'draft', title: '미공개 암모니아 계획' })])
  await addUpAll(db)
  expect((await search('암모니아')).items).toEqual([])
  expect((await search('암모니아')).search.didYouMean).toEqual([])
  const url = `/v1/articles?q=${encodeURIComponent('암모니아')}&status=draft`
  expect((await call({ url, headers: key })).json()).toMatchObject({ total: 1, totalRelation: 'exact' })
  expect((await call(url)).statusCode).toBe(401)
})

type Item = { highlight: Record<'title' | 'body', { html: string }> }

test('highlights mark words without their particles, and synonyms', async () => {
  const { items } = await search('수소 탄소중립', '&highlight=true')
  expect(items[0].highlight.title.html).toBe('<em>수소</em>를 만드는 기업 지원')
  expect(items[0].highlight.body.html).toContain('<em>수소</em>충전소를')
  expect(items[0].highlight.body.html).toContain('<em>탄소중립</em>을')
  const { items: esg } = await search('ESG', '&highlight=true&fields=id')
  expect(
    esg.map((item: { highlight: { body: { html: string } } }) => item.highlight.body.html).join(),
  ).toContain('<em>이에스지</em>')
  const { items: amounts } = await search('1.5조 35,000가구', '&highlight=true')
  const [digits, parts] = amounts.map(({ highlight }: Item) => [highlight.title.html, highlight.body.html])
  expect(digits).toEqual(['<em>1.5조</em> 원 융자', '<em>35,000가구</em>에 120,003,000원을 준다'])
  expect(parts[0]).toBe('<em>1조 5천억</em> 원 융자')
  expect(parts[1]).toMatch(/^<em>3만5천<\/em> <em>가구<\/em>에/)
  expect((await search('수소')).items[0].highlight).toBeUndefined()
})

test('highlights mark a phrase however it is read there', async () => {
  const [{ highlight }] = (await search('"에너지 협력체계" "급등 여부를"', '&highlight=true')).items
  expect(highlight.title.html).toBe('스웨덴의 <em>에너지</em> <em>협력체계</em> 구축')
  expect(highlight.body.html).toBe('가격 <em>급등</em> <em>여부</em>를 매주 살핀다.')
})

test('highlights show the subtitles and tags that have the words, too', async () => {
  const subtitles = ['남극 <빙하>를 본다', '북극 항로']
  await insertArticles(db, [
    anArticle({ title: '탐사', bodyText: '떠난다.', subtitles, tags: ['빙하', '남극'] }),
  ])
  await addUpAll(db)
  const [{ highlight }] = (await search('빙하', '&highlight=true')).items
  const html = (snippets: { html: string }[]) => snippets.map(one => one.html)
  expect(html(highlight.subtitles)).toEqual(['남극 &lt;<em>빙하</em>&gt;를 본다'])
  expect(html(highlight.tags)).toEqual(['<em>빙하</em>'])
  expect(html([highlight.title, highlight.body])).toEqual(['탐사', '떠난다.'])
})

test('a synonym holds at once, and on other nodes when they hear of it', async () => {
  const other = openDatabase({ url: db.url, poolSize: 2, statementTimeout: 5_000 })
  const node = await buildApp({ config: readConfig({}), db: other })
  const url = `/v1/articles?q=${encodeURIComponent('되살림경제')}`
  const here = async () => (await call(url)).json().total
  const there = async () => (await node.inject(url)).json().total
  const untilThere = async (total: number) => {
    while ((await there()) !== total) await new Promise(next => setTimeout(next, 5))
  }
  expect([await here(), await there()]).toEqual([0, 0])
  const headers = await authorize('admin')
  const payload = { terms: ['순환경제', '되살림경제'] }
  const made = await call({ method: 'POST', url: '/v1/synonyms', headers, payload })
  expect(await here()).toBe(2)
  await untilThere(2)
  expect((await node.inject(`/v1/articles?q=${encodeURIComponent('되살림 경제')}`)).json().total).toBe(2)
  const { location, etag } = made.headers
  await call({ method: 'DELETE', url: String(location), headers: { ...headers, 'if-match': String(etag) } })
  expect(await here()).toBe(0)
  await untilThere(0)
  await node.close()
  await other.close()
})

test('no decimal finds what its digits are without the point', async () => {
  for (const q of ['1.5도', '3.5톤', '2.5%']) expect([q, await found(q)]).toEqual([q, ['decimal']])
})
