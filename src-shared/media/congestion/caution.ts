/**
 * How far an estimate may rise again after an overflow. The relay sends whole layers, so a rise that fails does so with a heap of
 * packets that everybody's voice waits behind: it is tried after a pause, and after a longer one each time that it fails again.
 */
import { MINUTE, type Ms, SECOND } from '../../base/time.ts'

const FIRST: Ms = 10 * SECOND
/** As long as it takes to find out that the network has become better. */
const LONGEST: Ms = 20 * SECOND
/** Whoever had no trouble for so long begins with the shortest pause. */
const FORGET: Ms = MINUTE
/** Of the estimate when it was noticed, which had gone on rising since. */
const BELOW = 0.8

export class Caution {
  #most = Infinity
  #until: Ms = -Infinity
  #pause = FIRST

  /** The highest estimate to try now, bits a second. */
  most(now: Ms): number {
    return now < this.#until ? this.#most : Infinity
  }

  /** The network overflowed with `estimate`. During a pause that changes nothing: else each would be below the one before. */
  failed(estimate: number, now: Ms): void {
    if (now < this.#until) return
    this.#pause = now - this.#until < FORGET ? Math.min(LONGEST, 2 * this.#pause) : FIRST
    this.#most = BELOW * estimate
    this.#until = now + this.#pause
  }
}
