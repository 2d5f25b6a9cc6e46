/**
 * What is asked, in the language of wrk, and of whom. `bare` is what the bare server is asked instead: it knows no newest page
 * with a total that it need not count. `directus` is how Directus is asked.
 */
const get = path => `return wrk.format(nil, ${path})`
/** Any week of 2012 to 2025. */
const WEEK = `local at = 1325376000 + math.random(0, 5000) * 86400
  local d = os.date('!%Y-%m-%d', at); local e = os.date('!%Y-%m-%d', at + 6 * 86400)`
const week = `${WEEK}; ${get("'/v1/articles?from=' .. d .. '&to=' .. e")}`
const detail = get("'/v1/articles/' .. math.random(1, LAST)")
const korean = encodeURIComponent

const FIELDS = `id,version,status,kind,title,subtitles,ministry_code,ministry_name,ministry_published_name,author,published_at,posted_on,source,external_id,source_url,licence,tags,thumbnail_url,modified_at`
const ITEMS = `/items/articles?limit=20&sort=-listed_at,-id&fields=${FIELDS}&filter[status][_eq]=published&filter[deleted_at][_null]=true`
const TOTAL = '&meta=filter_count'
const items = (more = '') => get(`'${ITEMS}${more}'`)
const itemsOfWeek = `${WEEK}; ${get(
  `'${ITEMS}${TOTAL}&filter[listed_at][_between]=["' .. d .. 'T00:00:00%2B09:00","' .. e .. 'T23:59:59%2B09:00"]'`,
)}`
const itemDetail = get(
  `'/items/articles/' .. math.random(1, LAST) .. '?fields=${FIELDS},body_html,body_text'`,
)

/** Over the database: `Gongbo` keeps no answers. */
const UNCACHED = ['bare', 'Fastify + Prisma', 'Gongbo', 'Directus']
/** The same again and again, which only Gongbo and the memory server keep. */
const KEPT = ['bare', 'memory', 'Gongbo, kept']
/** Of any day from 2012 to 2025, with a body of as many sentences as the corpus has on average, and as no other article has. */
const article = `wrk.method = 'POST'; wrk.headers['content-type'] = 'application/json'; wrk.headers['authorization'] = 'Bearer ' .. KEY
  n = (n or 0) + 1
  local parts = {}; for i = 1, 27 do parts[i] = S[math.random(#S)] end
  local body = table.concat(parts, ' ')
  wrk.body = '{"status":"published","kind":"press-release","title":"' .. T[math.random(#T)] .. ' ' .. T[math.random(#T)] ..
    '","publishedAt":"' .. os.date('!%Y-%m-%d', 1325376000 + math.random(0, 5000) * 86400) .. 'T10:00:00+09:00","bodyText":"' .. body .. '"}'`

export const OPERATIONS = {
  'newest page, kept': { lua: get("'/v1/articles'"), bare: get("'/v1/articles?cursor=1'"), servers: KEPT },
  'detail, kept': { lua: get("'/v1/articles/777'"), servers: KEPT },
  'newest page': {
    ...{ lua: get("'/v1/articles'"), bare: get("'/v1/articles?cursor=1'"), directus: items() },
    servers: UNCACHED,
  },
  'seven days, with total': { lua: week, directus: itemsOfWeek, servers: UNCACHED },
  detail: { lua: detail, directus: itemDetail, servers: UNCACHED },
  'newest, with total': { lua: get("'/v1/articles'"), directus: items(TOTAL), servers: UNCACHED },
  'page 50, with total': {
    ...{ lua: get("'/v1/articles?page=50'"), directus: items(`${TOTAL}&page=50`) },
    servers: UNCACHED,
  },
  'page 5,000, with total': {
    ...{ lua: get("'/v1/articles?page=5000'"), directus: items(`${TOTAL}&page=5000`) },
    servers: UNCACHED,
  },
  'page 50,000, with total': {
    lua: get("'/v1/articles?page=50000'"),
    servers: ['bare', 'Fastify + Prisma', 'Gongbo'],
    atLeast: 1_000_000,
  },
  create: {
    lua: `${article}; return wrk.format(nil, '/v1/articles')`,
    servers: ['bare', 'Gongbo'],
    // The analyser is compiled while it works on its first thousand articles.
    warmUp: 20,
  },
  'create found later': {
    lua: `${article}; return wrk.format(nil, '/v1/articles?deferSearch=true')`,
    bare: `${article}; return wrk.format(nil, '/v1/articles')`,
    servers: ['bare', 'Gongbo'],
  },
  'a ministry and its predecessors, with total': {
    lua: get(`'/v1/articles?ministry=${korean('산업통상부')}'`),
    servers: ['Gongbo'],
  },
  'histogram of months': { lua: get("'/v1/articles/histogram'"), servers: ['Gongbo'] },
  'histogram of days': { lua: get("'/v1/articles/histogram?interval=day'"), servers: ['Gongbo'] },
  'facets of ministries and kinds': {
    lua: get("'/v1/articles/facets?facets=ministry,kind'"),
    servers: ['Gongbo'],
  },
}
