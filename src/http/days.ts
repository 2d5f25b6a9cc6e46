import { FIRST_DAY, isDay, LAST_DAY } from '../time/seoul.ts'
import { badParameter } from './problem.ts'

/** A day of the query. @throws Problem 400 that names the parameter. */
export function assertDay(parameter: string, day: string): string {
  if (isDay(day)) return day
  throw badParameter(
    parameter,
    `must be a day from ${FIRST_DAY} to ${LAST_DAY}`,
    `${FIRST_DAY}부터 ${LAST_DAY}까지의 날짜여야 합니다`,
  )
}
