/**
 * Does something again and again, `ms` milliseconds apart; a round that takes longer is not overtaken by the next. A
 * failure is told and the next round tries again. The returned function ends it, after the round that is under way.
 */
export function every(
  ms: number,
  work: () => Promise<unknown>,
  onError: (error: unknown) => void,
): () => Promise<void> {
  let running: Promise<void> | null = null
  const timer = setInterval(() => {
    running ??= Promise.resolve()
      .then(work)
      .then(() => {}, onError)
      .finally(() => {
        running = null
      })
  }, ms)
  return async () => {
    clearInterval(timer)
    await running
  }
}
