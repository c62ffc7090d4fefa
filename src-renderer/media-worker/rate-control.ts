/**
 * How many bits a second the own picture may take in a group, from what receiver reports tell: less when packets are lost or
 * queue up on the way, slowly more when all is well. Loss alone is judged as in "A Google Congestion Control Algorithm"
 * (draft-ietf-rmcat-gcc-02, section 6); a round trip far above the shortest one stands in for its delay-based part.
 */
import type { Ms } from '../../src-shared/base/time.ts'
import type { PictureRate } from './picture-rate.ts'

/** Bits a second; a still picture of 180 lines. */
const LEAST = 100_000

/** Shares of packets lost: below the first all is well, above the second there is less room than we take. */
const HARMLESS_LOSS = 0.02
const HEAVY_LOSS = 0.1
const INCREASE = 1.08
/** Added to the round trip by a queue that we fill. */
const QUEUE: Ms = 150
const QUEUE_DECREASE = 0.85
/** Reports that the shortest round trip is remembered for; paths change. */
const MEMORY = 30
/** Times the bitrate. */
const PACING = 3

export class RateControl implements PictureRate {
  readonly #max: number
  #bitrate: number
  #roundTrips: readonly Ms[] = []

  constructor(start: number, max: number) {
    this.#max = max
    this.#bitrate = Math.min(max, start)
  }

  get bitrate(): number {
    return Math.round(this.#bitrate)
  }

  get pacing(): number {
    return PACING * this.#bitrate
  }

  /** `loss`: 0 to 1, since the last report. */
  reported(loss: number, roundTrip: Ms | undefined): void {
    if (roundTrip !== undefined) this.#roundTrips = [...this.#roundTrips, roundTrip].slice(-MEMORY)
    const queueing = roundTrip !== undefined && roundTrip > Math.min(...this.#roundTrips) + QUEUE
    if (loss > HEAVY_LOSS) this.#bitrate *= 1 - loss / 2
    else if (queueing) this.#bitrate *= QUEUE_DECREASE
    else if (loss < HARMLESS_LOSS) this.#bitrate *= INCREASE
    this.#bitrate = Math.min(this.#max, Math.max(LEAST, this.#bitrate))
  }
}
