/** Rests that can be ended early; one at a time. */
export function restful(): { rest(ms: number): Promise<void>; wake(): void } {
  let end = () => {}
  return {
    /** Comes back after so many milliseconds, or sooner when it is woken. */
    rest: ms =>
      new Promise(resolve => {
        const timer = setTimeout(resolve, ms)
        end = () => {
          clearTimeout(timer)
          resolve()
        }
      }),
    wake: () => end(),
  }
}
