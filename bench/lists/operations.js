/**
 * What is asked, in the language of wrk, and of whom. `bare` is what the bare server is asked instead: it knows no newest page
 * with a total that it need not count.
 */
const get = path => `return wrk.format(nil, ${path})`
/** Any week of 2012 to 2025. */
const WEEK = `local at = 1325376000 + math.random(0, 5000) * 86400
  local d = os.date('!%Y-%m-%d', at); local e = os.date('!%Y-%m-%d', at + 6 * 86400)`
const week = `${WEEK}; ${get("'/v1/articles?from=' .. d .. '&to=' .. e")}`
const detail = get("'/v1/articles/' .. math.random(1, LAST)")
const korean = encodeURIComponent

/** Over the database: `Gongbo` keeps no answers. */
const UNCACHED = ['bare', 'Fastify + Prisma', 'Gongbo']
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
  'newest page': { lua: get("'/v1/articles'"), bare: get("'/v1/articles?cursor=1'"), servers: UNCACHED },
  'seven days, with total': { lua: week, servers: UNCACHED },
  detail: { lua: detail, servers: UNCACHED },
  'newest, with total': { lua: get("'/v1/articles'"), servers: UNCACHED },
  'page 50, with total': { lua: get("'/v1/articles?page=50'"), servers: UNCACHED },
  'page 5,000, with total': { lua: get("'/v1/articles?page=5000'"), servers: UNCACHED },
  'page 50,000, with total': { lua: get("'/v1/articles?page=50000'"), servers: UNCACHED, atLeast: 1_000_000 },
  create: {
    lua: `${article}; return wrk.format(nil, '/v1/articles')`,
    servers: ['bare', 'Gongbo'],
    // The analyser is compiled while it works on its first thousand articles.
    warmUp: 20,
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
