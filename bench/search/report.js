/** Figures as a table. */

export const percentile = (values, p) => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))]
}
export const median = values => percentile(values, 0.5)

const cell = value =>
  value === null ? '' : typeof value === 'number' ? value.toFixed(value < 100 ? 1 : 0) : value

export const line = row => `| ${row.map(cell).join(' | ')} |`

export const table = (head, rows) => [head, head.map(() => '---'), ...rows].map(line).join('\n')
