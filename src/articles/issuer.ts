import { badBody, Problem } from '../http/problem.ts'
import { ancestorsOf } from '../ministries/lineage.ts'
import { type Body, nameKey, nameOn, nameShown, overlap } from '../ministries/names.ts'
import { type Registry, resolve } from '../ministries/registry.ts'
import type { NewArticle } from './schema.ts'

/** Which body issued an article, from what a writer calls it. */

/** The columns that say so. Of a text that nobody knows the code is null. */
export interface Issuer {
  ministryCode: string | null
  /** What it was called when it was first written here; readers see what it is called today, where it has a code. */
  ministryName: string | null
  ministryPublishedName: string | null
}

export const NOBODY: Issuer = { ministryCode: null, ministryName: null, ministryPublishedName: null }

type Given = NonNullable<NewArticle['ministry']>

export interface Days {
  /** On which the article was or will be released. */
  release: string
  today: string
  /** The days of one of which it has the name, both included, where the release may be on another day. */
  former?: { from: string; to: string }
}

/**
 * The body that is meant on the day of release: by its code, else by the name as published, else by the name. The name
 * as published is kept as given; else it is the one in force on that day, and beside a code also a name that nobody is
 * called. What nobody or several may be is kept as text.
 * @throws Problem 400 where code and names are of different bodies, or nobody has the code.
 */
export function issuerOf(given: Given, registry: Registry, days: Days, former: Issuer | null): Issuer {
  const name = given.name.trim()
  const publishedName = given.publishedName?.trim()
  if (former && isAsBefore(former, { code: given.code ?? null, name, publishedName }, registry, days.today))
    return {
      // A former version may have one that is not there any more: then what it was called is kept as text.
      ministryCode: registry.bodies.has(given.code ?? '') ? former.ministryCode : null,
      ministryName: former.ministryName,
      ministryPublishedName: renamed(former, registry, days),
    }
  const body = meant({ code: given.code, name, publishedName }, registry, days, former)
  if (!body) return { ministryCode: null, ministryName: name, ministryPublishedName: publishedName ?? name }
  return {
    ministryCode: body.code,
    // Else a body's new name would make a version of each of its articles that is written again.
    ministryName: former?.ministryCode === body.code ? former.ministryName : nameShown(body, days.today).name,
    ministryPublishedName: publishedName ?? inForceFor(name, body, registry, days.release),
  }
}

/** The name as published: a release that moved has the name of its new day, where it had that of the day before. */
function renamed(issuer: Issuer, { bodies }: Registry, { former, release }: Days): string | null {
  const { ministryCode, ministryPublishedName: name } = issuer
  const body = bodies.get(ministryCode ?? '')
  if (!former || !body?.names.some(one => one.name === name && overlap(one, former))) return name
  return nameOn(body, release)?.name ?? name
}

const inForceFor = (name: string, body: Body, { called }: Registry, release: string): string =>
  (called.has(nameKey(name)) ? nameOn(body, release)?.name : undefined) ?? name

/** Whether a writer sends back what was there: a later change of the ministries shall not refuse it. */
function isAsBefore(former: Issuer, given: Given, { bodies }: Registry, today: string): boolean {
  const { ministryCode, ministryName, ministryPublishedName } = former
  if (ministryCode === null || given.code !== ministryCode) return false
  const body = bodies.get(ministryCode)
  const shown = body && nameShown(body, today).name
  return (
    (given.name === ministryName || given.name === shown) && given.publishedName === ministryPublishedName
  )
}

/** The body that is meant. A text that was kept may be two bodies' names by now: who leaves it alone is not to blame. */
function meant(given: Given, registry: Registry, days: Days, former: Issuer | null): Body | null {
  try {
    return bodyOf(given, registry, days)
  } catch (error) {
    const { ministryCode, ministryName, ministryPublishedName } = former ?? NOBODY
    const kept = ministryCode === null && !given.code && given.name === ministryName
    if (kept && given.publishedName === ministryPublishedName && error instanceof Problem) return null
    throw error
  }
}

function bodyOf(given: Given, registry: Registry, { release, today }: Days): Body | null {
  const { name, publishedName } = given
  const named = resolve(registry, name, publishedName === undefined ? release : today)
  const published = publishedName === undefined ? null : resolve(registry, publishedName, release)
  const before = (body: Body): string[] => [
    body.code,
    ...ancestorsOf(registry.events, body.code).flatMap(({ code }) => code ?? []),
  ]
  if (given.code) {
    const body = registry.bodies.get(given.code)
    if (!body) throw unknownCode(given.code, (published?.found ?? named.found)?.body)
    // A source may say the body of today for the one that published, but no third one.
    const other = contrary(named, one => before(one).includes(body.code))
    if (other) throw contradiction(body, other, today)
    const publisher = published && contrary(published, one => before(body).includes(one.code))
    if (publisher) throw notPublisher(publisher, body, today)
    return body
  }
  const publisher = published?.found?.body
  if (!publisher) return named.found?.body ?? null
  const other = contrary(named, one => before(one).includes(publisher.code))
  if (other) throw twoBodies(publisher, other, today)
  return publisher
}

/** A body that is meant where none of those that may be is a fitting one; null where nobody is meant. */
function contrary({ candidates }: ReturnType<typeof resolve>, fits: (body: Body) => boolean): Body | null {
  return candidates.some(({ body }) => fits(body)) ? null : (candidates[0]?.body ?? null)
}

const called = (body: Body, today: string) => `${body.code} ${nameShown(body, today).name}`

const unknownCode = (code: string, meant: Body | undefined) =>
  badBody(
    '/ministry/code',
    `no ministry has the code ${code}; leave it out, and the name says which one it is or is kept as text`,
    `코드가 ${code}인 기관이 없습니다. 코드를 빼면 이름으로 찾거나 이름만 보관합니다`,
    meant?.code,
  )

const contradiction = (body: Body, other: Body, today: string) =>
  badBody(
    '/ministry/code',
    `is of ${called(body, today)}, but the name is of ${called(other, today)}`,
    `${called(body, today)}의 코드인데 이름은 ${called(other, today)}의 것입니다`,
    other.code,
  )

/** What a merge patch leaves as it was is often the culprit. */
const notPublisher = (publisher: Body, body: Body, today: string) =>
  badBody(
    '/ministry/publishedName',
    `is of ${called(publisher, today)}, but the code is of ${called(body, today)}; null takes the name of the day of release`,
    `${called(publisher, today)}의 이름인데 코드는 ${called(body, today)}의 것입니다. null이면 배포일 당시의 이름이 됩니다`,
  )

const twoBodies = (publisher: Body, other: Body, today: string) =>
  badBody(
    '/ministry/publishedName',
    `is of ${called(publisher, today)}, but the name is of ${called(other, today)}; null takes the name of the day of release`,
    `${called(publisher, today)}의 이름인데 name은 ${called(other, today)}의 것입니다. null이면 배포일 당시의 이름이 됩니다`,
  )
