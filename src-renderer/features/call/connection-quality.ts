/**
 * Whether the connection is so weak that the two should be told why they hear and see each other badly. Judged by the
 * packets that never came: sound that is missing can also be the fault of a busy computer.
 */
import type { CallStatistics } from '../../devices/media-session.ts'

/** Over how many measurements, one a second, losses are counted: one bad second is no reason to worry anyone. */
const MEASUREMENTS = 6
/** The share of packets that is lost: above the first it is said, below the second no longer. */
const WEAK = 0.1
const WELL = 0.03

type Packets = Pick<CallStatistics['packets'], 'lost' | 'received'>

export class ConnectionQuality {
  #past: readonly Packets[] = []
  #weak = false

  /** Takes the counters up to now; tells whether the connection is weak. */
  measured(now: Packets): boolean {
    this.#past = [...this.#past, now].slice(-MEASUREMENTS - 1)
    const [first] = this.#past
    if (first === undefined || this.#past.length <= MEASUREMENTS) return this.#weak
    const lost = now.lost - first.lost
    const all = lost + now.received - first.received
    this.#weak = all > 0 && lost / all > (this.#weak ? WELL : WEAK)
    return this.#weak
  }
}
