/** The relay's clock as its packets tell it, set so that the first of them took no time: what later ones took longer is delay. */
import type { Ms } from '../../base/time.ts'
import { DEPARTURE_PERIOD } from '../departure.ts'

/** A packet is overtaken by none that left so much later. */
const OVERTAKEN: Ms = 1000
/** No packet waits so much longer than another: the clock is another one, or says anything. */
const WAIT_MAX: Ms = 10_000

export class DepartureClock {
  /** The packet that left last. */
  #newest: { readonly departure: Ms; readonly at: Ms } | undefined

  /** When a packet left, on the clock of `arrivedAt`; `undefined`: not by the clock of those before. It is the first of another one. */
  local(departure: Ms, arrivedAt: Ms): Ms | undefined {
    const newest = (this.#newest ??= { departure, at: arrivedAt })
    const later = wrapped(departure - newest.departure)
    const at = newest.at + later
    if (later < -OVERTAKEN || Math.abs(arrivedAt - at) > WAIT_MAX) {
      this.#newest = { departure, at: arrivedAt }
      return undefined
    }
    if (later > 0) this.#newest = { departure, at }
    return at
  }

  reset(): void {
    this.#newest = undefined
  }
}

/** The shorter way round. */
function wrapped(difference: Ms): Ms {
  return difference - DEPARTURE_PERIOD * Math.round(difference / DEPARTURE_PERIOD)
}
