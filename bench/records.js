import { makeCorpus } from './search/corpus.js'

/** Articles of the search corpus as lines of NDJSON that the importer takes. */
export function* lines(count) {
  const corpus = makeCorpus(1)
  for (let i = 0; i < count; i++) {
    const {
      ministryCode,
      ministryName,
      ministryPublishedName,
      source,
      externalId,
      bodyText: _,
      publishedAt,
      ...article
    } = corpus.article(i)
    yield `${JSON.stringify({
      status: 'published',
      ...article,
      publishedAt: publishedAt.toISOString(),
      ministry: { code: ministryCode, name: ministryName, publishedName: ministryPublishedName },
      source: { name: source, externalId },
      counts: { views: i % 500 },
    })}\n`
  }
}
