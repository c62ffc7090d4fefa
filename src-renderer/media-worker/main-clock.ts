/** The main process's clock, as its messages tell it: the quickest of the last ones shows how far it is from the own one. */
import type { Ms, UnixMs } from '../../src-shared/base/time.ts'

/** Half of what is remembered: the wall clock is set, and corrected by slowing it down. */
const HALF_WINDOW: Ms = 5000
/** No message takes longer: the clock was set back, or this computer slept. */
const TOO_LONG: Ms = 1000

export class MainClock {
  #windowStart: Ms = -Infinity
  #least = Infinity
  #leastBefore = Infinity

  /** The moment `at` on the own clock, never after `now`, when the message that says it comes in. */
  local(at: UnixMs, now: Ms): Ms {
    const distance = now - at
    if (distance > Math.min(this.#least, this.#leastBefore) + TOO_LONG) this.#least = this.#leastBefore = Infinity
    if (now >= this.#windowStart + HALF_WINDOW) {
      this.#leastBefore = now < this.#windowStart + 2 * HALF_WINDOW ? this.#least : Infinity
      this.#least = Infinity
      this.#windowStart = now
    }
    this.#least = Math.min(this.#least, distance)
    return at + Math.min(this.#least, this.#leastBefore)
  }
}
