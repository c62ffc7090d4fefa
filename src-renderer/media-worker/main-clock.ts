/** The main process's clock, as its messages tell it: the quickest of them shows how far it is from the own one. */
import type { Ms, UnixMs } from '../../src-shared/base/time.ts'

/** No message takes longer: the clock was set, or this computer slept. */
const TOO_OLD: Ms = 10_000

export class MainClock {
  #distance = Infinity

  /** The moment `at` on the own clock. A message that says it comes in `now`. */
  local(at: UnixMs, now: Ms): Ms {
    const distance = now - at
    if (distance < this.#distance || distance > this.#distance + TOO_OLD) this.#distance = distance
    return at + this.#distance
  }
}
