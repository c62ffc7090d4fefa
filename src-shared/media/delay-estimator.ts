/**
 * How late the packets of one stream are, compared with the fastest of the last seconds: the ground on which both
 * buffers choose their delay. Transit (arrival − timestamp) mixes two clocks, so only differences of it mean anything;
 * the minimum runs over a short window and follows drifting clocks and changed paths.
 */
import type { Ms } from '../base/time.ts'

/** Half of the window of the minimum. At ±200 ppm the clocks drift 3 ms apart in the whole of it. */
const HALF_WINDOW: Ms = 4000
/** What is later than this comes from another timeline, or is too old to be of use. */
const MAX_LATE: Ms = 1000
/** What is earlier than this as well; one packet with a wrong timestamp must not make all others late for the whole window. */
const MAX_EARLY: Ms = 250
/** Strays become the new timeline when this many in a row agree within `STRAY_AGREEMENT`, over at least `STRAY_SPAN`. */
const STRAY_COUNT = 3
const STRAY_AGREEMENT: Ms = 200
/** Keeps packets that queued up while this side was busy, and so arrive "at one moment", from counting as agreement. */
const STRAY_SPAN: Ms = 50

const BUCKET: Ms = 5
const BUCKETS = MAX_LATE / BUCKET
/**
 * What comes in within this time of the sample before it was held up together with it: one stall is one event, however
 * many packets it held up. Packets and frames of their own are further apart.
 */
const BUNCH: Ms = 5
/** Well within what a double adds exactly enough. */
const MAX_WEIGHT = 1e9

export class DelayEstimator {
  readonly #ticksPerMs: number
  readonly #forget: number
  #windowStart: Ms = 0
  #minimum = Infinity
  #minimumBefore = Infinity
  #strays = { count: 0, transit: 0, since: 0 }
  /** Newer samples weigh more, instead of older ones less: one addition for each. */
  readonly #histogram = new Float64Array(BUCKETS)
  #total = 0
  #lastSampleAt: Ms = -Infinity

  /** `forget`: the weight that the histogram keeps with each new sample, below 1. */
  constructor(clockRate: number, forget: number) {
    this.#ticksPerMs = clockRate / 1000
    this.#forget = forget
  }

  /**
   * A packet came in; `timestamp` is unwrapped. `stray`: of no timeline that is known, leave it out.
   * `restarted`: the timeline begins anew with this packet, all times before are void.
   */
  arrived(timestamp: number, now: Ms): 'placed' | 'stray' | 'restarted' {
    const transit = now - timestamp / this.#ticksPerMs
    const base = this.#base()
    if (base !== undefined && (transit > base + MAX_LATE || transit < base - MAX_EARLY)) {
      if (!this.#straysAgree(transit, now)) return 'stray'
      this.restart()
      this.#note(transit, now)
      return 'restarted'
    }
    this.#strays.count = 0
    this.#note(transit, now)
    return 'placed'
  }

  /** What the packet belongs to is complete: its delay counts from now on. */
  completed(timestamp: number, now: Ms): void {
    const fastest = this.fastest(timestamp)
    if (fastest === undefined || now < this.#lastSampleAt + BUNCH) return
    this.#lastSampleAt = now
    const bucket = Math.min(BUCKETS - 1, Math.max(0, Math.floor((now - fastest) / BUCKET)))
    // At first all samples weigh the same, as if the histogram had always held them.
    const weight = Math.max(1, (this.#total * (1 - this.#forget)) / this.#forget)
    this.#histogram[bucket] = (this.#histogram[bucket] ?? 0) + weight
    this.#total += weight
    if (this.#total > MAX_WEIGHT) this.#scaleDown()
  }

  /** The local time at which the media of `timestamp` comes in if nothing holds it up. */
  fastest(timestamp: number): Ms | undefined {
    const base = this.#base()
    return base === undefined ? undefined : timestamp / this.#ticksPerMs + base
  }

  /** The delay beyond the fastest that `share` of the samples stay within; 0 before the first. */
  quantile(share: number): Ms {
    let left = this.#total * share
    for (let i = 0; left > 0; i++) {
      left -= this.#histogram[i] ?? left
      // The sum of the parts can miss the total by a rounding error: then it is the last bucket.
      if (left <= 0 || i === BUCKETS - 1) return (i + 1) * BUCKET
    }
    return 0
  }

  /** Another stream or timeline. What was learned of the network's jitter stays. */
  restart(): void {
    this.#minimum = Infinity
    this.#minimumBefore = Infinity
    this.#strays.count = 0
  }

  #base(): number | undefined {
    const base = Math.min(this.#minimum, this.#minimumBefore)
    return base === Infinity ? undefined : base
  }

  #note(transit: number, now: Ms): void {
    if (now >= this.#windowStart + HALF_WINDOW) {
      this.#minimumBefore = now < this.#windowStart + 2 * HALF_WINDOW ? this.#minimum : Infinity
      this.#minimum = Infinity
      this.#windowStart = now
    }
    this.#minimum = Math.min(this.#minimum, transit)
  }

  /** To the total at which a sample weighs 1. */
  #scaleDown(): void {
    const total = this.#forget / (1 - this.#forget)
    for (let i = 0; i < BUCKETS; i++) this.#histogram[i] = ((this.#histogram[i] ?? 0) * total) / this.#total
    this.#total = total
  }

  #straysAgree(transit: number, now: Ms): boolean {
    const strays = this.#strays
    if (strays.count === 0 || Math.abs(transit - strays.transit) > STRAY_AGREEMENT) {
      this.#strays = { count: 1, transit, since: now }
      return false
    }
    strays.count += 1
    return strays.count >= STRAY_COUNT && now - strays.since >= STRAY_SPAN
  }
}
