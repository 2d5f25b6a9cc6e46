/** Figures as a table. */

/** By nearest rank: of twenty the nineteenth is p95. */
export const percentile = (values, p) =>
  [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil(p * values.length) - 1)]
export const median = values => percentile(values, 0.5)

const cell = value =>
  value === null ? '' : typeof value === 'number' ? value.toFixed(value < 100 ? 1 : 0) : value

export const line = row => `| ${row.map(cell).join(' | ')} |`

export const table = (head, rows) => [head, head.map(() => '---'), ...rows].map(line).join('\n')
