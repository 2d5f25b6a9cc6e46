import { FIRST_DAY, isDay, LAST_DAY } from '../time/seoul.ts'
import { badBody, badParameter } from './problem.ts'

const RULE = [
  `must be a day from ${FIRST_DAY} to ${LAST_DAY}`,
  `${FIRST_DAY}부터 ${LAST_DAY}까지의 날짜여야 합니다`,
] as const

/** A day of the query. @throws Problem 400 that names the parameter. */
export function assertDay(parameter: string, day: string): string {
  if (isDay(day)) return day
  throw badParameter(parameter, ...RULE)
}

/** A day of the body. @throws Problem 400 that points at it. */
export function assertDayAt(pointer: string, day: string): string {
  if (isDay(day)) return day
  throw badBody(pointer, ...RULE)
}
