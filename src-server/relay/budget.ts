/** A token bucket: `perSecond` on average, `burst` at once. Time comes in as an argument. */
import type { UnixMs } from '../../src-shared/base/time.ts'

export class Budget {
  readonly #perSecond: number
  readonly #burst: number
  #tokens: number
  #filledAt: UnixMs

  constructor(perSecond: number, burst: number, now: UnixMs) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#tokens = burst
    this.#filledAt = now
  }

  take(amount: number, now: UnixMs): boolean {
    this.#fill(now)
    if (amount > this.#tokens) return false
    this.#tokens -= amount
    return true
  }

  /** Anything is left: for what tells only afterwards how much it was, by `spend`. */
  isLeft(now: UnixMs): boolean {
    this.#fill(now)
    return this.#tokens > 0
  }

  /** Of what there is, and beyond it. */
  spend(amount: number): void {
    this.#tokens -= amount
  }

  #fill(now: UnixMs): void {
    const elapsed = Math.max(0, now - this.#filledAt)
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsed * this.#perSecond) / 1000)
    this.#filledAt = now
  }
}
