import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  ancestorsOf,
  findCircle,
  type LineageEvent,
  misshapen,
  predecessorsOf,
  successorsOf,
} from '../../src/ministries/lineage.ts'
import {
  type Body,
  type DatedName,
  findNamesake,
  findOverlap,
  inOrderOfTime,
  isInForce,
  nameKey,
  nameOn,
  nameShown,
} from '../../src/ministries/names.ts'
import { nearestNames, REASONS, resolve, toRegistry } from '../../src/ministries/registry.ts'
import { addDays } from '../../src/time/seoul.ts'

const day = fc.integer({ min: 0, max: 30 }).map(n => addDays('2025-01-01', n))
const WORDS = ['산업부', '환경부', '재정부', '통계청', '기획처']
const dated: fc.Arbitrary<DatedName> = fc
  .record({
    name: fc.constantFrom(...WORDS),
    shortNames: fc.uniqueArray(fc.constantFrom('산자부', '기재부', '환경부'), { maxLength: 2 }),
    span: fc.tuple(fc.option(day), fc.option(day)),
  })
  .map(({ span: [a, b], ...name }) => {
    const turned = a !== null && b !== null && a > b
    return { ...name, from: turned ? b : a, to: turned ? a : b }
  })
/** Names as they may be recorded: in the order of time, none over another. */
const history = fc.array(dated, { minLength: 1, maxLength: 5 }).map(names => {
  const kept: DatedName[] = []
  for (const name of inOrderOfTime(names)) if (!findOverlap([...kept, name])) kept.push(name)
  return kept
})
const CODES = ['A00001', 'A00002', 'A00003', 'A00004', 'A00005']
const bodies: fc.Arbitrary<Body[]> = fc
  .array(history, { maxLength: 5 })
  .map(all => all.map((names, i) => ({ code: CODES[i] as string, kind: 'ministry', names })))

/** A body that has no code here. */
const UNKNOWN = '어떤 기관'
const party = fc.constantFrom(...CODES, null).map(code => ({ code, name: code ?? UNKNOWN }))
const event: fc.Arbitrary<LineageEvent> = fc.record({
  id: fc.nat(),
  kind: fc.constantFrom('rename', 'split', 'merge', 'replace', 'transfer'),
  on: day,
  from: fc.array(party, { minLength: 1, maxLength: 3 }),
  to: fc.array(party, { minLength: 1, maxLength: 3 }),
})
const events = fc.array(event, { maxLength: 8 })
const allDays = Array.from({ length: 33 }, (_, i) => addDays('2024-12-31', i))

describe('names', () => {
  test('overlap exactly where some day has both', () => {
    fc.assert(
      fc.property(fc.array(dated, { maxLength: 4 }), names => {
        const both = allDays.some(at => names.filter(name => isInForce(name, at)).length > 1)
        expect(findOverlap(names) !== null).toBe(both)
      }),
    )
  })

  test('of a history are one a day at most, and what is shown is in force where any is', () => {
    fc.assert(
      fc.property(history, day, (names, at) => {
        const body = { code: 'A00001', kind: 'ministry', names }
        expect(names.filter(name => isInForce(name, at)).length).toBeLessThanOrEqual(1)
        expect(names).toContain(nameShown(body, at))
        const now = nameOn(body, at)
        if (now) expect(nameShown(body, at)).toBe(now)
      }),
    )
  })

  test('a body that has ended shows its last name, one to come its first', () => {
    const body = {
      code: 'A00001',
      kind: 'ministry',
      names: [
        { name: '처음', shortNames: [], from: '2020-01-01', to: '2020-12-31' },
        { name: '끝', shortNames: [], from: '2022-01-01', to: '2022-12-31' },
      ],
    }
    const shown = ['2019-06-01', '2020-06-01', '2021-06-01', '2022-06-01', '2023-06-01'].map(
      at => nameShown(body, at).name,
    )
    expect(shown).toEqual(['처음', '처음', '처음', '끝', '끝'])
    expect(nameOn(body, '2021-06-01')).toBeNull()
  })

  test('a namesake is found exactly where two bodies have a name on the same day', () => {
    fc.assert(
      fc.property(history, bodies, (names, others) => {
        const shared = allDays.some(at =>
          others.some(other => {
            const its = nameOn(other, at)
            const own = names.find(name => isInForce(name, at))
            return its && own && its.name === own.name
          }),
        )
        expect(findNamesake({ code: 'B00001', names }, others) !== null).toBe(shared)
        for (const other of others) expect(findNamesake(other, [other])).toBeNull()
      }),
    )
  })

  test('are the same without spaces, in NFD and in capitals', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        expect(nameKey(` ${text.normalize('NFD')}\u3000`)).toBe(nameKey(text))
      }),
    )
    expect(nameKey('산업 통상부')).toBe(nameKey('산업통상부'))
  })
})

describe('lineage', () => {
  const identityOf = ({ code, name }: { code: string | null; name: string }) => code ?? name

  test('there is a circle exactly where a body comes after itself', () => {
    fc.assert(
      fc.property(events, all => {
        const next = (body: string) => successorsOf(all, body).map(identityOf)
        const reach = (body: string): Set<string> => {
          const found = new Set(next(body))
          for (const one of found) for (const after of next(one)) found.add(after)
          return found
        }
        const circle = findCircle(all)
        expect(circle !== null).toBe([...CODES, UNKNOWN].some(body => reach(body).has(body)))
        for (const [i, body] of (circle ?? []).slice(1).entries())
          expect(next(circle?.[i] as string)).toContain(body)
        if (circle) expect(circle.at(-1)).toBe(circle[0])
      }),
    )
  })

  test('a predecessor’s successor is the body itself, of the same event', () => {
    fc.assert(
      fc.property(events, fc.constantFrom(...CODES), (all, code) => {
        for (const before of predecessorsOf(all, code)) {
          expect(before.code).not.toBe(code)
          expect(successorsOf(all, identityOf(before))).toContainEqual(
            expect.objectContaining({ code, event: before.event, on: before.on }),
          )
        }
      }),
    )
  })

  test('ancestors are the predecessors, theirs, and nobody else; circles do not hold them up', () => {
    fc.assert(
      fc.property(events, fc.constantFrom(...CODES), (all, code) => {
        const ancestors = ancestorsOf(all, code).map(identityOf)
        expect(ancestors).not.toContain(code)
        const parents = [code, ...ancestors].flatMap(one => predecessorsOf(all, one).map(identityOf))
        expect([...ancestors].sort()).toEqual([...new Set(parents)].filter(one => one !== code).sort())
      }),
    )
  })

  test('who only receives functions has no predecessor by it', () => {
    const moved = { id: 1, kind: 'transfer' as const, on: '2025-10-01' }
    const all = [{ ...moved, from: [{ code: 'A00015', name: '가' }], to: [{ code: 'A00019', name: '나' }] }]
    expect(ancestorsOf(all, 'A00019')).toEqual([])
    expect(findCircle([...all, { ...moved, from: all[0]?.to ?? [], to: all[0]?.from ?? [] }])).toBeNull()
  })

  test.each([
    ['rename', 1, 1, null],
    ['rename', 1, 2, 'to'],
    ['upgrade', 2, 1, 'from'],
    ['split', 1, 2, null],
    ['split', 1, 1, 'to'],
    ['split', 2, 2, 'from'],
    ['merge', 2, 1, null],
    ['merge', 1, 1, 'from'],
    ['merge', 2, 2, 'to'],
    ['transfer', 2, 3, null],
  ] as const)('%s of %i into %i: wrong is %s', (kind, from, to, side) => {
    const parties = (n: number) => Array.from({ length: n }, (_, i) => ({ code: null, name: `${i}` }))
    expect(misshapen({ kind, from: parties(from), to: parties(to) })?.side ?? null).toBe(side)
  })
})

describe('what a name means', () => {
  test('is one body that has it, or none; never a guess between equally good ones', () => {
    fc.assert(
      fc.property(bodies, fc.constantFrom(...WORDS, '산자부', '기재부'), day, (all, text, at) => {
        const { found, candidates } = resolve(toRegistry(all, []), text, at)
        const having = all.filter(({ names }) =>
          names.some(({ name, shortNames }) => [name, ...shortNames].includes(text)),
        )
        expect(candidates.map(({ body }) => body.code).sort()).toEqual(having.map(({ code }) => code).sort())
        const inForce = all.filter(body => nameOn(body, at)?.name === text)
        if (inForce.length === 1) expect(found?.body).toBe(inForce[0])
        if (found) {
          expect(candidates.filter(({ why }) => why === found.why)).toEqual([found])
          expect([found.meant.name, ...found.meant.shortNames]).toContain(text)
        }
        const ranks = candidates.map(({ why }) => REASONS.indexOf(why))
        expect(ranks).toEqual([...ranks].sort((a, b) => a - b))
      }),
    )
  })

  test('a code means its body whatever the day', () => {
    fc.assert(
      fc.property(bodies, day, (all, at) => {
        for (const body of all)
          expect(resolve(toRegistry(all, []), body.code, at).found).toMatchObject({ body, why: 'code' })
      }),
    )
  })

  test('what a text is nearest to', () => {
    const name = (text: string, ...shortNames: string[]) => ({ name: text, shortNames, from: null, to: null })
    const registry = toRegistry(
      [
        { code: 'A00015', kind: 'ministry', names: [name('산업통상부', '산업부')] },
        { code: 'A00019', kind: 'ministry', names: [name('환경부')] },
      ],
      [],
    )
    expect(nearestNames(registry, '산업통상뷰')).toEqual(['산업통상부'])
    expect(nearestNames(registry, '환경')).toEqual(['환경부'])
    expect(nearestNames(registry, 'xyz')).toEqual([])
  })
})
