/** What is remembered of the rate at which a path overflowed (draft-ietf-rmcat-gcc-02, section 5.5; the mean and its variance as in libwebrtc). */

/** Its mean and deviation follow each overuse by so much. */
const LIMIT_WEIGHT = 0.05
const LIMIT_DEVIATIONS = 3

/** The mean rate at which the path overflowed, and how much it varies. */
export class KnownLimit {
  #mean: number | undefined
  /** Of the square of the error, relative to the mean. */
  #variance = 0.4

  get isKnown(): boolean {
    return this.#mean !== undefined
  }

  isBelow(rate: number): boolean {
    return this.#mean !== undefined && rate > this.#mean + this.#deviations()
  }

  isNear(rate: number): boolean {
    return this.#mean !== undefined && Math.abs(rate - this.#mean) <= this.#deviations()
  }

  met(rate: number): void {
    // Kilobits, as the variance is relative to them in the published controller.
    const kilobits = rate / 1000
    const mean =
      this.#mean === undefined ? kilobits : (this.#mean / 1000) * (1 - LIMIT_WEIGHT) + kilobits * LIMIT_WEIGHT
    const error = mean - kilobits
    this.#variance = (1 - LIMIT_WEIGHT) * this.#variance + (LIMIT_WEIGHT * error ** 2) / Math.max(1, mean)
    this.#variance = Math.min(2.5, Math.max(0.4, this.#variance))
    this.#mean = mean * 1000
  }

  forget(): void {
    this.#mean = undefined
    this.#variance = 0.4
  }

  #deviations(): number {
    return LIMIT_DEVIATIONS * Math.sqrt(this.#variance * ((this.#mean ?? 0) / 1000)) * 1000
  }
}
