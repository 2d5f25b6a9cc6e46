/**
 * How articles are spread over time, as PostgreSQL's statistics know it: where a window must end to have about so many
 * rows. What a search finds does not depend on it, only what it costs.
 */

/** Instants (milliseconds since 1970) that part all rows into equally many, ascending. */
export type Calendar = readonly number[]

/** Where an instant stands, counted in parts. */
function positionOf(calendar: Calendar, at: number): number {
  const next = calendar.findIndex(bound => bound > at)
  if (next < 0) return calendar.length - 1
  if (next === 0) return 0
  const [from = 0, to = 0] = [calendar[next - 1], calendar[next]]
  return next - 1 + (at - from) / (to - from)
}

/** The share of all rows from one instant to before another, open where null; all of them where nothing is known. */
export function shareBetween(calendar: Calendar, from: Date | null, to: Date | null): number {
  const parts = calendar.length - 1
  if (parts < 1) return 1
  const start = from ? positionOf(calendar, from.getTime()) : 0
  const end = to ? positionOf(calendar, to.getTime()) : parts
  return Math.max(1e-4, (end - start) / parts)
}

/** The instant about so many of `articles` rows before or after another one; null beyond the first and last. */
export function instantAfter(
  calendar: Calendar,
  articles: number,
  { from, rows, descending }: { from: Date | null; rows: number; descending: boolean },
): Date | null {
  const parts = calendar.length - 1
  const start = from ? positionOf(calendar, from.getTime()) : descending ? parts : 0
  const moved = (rows / Math.max(1, articles)) * parts
  const position = descending ? start - moved : start + moved
  if (position <= 0 || position >= parts) return null
  const part = Math.floor(position)
  const [low = 0, high = 0] = [calendar[part], calendar[part + 1]]
  return new Date(low + (high - low) * (position - part))
}
