import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  addDays,
  addMonths,
  dayOf,
  dayRange,
  FIRST_DAY,
  formatInstant,
  isDay,
  LAST_DAY,
  parseInstant,
  periodRange,
  startOfDay,
} from '../../src/time/seoul.ts'

const days = fc
  .integer({
    min: Date.parse(`${FIRST_DAY}T00:00:00Z`) / 86_400_000,
    max: Date.parse(`${LAST_DAY}T00:00:00Z`) / 86_400_000,
  })
  .map(n => new Date(n * 86_400_000).toISOString().slice(0, 10))
const instants = fc.date({
  min: new Date('1948-01-02T00:00:00Z'),
  max: new Date('9999-12-30T00:00:00Z'),
  noInvalidDate: true,
})

describe('a day is a day in Seoul', () => {
  test('midnight in Seoul belongs to the day that begins, the millisecond before to the day that ends', () => {
    fc.assert(
      fc.property(days, day => {
        const start = startOfDay(day)
        expect(dayOf(start)).toBe(day)
        if (day > FIRST_DAY) expect(dayOf(new Date(start.getTime() - 1))).toBe(addDays(day, -1))
      }),
    )
  })

  test('every day from 1948 to 1989 begins in itself, also where clocks jumped over its midnight', () => {
    for (let day = FIRST_DAY; day < '1990-01-01'; day = addDays(day, 1)) {
      const start = startOfDay(day)
      expect([day, dayOf(start)]).toEqual([day, day])
      if (day > FIRST_DAY)
        expect([day, dayOf(new Date(start.getTime() - 1))]).toEqual([day, addDays(day, -1)])
    }
  })

  test('days follow each other without a gap or an overlap', () => {
    fc.assert(
      fc.property(days, day => {
        const { toInstant } = dayRange(null, day)
        expect(toInstant).toEqual(startOfDay(day, 1))
        if (day < LAST_DAY) expect(startOfDay(addDays(day, 1))).toEqual(toInstant)
      }),
    )
  })

  test('days agree with the time zone database, also in the years of daylight saving time', () => {
    const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Seoul' })
    fc.assert(fc.property(instants, instant => expect(dayOf(instant)).toBe(clock.format(instant))))
    const summer = fc.date({ min: new Date('1987-05-01'), max: new Date('1988-11-01'), noInvalidDate: true })
    fc.assert(fc.property(summer, instant => expect(dayOf(instant)).toBe(clock.format(instant))))
  })

  test.each([
    '2023-02-29',
    '2023-13-01',
    '2023-00-10',
    '2023-1-01',
    '1947-12-31',
    '9999-12-31',
    '',
    '20230621',
    '2023-06-21T00:00:00',
  ])('%j is not a day', text => {
    expect(isDay(text)).toBe(false)
    expect(() => startOfDay(text)).toThrow(RangeError)
  })
})

describe('instants', () => {
  test('what is printed reads back as the same instant, with Seoul’s offset', () => {
    fc.assert(fc.property(instants, instant => expect(parseInstant(formatInstant(instant))).toEqual(instant)))
    expect(formatInstant(new Date('2023-06-20T15:00:00Z'))).toBe('2023-06-21T00:00:00+09:00')
    expect(formatInstant(new Date('1988-07-01T00:00:00.250Z'))).toBe('1988-07-01T10:00:00.250+10:00')
  })

  test.each([
    '2023-06-21T00:00:00',
    '2023-06-21',
    '2023-02-30T00:00:00Z',
    '2023-06-21T24:00:00Z',
    '2023-06-21T00:00:60Z',
    '2023-06-21 00:00:00Z',
  ])('%j is not an instant', text => expect(parseInstant(text)).toBeNull())
})

describe('periods end today', () => {
  const now = new Date('2026-03-31T15:30:00Z') // 2026-04-01 in Seoul

  test.each([
    ['today', '2026-04-01', '2026-04-01'],
    ['yesterday', '2026-03-31', '2026-03-31'],
    ['1d', '2026-04-01', '2026-04-01'],
    ['7d', '2026-03-26', '2026-04-01'],
    ['2w', '2026-03-19', '2026-04-01'],
    ['1m', '2026-03-02', '2026-04-01'],
    ['1y', '2025-04-02', '2026-04-01'],
  ])('%s', (period, from, to) => {
    expect(periodRange(period, now)).toMatchObject({
      from,
      to,
      fromInstant: startOfDay(from),
      toInstant: startOfDay(to, 1),
    })
  })

  test('a month back from a day that the shorter month lacks is its last day', () => {
    expect(addMonths('2024-03-31', -1)).toBe('2024-02-29')
    expect(addMonths('2023-12-15', 1)).toBe('2024-01-15')
  })

  test('what would come after the last day is the one after it', () => {
    expect([addDays(LAST_DAY, 1), addDays(LAST_DAY, 400)]).toEqual(['9999-12-31', '9999-12-31'])
    expect([addMonths('9999-12-01', 1), addMonths('9999-02-01', 12)]).toEqual(['9999-12-31', '9999-12-31'])
    expect(addMonths('9999-11-30', 1)).toBe(LAST_DAY)
  })

  test.each(['', '0d', '7', 'd', '7h', '1000d', '-1d'])('%j is not a period', period => {
    expect(() => periodRange(period, now)).toThrow(RangeError)
  })
})
