/** Whether the connection is so weak that the two should be told why they hear and see each other badly. */
import type { CallStatistics } from '../../devices/media-session.ts'

/** Over how many measurements, one a second, losses are counted: one bad second is no reason to worry anyone. */
const MEASUREMENTS = 6
/** The share of packets or of sound that is missing: above the first it is said, below the second no longer. */
const WEAK = 0.1
const WELL = 0.03

export type Measurement = Pick<CallStatistics, 'packets' | 'audio'>

const share = (missing: number, all: number) => (all > 0 ? Math.max(0, missing) / all : 0)

export class ConnectionQuality {
  #past: readonly Measurement[] = []
  #weak = false

  /** Takes what was measured up to now; tells whether the connection is weak. */
  measured(now: Measurement): boolean {
    this.#past = [...this.#past, now].slice(-MEASUREMENTS - 1)
    const [first] = this.#past
    if (first === undefined || this.#past.length <= MEASUREMENTS) return this.#weak
    const lost = now.packets.lost - first.packets.lost
    const missing = Math.max(
      share(lost, lost + now.packets.received - first.packets.received),
      share(now.audio.concealedMs - first.audio.concealedMs, now.audio.playedMs - first.audio.playedMs),
    )
    this.#weak = missing > (this.#weak ? WELL : WEAK)
    return this.#weak
  }
}
