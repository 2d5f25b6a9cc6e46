/**
 * Days and instants in Asia/Seoul. A day is written `YYYY-MM-DD`; an instant is a JavaScript `Date`.
 * Nothing here looks at the time zone of the process.
 */

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Since the end of the last daylight saving time (1988-10-08), Seoul has been at UTC+9 without a break. */
const FIXED_SINCE = Date.UTC(1988, 9, 8, 18)
const FIXED = 9 * HOUR

/** The first and last day that can be named: the year in which the Republic's government was set up, and ISO's last. */
export const FIRST_DAY = '1948-01-01'
export const LAST_DAY = '9999-12-30'

const clock = new Intl.DateTimeFormat('en-US', {
  timeZone: 'Asia/Seoul',
  hourCycle: 'h23',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
})

/** Milliseconds by which Seoul's clock is ahead of UTC at an instant (before 1988 it changed several times). */
function offsetAt(time: number): number {
  if (time >= FIXED_SINCE) return FIXED
  const seconds = Math.floor(time / 1000) * 1000
  const part = Object.fromEntries(clock.formatToParts(seconds).map(p => [p.type, Number(p.value)]))
  const wall = Date.UTC(
    part.year ?? 0,
    (part.month ?? 1) - 1,
    part.day ?? 1,
    part.hour ?? 0,
    part.minute ?? 0,
    part.second ?? 0,
  )
  return wall - seconds
}

const pad = (n: number, width = 2) => String(n).padStart(width, '0')

/** The midnight, as if in UTC, of a day; null where the calendar has no such day or it lies out of range. */
function utcMidnight(day: string): number | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day)
  if (!match || day < FIRST_DAY || day > LAST_DAY) return null
  const time = Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]))
  return dayName(time / DAY) === day ? time : null
}

/** Whether a string names a day of the calendar between FIRST_DAY and LAST_DAY. */
export const isDay = (day: string): boolean => utcMidnight(day) !== null

/** Days since 1970 by their names: what is formatted is mostly of a few thousand days. */
const dayNames = new Map<number, string>()
const MOST_NAMES = 20_000

function dayName(days: number): string {
  const known = dayNames.get(days)
  if (known !== undefined) return known
  const name = new Date(days * DAY).toISOString().split('T', 1)[0] ?? ''
  if (dayNames.size >= MOST_NAMES) dayNames.clear()
  dayNames.set(days, name)
  return name
}

/** A day as columns of type `date` hold it: midnight in UTC, whatever the time zone; and back. */
export const toDate = (day: string): Date => new Date(`${day}T00:00:00Z`)
export const ofDate = (date: Date): string => date.toISOString().slice(0, 10)

/** The day in Seoul on which an instant falls. */
export function dayOf(instant: Date): string {
  const time = instant.getTime()
  return dayName(Math.floor((time + offsetAt(time)) / DAY))
}

/**
 * The instant at which a day begins in Seoul; with `plus`, the day that many days later.
 * @throws RangeError where `day` is not a day (see isDay).
 */
export function startOfDay(day: string, plus = 0): Date {
  const midnight = utcMidnight(day)
  if (midnight === null) throw new RangeError(`not a day: ${day}`)
  const wall = midnight + plus * DAY
  if (wall - FIXED >= FIXED_SINCE) return new Date(wall - FIXED)
  // Where clocks jumped over midnight, the day begins with the jump: the earlier of the two readings that is in it.
  const name = dayName(wall / DAY)
  const readings = [12, -12].map(hours => new Date(wall - offsetAt(wall - 9 * HOUR + hours * HOUR)))
  return (
    readings.sort((a, b) => a.getTime() - b.getTime()).find(start => dayOf(start) === name) ??
    new Date(wall - 9 * HOUR)
  )
}

/** What follows LAST_DAY, and stands for all later days: they have no names that compare. */
const END = '9999-12-31'
const END_DAYS = Date.parse(END) / DAY

/** A day moved by whole days; what would come after LAST_DAY is the day after it. */
export function addDays(day: string, days: number): string {
  return dayName(Math.min(Date.parse(day) / DAY + days, END_DAYS))
}

/** The same by whole months; where the month is shorter, its last day (2024-03-31 minus 1 is 2024-02-29). */
export function addMonths(day: string, months: number): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate()
  return dayName(Math.min(Date.UTC(year, month - 1 + months, Math.min(date, last)) / DAY, END_DAYS))
}

/** An instant as RFC 3339 text with Seoul's offset: `2023-06-21T00:00:00+09:00`; milliseconds only where there are any. */
export function formatInstant(instant: Date): string {
  const time = instant.getTime()
  const offset = offsetAt(time)
  const days = Math.floor((time + offset) / DAY)
  return `${dayName(days)}T${clockOf(time + offset - days * DAY)}${offsetName(offset)}`
}

const TWO_DIGITS = Array.from({ length: 60 }, (_, n) => pad(n))

/** Milliseconds since midnight as a clock shows them. */
function clockOf(time: number): string {
  const seconds = Math.floor(time / 1000)
  const minutes = Math.floor(seconds / 60)
  const rest = time % 1000
  return `${TWO_DIGITS[Math.floor(minutes / 60)]}:${TWO_DIGITS[minutes % 60]}:${TWO_DIGITS[seconds % 60]}${rest === 0 ? '' : `.${pad(rest, 3)}`}`
}

function offsetName(offset: number): string {
  const minutes = Math.round(offset / 60_000)
  return `+${TWO_DIGITS[Math.floor(minutes / 60)]}:${TWO_DIGITS[minutes % 60]}`
}

/** The same of an instant that may be missing. */
export const formatInstantOrNull = (instant: Date | null): string | null =>
  instant === null ? null : formatInstant(instant)

/** An instant from RFC 3339 text with an offset; null where it is not one or lies outside the days that can be named. */
export function parseInstant(text: string): Date | null {
  const match =
    /^(\d{4}-\d{2}-\d{2})[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/.exec(
      text,
    )
  if (!match?.[1] || !isDay(match[1])) return null
  const time = Date.parse(text)
  return Number.isNaN(time) || !isDay(dayOf(new Date(time))) ? null : new Date(time)
}

/** A span of days, both inclusive, with the half-open instants that it means. An open end is null. */
export interface DayRange {
  from: string | null
  to: string | null
  /** The first instant that belongs to the range. */
  fromInstant: Date | null
  /** The first instant after the range. */
  toInstant: Date | null
}

/** The instants of a span of days. @throws RangeError where one is not a day. */
export function dayRange(from: string | null, to: string | null): DayRange {
  return {
    from,
    to,
    fromInstant: from === null ? null : startOfDay(from),
    toInstant: to === null ? null : startOfDay(to, 1),
  }
}

/** What `period` accepts: today, yesterday, or a number of days, weeks, months or years that end today. */
export const PERIOD = /^(?:today|yesterday|[1-9]\d{0,2}[dwmy])$/

/**
 * The days of a period that ends on the Seoul day of `now`: `7d` is today and the six days before it, `1m` begins
 * on the day after the same date of the month before.
 * @throws RangeError where `period` does not match PERIOD.
 */
export function periodRange(period: string, now: Date): DayRange {
  const today = dayOf(now)
  if (period === 'today') return dayRange(today, today)
  if (period === 'yesterday') return dayRange(addDays(today, -1), addDays(today, -1))
  if (!PERIOD.test(period)) throw new RangeError(`not a period: ${period}`)
  const n = Number.parseInt(period, 10)
  const unit = period.at(-1)
  const from =
    unit === 'd' || unit === 'w'
      ? addDays(today, 1 - n * (unit === 'w' ? 7 : 1))
      : addDays(addMonths(today, -n * (unit === 'y' ? 12 : 1)), 1)
  return dayRange(from < FIRST_DAY ? FIRST_DAY : from, today)
}
