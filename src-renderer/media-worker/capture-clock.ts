/**
 * Relates the timestamps of one source of captured media to the worker's clock. Sources count from zeros of their own;
 * media reaches the worker late but never early, so the least difference seen is nearest to the truth. It is forgotten
 * slowly, to follow clocks that drift.
 */
import type { Ms } from '../../src-shared/base/time.ts'

/** Milliseconds a second: more than any pair of clocks drifts. */
const FORGET = 1

export class CaptureClock {
  #offset: Ms = Infinity
  #at: Ms = 0

  /** Media with this timestamp came in at `now`. */
  see(timestampUs: number, now: Ms): void {
    this.#offset = Math.min(this.#offset + ((now - this.#at) / 1000) * FORGET, now - timestampUs / 1000)
    this.#at = now
  }

  /** When media with this timestamp was captured. Something must have been seen before. */
  localTime(timestampUs: number): Ms {
    return timestampUs / 1000 + this.#offset
  }
}
