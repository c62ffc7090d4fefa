/** Counts freezes as the WebRTC statistics define them (webrtc-stats, `freezeCount`): what a person sees as a picture that stands still. */
import type { Ms } from '../base/time.ts'

const WINDOW = 30
const AT_LEAST_LONGER: Ms = 150

export class FreezeCounter {
  #lastAt: Ms | undefined
  readonly #intervals: Ms[] = []
  #count = 0
  #totalMs: Ms = 0

  get count(): number {
    return this.#count
  }

  get totalMs(): Ms {
    return this.#totalMs
  }

  /** A frame was shown. The interval before it was a freeze if it is at least 3 times, and at least 150 ms above, the average of the last 30. */
  rendered(now: Ms): void {
    const interval = this.#lastAt === undefined ? undefined : now - this.#lastAt
    this.#lastAt = now
    if (interval === undefined) return
    const sum = this.#intervals.reduce((total, value) => total + value, 0)
    const average = sum / this.#intervals.length
    if (this.#intervals.length > 0 && interval >= Math.max(3 * average, average + AT_LEAST_LONGER)) {
      this.#count += 1
      this.#totalMs += interval
    }
    this.#intervals.push(interval)
    if (this.#intervals.length > WINDOW) this.#intervals.shift()
  }

  /** The sender switched its picture off, or the window is hidden: what follows is no freeze. */
  paused(): void {
    this.#lastAt = undefined
  }
}
