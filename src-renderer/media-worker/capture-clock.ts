/**
 * Relates the timestamps of captured media to the worker's clock. Each source counts from a zero of its own; its media
 * reaches the worker late but never early, so the least difference seen is nearest to the truth. It is forgotten slowly,
 * to follow clocks that drift.
 */
import type { Ms } from '../../src-shared/base/time.ts'

/** Milliseconds a second: more than any pair of clocks drifts. */
const FORGET = 1
/** A source that jumps further has begun anew. */
const JUMP: Ms = 1000

export class CaptureClock {
  #offset: Ms | undefined
  #at: Ms = 0

  /** Media with this timestamp came in at `now`. */
  see(timestampUs: number, now: Ms): void {
    const measured = now - timestampUs / 1000
    const before = this.#offset === undefined ? measured : this.#offset + ((now - this.#at) / 1000) * FORGET
    this.#offset = Math.abs(measured - before) > JUMP ? measured : Math.min(before, measured)
    this.#at = now
  }

  /** When media with this timestamp was captured. Something must have been seen before. */
  localTime(timestampUs: number): Ms {
    return timestampUs / 1000 + (this.#offset ?? 0)
  }
}
