/** A delay that is measured at uneven moments and changed in known steps. */
import type { Ms } from '../base/time.ts'

/** Of a new measurement. */
const WEIGHT = 1 / 16
/** A larger difference is no unevenness of the moments: this side was busy, or the path changed. */
const UNEVEN: Ms = 100

export class SmoothedDelay {
  #value: Ms | undefined

  get value(): Ms {
    return this.#value ?? 0
  }

  measure(measured: Ms): void {
    const change = measured - (this.#value ?? measured)
    this.#value = Math.abs(change) > UNEVEN ? measured : measured - change * (1 - WEIGHT)
  }

  /** It changed by this, by our own doing. */
  shift(by: Ms): void {
    this.#value = this.value + by
  }

  /** Begins anew with a measurement. */
  set(measured: Ms): void {
    this.#value = measured
  }

  reset(): void {
    this.#value = undefined
  }
}
